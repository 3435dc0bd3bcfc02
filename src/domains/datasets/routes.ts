import { bind, type Bound } from '../../lib/contract/index.ts';
import type { Actor } from '../identity/schema.ts';
import { datasetsContract } from './contract.ts';
import type { DatasetsService } from './service.ts';

interface Blobs {
  put(source: AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }>;
  open(digest: string): Promise<NodeJS.ReadableStream>;
}

const split = (list: string | undefined) => list?.split(',').map((name) => name.trim());

export const datasetsRoutes = (datasets: DatasetsService, blobs: Blobs): Bound<Actor>[] =>
  bind(datasetsContract, {
    uploadBlob: ({ request }) =>
      blobs.put(request.stream as AsyncIterable<Uint8Array> & NodeJS.ReadableStream),
    listDatasets: async ({ params }) => ({ datasets: await datasets.list(params.project) }),
    getDataset: ({ params }) => datasets.get(params.project, params.name),
    updateDataset: ({ actor, params, body }) => datasets.update(actor, params.project, params.name, body),
    importVersion: ({ actor, params, body }) => datasets.import(actor, params.project, params.name, body),
    getImport: ({ params }) => datasets.getImport(params.project, params.name, params.job),
    async listDatasetVersions({ params, query }) {
      await datasets.get(params.project, params.name);
      return { versions: await datasets.listVersions(params.project, params.name, query) };
    },
    getDatasetVersion: ({ params }) => datasets.getVersion(params.project, params.name, params.version),
    readRows: ({ params, query }) =>
      datasets.rows(params.project, params.name, params.version, { ...query, columns: split(query.columns) }),
    async listParts({ params }) {
      const { parts } = await datasets.getVersion(params.project, params.name, params.version);
      return { parts };
    },
    async downloadPart({ params }) {
      const part = await datasets.getPart(params.project, params.name, params.version, params.index);
      return {
        body: await blobs.open(part.digest),
        type: 'application/vnd.apache.parquet',
        name: `${params.name}-${params.version}-${params.index}.parquet`,
        size: part.bytes,
        etag: part.digest,
      };
    },
    compareVersions: ({ params, query }) =>
      datasets.compare(params.project, params.name, query, split(query.key)),
    getSuite: async ({ params }) => ({ suite: await datasets.findSuite(params.project, params.name) }),
    saveSuite: async ({ actor, params, body }) => ({
      suite: await datasets.saveSuite(actor, params.project, params.name, body.suite),
    }),
    suggestChecks: async ({ params }) => ({
      suite: await datasets.suggestChecks(params.project, params.name, params.version),
    }),
    validateVersion: ({ actor, params, body }) =>
      datasets.validate(actor, params.project, params.name, params.version, body),
    listValidations: async ({ params, query }) => ({
      validations: await datasets.listReports(params.project, params.name, query.limit),
    }),
    getValidation: ({ params }) => datasets.getReport(params.project, params.name, params.id),
    listSources: async ({ params }) => ({ sources: await datasets.listSources(params.project) }),
    getSource: ({ params }) => datasets.getSource(params.project, params.source),
    applySource: ({ actor, params, body }) =>
      datasets.applySource(actor, params.project, params.source, body),
    scanSource: ({ params }) => datasets.scanSource(params.project, params.source),
    async removeSource({ actor, params }) {
      await datasets.removeSource(actor, params.project, params.source);
      return {};
    },
  });
