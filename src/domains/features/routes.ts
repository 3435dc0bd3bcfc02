import { bind, type Bound } from '../../lib/contract/index.ts';
import type { Actor } from '../identity/schema.ts';
import { AppError } from '../../lib/errors.ts';
import { featuresContract } from './contract.ts';
import { FEATURE_ERRORS } from './errors.ts';
import type { HistoricalResult } from './schema.ts';
import type { FeaturesService, Materialised } from './service.ts';

interface Blobs {
  open(digest: string): Promise<NodeJS.ReadableStream>;
}

export const featuresRoutes = (features: FeaturesService, blobs: Blobs): Bound<Actor>[] =>
  bind(featuresContract, {
    applyFeatures: async ({ actor, params, body }) => ({
      applied: await features.apply(actor, params.project, body),
    }),
    listFeatures: async ({ params }) => ({
      entities: await features.listEntities(params.project),
      views: await features.listViews(params.project),
      services: await features.listServices(params.project),
    }),
    listFreshness: async ({ params }) => ({ views: await features.freshness(params.project) }),
    async getFeatureView({ params, query }) {
      const view = await features.getView(params.project, params.name, query.version);
      const versions = await features.listViewVersions(params.project, params.name);
      const partitions = await features.listPartitions(params.project, params.name, view.version);
      return { view, versions, partitions };
    },
    getFeatureService: ({ params, query }) => features.getService(params.project, params.name, query.version),
    materialiseView: ({ actor, params, body }) =>
      features.startMaterialise(actor, params.project, params.name, body),
    async getMaterialisation({ params }) {
      const { id, state, error, result } = await features.getJob(params.project, params.job);
      return { job: id, state, error, result: result as Materialised | null };
    },
    pushRows: ({ actor, params, body }) => features.push(actor, params.project, params.name, body),
    startHistorical: ({ actor, params, body }) => features.startHistorical(actor, params.project, body),
    async getHistorical({ params }) {
      const { id, state, error, result } = await features.getJob(params.project, params.job);
      return { job: id, state, error, result: result as HistoricalResult | null };
    },
    async downloadHistorical({ params, query }) {
      const { result } = await features.getJob(params.project, params.job);
      const table = (result as HistoricalResult | null)?.[query.part];
      if (!table) {
        throw new AppError(
          FEATURE_ERRORS.FEATURE_UNKNOWN,
          `The historical read has no '${query.part}' to download.`,
        );
      }
      return {
        body: await blobs.open(table.digest),
        type: 'application/vnd.apache.parquet',
        name: `${query.part}.parquet`,
        size: table.bytes,
        etag: table.digest,
      };
    },
    lookupFeatures: ({ params, query: { view, ...question } }) =>
      features.lookup(params.project, view, { ...question, at: question.at ?? Date.now() }),
  });
