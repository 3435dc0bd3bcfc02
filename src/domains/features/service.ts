import type { Analytics } from '../../analytics/index.ts';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { enqueue, findJob, type Job, type JobWorker } from '../../jobs/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { DatasetsService } from '../datasets/service.ts';
import { type Actor, systemActor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import { applyDefinitions } from './definitions.ts';
import { FEATURE_ERRORS } from './errors.ts';
import { measureFreshness } from './freshness.ts';
import { createHistory } from './history.ts';
import { getDefinition, viewIdOf } from './catalog.ts';
import { createFill, FILL_CHANNEL } from './fill.ts';
import {
  COMPACT_JOB,
  handleJobs,
  HISTORICAL_JOB,
  type HistoricalPayload,
  MATERIALISE_JOB,
  type MaterialisePayload,
  ONLINE_JOB,
  PUSHES_APART,
} from './jobs.ts';
import { lookUp, type LookupQuestion } from './lookup.ts';
import { createMaterialisation, type Materialised } from './materialisation.ts';
import type { OnlineStore } from './online.ts';
import { pushedRows } from './push.ts';
import { resolveLineage } from './provenance.ts';
import {
  type Applied,
  type DefinitionKind,
  type Entity,
  type FeatureFile,
  type FeatureView,
  type Freshness,
  type FreshnessReport,
  HistoricalRequest,
  type HistoricalResult,
  type Lookup,
  MaterialiseRequest,
  type Partition,
  type PinnedService,
  PushRequest,
  type ServiceRecord,
  type ViewRecord,
} from './schema.ts';
import { type DefinitionRow, listCurrent, listDefinitionVersions } from './store/definitions.ts';
import { insertPartition, listPartitions, type ViewId } from './store/partitions.ts';

export type { Materialised } from './materialisation.ts';

export interface FeaturesGround {
  database: Database;
  blobs: BlobStore;
  analytics: Analytics;
  events: Events;
  jobs: JobWorker;
  lineage: LineageService;
  datasets: DatasetsService;
  /** Event time that the answers which read a view have reached; null when nothing reads it. */
  readUntil?(project: string, view: string): Promise<number | null>;
}

export interface FeaturesService {
  /** Publishes definitions; the same definition keeps its version, a changed one gets the next. */
  apply(actor: Actor, project: string, file: FeatureFile): Promise<Applied[]>;
  listEntities(project: string): Promise<(Entity & Stamp)[]>;
  listViews(project: string): Promise<ViewRecord[]>;
  /** The current version when none is named. Throws when unknown. */
  getView(project: string, name: string, version?: number): Promise<ViewRecord>;
  listViewVersions(project: string, name: string): Promise<ViewRecord[]>;
  listServices(project: string): Promise<ServiceRecord[]>;
  getService(project: string, name: string, version?: number): Promise<ServiceRecord>;
  startMaterialise(
    actor: Actor,
    project: string,
    view: string,
    request: Partial<MaterialiseRequest>,
  ): Promise<{ job: string }>;
  /** As `startMaterialise`, awaited. */
  materialise(
    actor: Actor,
    project: string,
    view: string,
    request: Partial<MaterialiseRequest>,
    signal?: AbortSignal,
  ): Promise<Materialised>;
  /** Durable before it settles; `online` is false while the online store is away, and the rows follow later. */
  push(
    actor: Actor,
    project: string,
    view: string,
    request: PushRequest,
  ): Promise<{ view_version: number; rows: number; online: boolean }>;
  startHistorical(actor: Actor, project: string, request: HistoricalRequest): Promise<{ job: string }>;
  /** As `startHistorical`, awaited. */
  historical(
    actor: Actor,
    project: string,
    request: HistoricalRequest,
    signal?: AbortSignal,
  ): Promise<HistoricalResult>;
  /** A job of `startMaterialise` or `startHistorical`. */
  getJob(project: string, id: string): Promise<Job>;
  lookup(
    project: string,
    view: string,
    question: LookupQuestion & { version?: number | undefined },
  ): Promise<Lookup>;
  listPartitions(project: string, view: string, version?: number): Promise<Partition[]>;
  /** The current views with a freshness objective, measured. */
  freshness(project: string): Promise<FreshnessReport[]>;
  /** Gives the online store, once the data plane has one; from then on pushes and materialisations reach it too. */
  attachOnline(online: OnlineStore): void;
  /** Brings to the online store what it lacks of these views, in order of arrival. */
  fill(views: readonly { project: string; view: string; version: number }[]): Promise<void>;
}

interface Stamp {
  version: number;
  digest: string;
  created_at: number;
  created_by: string;
}

export function createFeatures(ground: FeaturesGround): FeaturesService {
  const { database, analytics } = ground;
  let online: OnlineStore | undefined;
  const fill = createFill(ground, () => online);
  const materialise = createMaterialisation(ground, fill);
  const historical = createHistory(ground);

  const find = <D>(project: string, kind: DefinitionKind, name: string, version?: number) =>
    getDefinition<D>(database.read, project, kind, name, version);

  async function toView(row: DefinitionRow<FeatureView>): Promise<ViewRecord> {
    const partitions = await listPartitions(database.read, viewIdOf(row));
    return { ...row.definition, ...stampOf(row), freshness: freshnessOf(partitions, online !== undefined) };
  }

  const toService = (row: DefinitionRow<PinnedService>): ServiceRecord => ({
    ...row.definition,
    ...stampOf(row),
  });

  const start = async (
    project: string,
    kind: string,
    payload: MaterialisePayload | HistoricalPayload,
    key?: string,
  ) => ({
    job: await database.write((tx) =>
      enqueue(tx, { kind, payload, project, maxAttempts: 3, ...(key ? { concurrencyKey: key } : {}) }),
    ),
  });

  handleJobs(ground, {
    materialise: async (payload, signal) => ({
      result: await materialise(
        systemActor(payload.actor),
        payload.project,
        payload.view,
        payload.request,
        signal,
      ),
    }),
    historical: async (payload, signal) => ({
      result: await historical(systemActor(payload.actor), payload.project, payload.request, signal),
    }),
    view: async (id) => (await find<FeatureView>(id.project, 'view', id.view, id.view_version)).definition,
    online: () => online,
    fill,
  });
  resolveLineage(ground.lineage, database);

  return {
    apply: (actor, project, file) => applyDefinitions(ground, actor, project, file),
    async listEntities(project) {
      const rows = await listCurrent<Entity>(database.read, project, 'entity');
      return rows.map((row) => ({ ...row.definition, ...stampOf(row) }));
    },
    async listViews(project) {
      return Promise.all((await listCurrent<FeatureView>(database.read, project, 'view')).map(toView));
    },
    getView: async (project, name, version) =>
      toView(await find<FeatureView>(project, 'view', name, version)),
    async listViewVersions(project, name) {
      return Promise.all(
        (await listDefinitionVersions<FeatureView>(database.read, project, 'view', name)).map(toView),
      );
    },
    listServices: async (project) =>
      (await listCurrent<PinnedService>(database.read, project, 'service')).map(toService),
    getService: async (project, name, version) =>
      toService(await find<PinnedService>(project, 'service', name, version)),
    async startMaterialise(actor, project, view, request) {
      const row = await find<FeatureView>(project, 'view', view, request.version);
      const payload = {
        project,
        view,
        request: MaterialiseRequest.parse({ ...request, version: row.version }),
        actor: actor.name,
      };
      return start(project, MATERIALISE_JOB, payload, `view:${project}/${view}`);
    },
    materialise,
    async push(_actor, project, name, given) {
      const request = PushRequest.parse(given);
      const row = await find<FeatureView>(project, 'view', name, request.version);
      const id = viewIdOf(row);
      const { bytes, facts } = pushedRows(row.definition, request, Date.now());
      const blob = await ground.blobs.put(bytes);
      await database.write(async (tx) => {
        await insertPartition(tx, {
          ...id,
          ...facts,
          digest: blob.digest,
          bytes: blob.size,
          kind: 'pushed',
          dataset_version: null,
          online: true,
          online_from: null,
          online_at: null,
          merged: [],
          created_at: Date.now(),
        });
        const apart = (await listPartitions(tx, id)).filter(({ kind }) => kind === 'pushed').length;
        if (apart >= PUSHES_APART)
          await enqueue(tx, {
            kind: COMPACT_JOB,
            payload: id,
            project,
            singletonKey: `compact:${keyOf(id)}`,
          });
        await database.notify(tx, FILL_CHANNEL);
        if (online) {
          await enqueue(tx, {
            kind: ONLINE_JOB,
            payload: id,
            project,
            singletonKey: `online:${keyOf(id)}`,
            runAt: Date.now() + 2000,
            maxAttempts: 100,
          });
        }
      });
      const reached = online
        ? await fill(id).then(
            () => true,
            () => false, // the job enqueued above tries again
          )
        : false;
      return { view_version: row.version, rows: facts.rows, online: reached };
    },
    async startHistorical(actor, project, request) {
      await find(project, 'service', request.service, request.version);
      return start(project, HISTORICAL_JOB, { project, request, actor: actor.name });
    },
    historical,
    async getJob(project, id) {
      const job = await findJob(database.read, id);
      if (job?.project === project && job.kind.startsWith('features.')) return job;
      throw new AppError(
        FEATURE_ERRORS.FEATURE_UNKNOWN,
        `There is no features job ${id} in project '${project}'.`,
      );
    },
    async lookup(project, name, { version, ...question }) {
      const row = await find<FeatureView>(project, 'view', name, version);
      const partitions = await listPartitions(database.read, viewIdOf(row));
      return lookUp(analytics, { ...row.definition, version: row.version }, partitions, question);
    },
    async listPartitions(project, name, version) {
      return listPartitions(database.read, viewIdOf(await find<FeatureView>(project, 'view', name, version)));
    },
    async freshness(project) {
      const reports: FreshnessReport[] = [];
      for (const row of await listCurrent<FeatureView>(database.read, project, 'view')) {
        const { freshness_ms } = row.definition;
        if (freshness_ms === null || freshness_ms === undefined) continue;
        const clock = (await ground.readUntil?.(project, row.name)) ?? Date.now();
        const view = { ...row.definition, version: row.version, freshness_ms };
        const partitions = await listPartitions(database.read, viewIdOf(row));
        reports.push(await measureFreshness(analytics, view, partitions, clock));
      }
      return reports;
    },
    attachOnline(store) {
      online = store;
    },
    async fill(views) {
      for (const { project, view, version } of views) await fill({ project, view, view_version: version });
    },
  };
}

const keyOf = (id: ViewId) => `${id.project}/${id.view}@${id.view_version}`;
const stampOf = ({ version, digest, created_at, created_by }: DefinitionRow): Stamp => ({
  version,
  digest,
  created_at,
  created_by,
});

function freshnessOf(partitions: readonly Partition[], hasOnline: boolean): Freshness {
  const newest = (times: number[]) => (times.length === 0 ? null : Math.max(...times));
  return {
    rows: partitions.reduce((sum, partition) => sum + partition.rows, 0),
    partitions: partitions.length,
    newest_event_time: newest(partitions.map(({ max_event }) => max_event)),
    newest_created_time: newest(partitions.map(({ max_created }) => max_created)),
    offline_only: hasOnline
      ? partitions.filter(({ online_at }) => online_at === null).length
      : partitions.length,
    dataset_versions: partitions.flatMap(({ dataset_version }) =>
      dataset_version === null ? [] : [dataset_version],
    ),
  };
}
