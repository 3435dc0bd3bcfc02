import type { Analytics } from '../../analytics/index.ts';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { type DatasetVersion, versionUrn } from '../datasets/schema.ts';
import type { DatasetsService } from '../datasets/service.ts';
import type { Actor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import { getDefinition, viewIdOf } from './catalog.ts';
import { FILL_CHANNEL, type FillView } from './fill.ts';
import { materialise } from './materialise.ts';
import { type FeatureView, MaterialiseRequest, type Partition, viewUrn } from './schema.ts';
import type { DefinitionRow } from './store/definitions.ts';
import { insertPartition, listPartitions, wantOnline } from './store/partitions.ts';

export interface Materialised {
  view: string;
  view_version: number;
  partitions: { dataset_version: number; rows: number; created: boolean }[];
  /** Rows that the online store took. */
  online_rows: number;
}

export interface MaterialisationGround {
  database: Database;
  blobs: BlobStore;
  analytics: Analytics;
  events: Events;
  lineage: LineageService;
  datasets: DatasetsService;
}

/** The verb that computes a view over dataset versions, one partition each, and leaves those that are there. */
export function createMaterialisation(ground: MaterialisationGround, fill: FillView) {
  const { database, analytics, datasets } = ground;

  async function sourceVersions(
    project: string,
    view: FeatureView,
    wanted: MaterialiseRequest['dataset_versions'],
  ) {
    const all = await datasets.listVersions(project, view.source, { limit: 100_000 });
    const numbers = all.map(({ version }) => version).reverse();
    return wanted === 'all' ? numbers : [...wanted].sort((a, b) => a - b);
  }

  async function materialiseAll(
    actor: Actor,
    project: string,
    name: string,
    given: Partial<MaterialiseRequest>,
    signal?: AbortSignal,
  ): Promise<Materialised> {
    const request = MaterialiseRequest.parse(given);
    const row = await getDefinition<FeatureView>(database.read, project, 'view', name, request.version);
    const view = row.definition;
    const id = viewIdOf(row);
    const result: Materialised = { view: name, view_version: row.version, partitions: [], online_rows: 0 };
    for (const number of await sourceVersions(project, view, request.dataset_versions)) {
      const known = (await listPartitions(database.read, id)).find(
        ({ dataset_version }) => dataset_version === number,
      );
      if (known && request.online && !known.online)
        await database.write(async (tx) => {
          await wantOnline(tx, id, known.ordinal, request.online_from ?? null);
          await database.notify(tx, FILL_CHANNEL);
        });
      const partition = known ?? (await computePartition(actor, row, number, request, signal));
      if (!partition) continue;
      result.partitions.push({ dataset_version: number, rows: partition.rows, created: !known });
      if (request.online) result.online_rows += await fill(id);
    }
    return result;
  }

  async function computePartition(
    actor: Actor,
    row: DefinitionRow<FeatureView>,
    number: number,
    request: MaterialiseRequest,
    signal?: AbortSignal,
  ): Promise<Partition | undefined> {
    const { project, definition: view } = row;
    const version = await datasets.getVersion(project, view.source, number);
    const earlier = view.lookback_ms > 0 ? await tailOf(project, view, version) : [];
    const facts = await materialise(analytics, view, version, earlier, signal);
    if (!facts) return undefined;
    return database.write(async (tx) => {
      const partition = await insertPartition(tx, {
        ...viewIdOf(row),
        ...facts,
        kind: 'materialised',
        dataset_version: number,
        online: request.online,
        online_from: request.online_from ?? null,
        online_at: null,
        merged: [],
        created_at: Date.now(),
      });
      if (request.online) await database.notify(tx, FILL_CHANNEL);
      const self = viewUrn(project, row.name, row.version);
      await ground.lineage.link(tx, project, self, 'read', versionUrn(project, view.source, number));
      await ground.events.append(tx, {
        type: 'feature.view.materialised',
        source: 'features',
        subject: self,
        project,
        data: {
          view: row.name,
          version: row.version,
          dataset_version: number,
          rows: facts.rows,
          by: actor.name,
        },
      });
      return partition;
    });
  }

  /** Earlier versions whose rows reach into the look-back. */
  async function tailOf(
    project: string,
    view: FeatureView,
    version: DatasetVersion,
  ): Promise<DatasetVersion[]> {
    const start =
      version.profile.columns.find(({ name }) => name === view.time_column)?.min ?? Number.NEGATIVE_INFINITY;
    const tail: DatasetVersion[] = [];
    for (let number = 1; number < version.version; number++) {
      const earlier = await datasets.findVersion(project, view.source, number);
      const end = earlier?.profile.columns.find(({ name }) => name === view.time_column)?.max;
      if (earlier && end !== null && end !== undefined && end >= start - view.lookback_ms) tail.push(earlier);
    }
    return tail;
  }

  return materialiseAll;
}
