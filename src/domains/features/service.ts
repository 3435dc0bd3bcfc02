import type { Analytics } from '../../analytics/index.ts';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { enqueue, findJob, type Job, type JobWorker } from '../../jobs/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Urn } from '../../lib/urn.ts';
import { type DatasetVersion, versionUrn } from '../datasets/schema.ts';
import { type DatasetsService, tableOf } from '../datasets/service.ts';
import { type Actor, systemActor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import { applyDefinitions } from './definitions.ts';
import { FEATURE_ERRORS } from './errors.ts';
import { joinHistory, type ResolvedJoin } from './historical.ts';
import {
  bringOnline,
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
import { materialise } from './materialise.ts';
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
  HistoricalRequest,
  type HistoricalResult,
  type Lookup,
  MaterialiseRequest,
  type Partition,
  type PinnedService,
  PushRequest,
  type ServiceRecord,
  serviceUrn,
  type ViewRecord,
  viewUrn,
} from './schema.ts';
import { type DefinitionRow, findCurrent, listCurrent, listDefinitionVersions } from './store/definitions.ts';
import { insertPartition, listPartitions, type ViewId } from './store/partitions.ts';

export interface FeaturesGround {
  database: Database;
  blobs: BlobStore;
  analytics: Analytics;
  events: Events;
  jobs: JobWorker;
  lineage: LineageService;
  datasets: DatasetsService;
}

export interface Materialised {
  view: string;
  view_version: number;
  partitions: { dataset_version: number; rows: number; created: boolean }[];
  /** Rows that the online store took. */
  online_rows: number;
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
  /** Gives the online store, once the data plane has one; from then on pushes and materialisations reach it too. */
  attachOnline(online: OnlineStore): void;
}

interface Stamp {
  version: number;
  digest: string;
  created_at: number;
  created_by: string;
}

/** `service` in the form of the gateway's route: MLflow's column types, views with their ttl and delay. */
export function routeOf(service: ServiceRecord, views: readonly ViewRecord[]): object {
  const types = {
    int: 'long',
    double: 'double',
    string: 'string',
    bool: 'boolean',
    timestamp: 'datetime',
  } as const;
  return {
    name: service.name,
    version: service.version,
    request: service.request.map(({ name, type }) => ({ name, type: types[type] })),
    event_time_column: service.event_time_column,
    transforms: service.transforms,
    joins: service.joins.map(({ key, ...join }) => {
      const view = views.find(({ name, version }) => name === join.view && version === join.view_version);
      if (!view) throw new Error(`The view ${join.view} version ${join.view_version} was not given.`);
      return { ...join, entity: key, ttl_ms: view.ttl_ms, delay_ms: view.delay_ms };
    }),
  };
}

export function createFeatures(ground: FeaturesGround): FeaturesService {
  const { database, analytics, datasets } = ground;
  let online: OnlineStore | undefined;

  async function find<D>(
    project: string,
    kind: DefinitionKind,
    name: string,
    version?: number,
  ): Promise<DefinitionRow<D>> {
    const row =
      version === undefined
        ? await findCurrent<D>(database.read, project, kind, name)
        : (await listDefinitionVersions<D>(database.read, project, kind, name)).find(
            (item) => item.version === version,
          );
    if (row) return row;
    const which = version === undefined ? '' : ` version ${version}`;
    throw new AppError(
      FEATURE_ERRORS.FEATURE_UNKNOWN,
      `There is no feature ${kind} '${name}'${which} in project '${project}'.`,
    );
  }

  async function toView(row: DefinitionRow<FeatureView>): Promise<ViewRecord> {
    const partitions = await listPartitions(database.read, idOf(row));
    return { ...row.definition, ...stampOf(row), freshness: freshnessOf(partitions, online !== undefined) };
  }

  const toService = (row: DefinitionRow<PinnedService>): ServiceRecord => ({
    ...row.definition,
    ...stampOf(row),
  });

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
    const row = await find<FeatureView>(project, 'view', name, request.version);
    const view = row.definition;
    const id = idOf(row);
    const result: Materialised = { view: name, view_version: row.version, partitions: [], online_rows: 0 };
    for (const number of await sourceVersions(project, view, request.dataset_versions)) {
      const known = (await listPartitions(database.read, id)).find(
        ({ dataset_version }) => dataset_version === number,
      );
      const partition = known ?? (await computePartition(actor, row, number, signal));
      if (!partition) continue;
      result.partitions.push({ dataset_version: number, rows: partition.rows, created: !known });
      if (online && request.online && partition.online_at === null)
        result.online_rows += await bringOnline(ground, online, view, partition, request.online_from);
    }
    return result;
  }

  async function computePartition(
    actor: Actor,
    row: DefinitionRow<FeatureView>,
    number: number,
    signal?: AbortSignal,
  ): Promise<Partition | undefined> {
    const { project, definition: view } = row;
    const version = await datasets.getVersion(project, view.source, number);
    const earlier = view.lookback_ms > 0 ? await tailOf(project, view, version) : [];
    const facts = await materialise(analytics, view, version, earlier, signal);
    if (!facts) return undefined;
    return database.write(async (tx) => {
      const partition = await insertPartition(tx, {
        ...idOf(row),
        ...facts,
        kind: 'materialised',
        dataset_version: number,
        online_at: null,
        created_at: Date.now(),
      });
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

  async function resolveJoins(project: string, service: PinnedService): Promise<ResolvedJoin[]> {
    return Promise.all(
      service.joins.map(async (join) => {
        const row = await find<FeatureView>(project, 'view', join.view, join.view_version);
        const partitions = await listPartitions(database.read, idOf(row));
        if (partitions.length > 0) return { join, view: row.definition, partitions };
        throw new AppError(
          FEATURE_ERRORS.NOT_MATERIALISED,
          `View '${join.view}' version ${join.view_version} holds no rows, so history would be empty.`,
        );
      }),
    );
  }

  async function historical(
    actor: Actor,
    project: string,
    given: HistoricalRequest,
    signal?: AbortSignal,
  ): Promise<HistoricalResult> {
    const request = HistoricalRequest.parse(given);
    const service = await find<PinnedService>(project, 'service', request.service, request.version);
    const input = await inputOf(project, request);
    const joins = await resolveJoins(project, service.definition);
    const joined = await joinHistory(analytics, input, service.definition, joins, request, signal);
    const derivedFrom: Urn[] = [
      ...input.urns,
      serviceUrn(project, service.name, service.version),
      ...joins.map(({ join }) => viewUrn(project, join.view, join.view_version)),
    ];
    const keep = async (blob: { digest: string; size: number }, name: string | undefined) => {
      const counted = await analytics.run({
        tables: { t: [blob.digest] },
        rows: { n: 'select count(*)::double as n from t' },
      });
      const rows = Number(counted.rows.n[0]?.n);
      const table = { digest: blob.digest, bytes: blob.size, rows, version: null };
      if (name === undefined || rows === 0) return table;
      const note = `Point-in-time join of ${service.name} v${service.version}`;
      const { version } = await datasets.createVersionFromParquet(actor, project, name, [blob], {
        derivedFrom,
        note,
      });
      return { ...table, version: version.version };
    };
    return {
      service: service.name,
      service_version: service.version,
      columns: joined.columns,
      vector: joined.vector,
      table: await keep(joined.table, request.save_as),
      holdout: joined.holdout && (await keep(joined.holdout, request.save_holdout_as)),
    };
  }

  async function inputOf(project: string, request: HistoricalRequest) {
    if (request.blobs) {
      const { rows } = await analytics.run({
        tables: { t: request.blobs },
        rows: { n: 'select count(*)::double as n from t' },
      });
      return { digests: request.blobs, rows: Number(rows.n[0]?.n), urns: [] as Urn[] };
    }
    const { name, versions } = request.dataset as NonNullable<HistoricalRequest['dataset']>;
    const found = await Promise.all(versions.map((version) => datasets.getVersion(project, name, version)));
    return {
      digests: found.flatMap(tableOf),
      rows: found.reduce((sum, version) => sum + version.rows, 0),
      urns: found.map((version) => versionUrn(project, name, version.version)),
    };
  }

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
      result: await materialiseAll(
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
    materialise: materialiseAll,
    async push(_actor, project, name, given) {
      const request = PushRequest.parse(given);
      const row = await find<FeatureView>(project, 'view', name, request.version);
      const id = idOf(row);
      const { bytes, facts } = pushedRows(row.definition, request, Date.now());
      const blob = await ground.blobs.put(bytes);
      const partition = await database.write(async (tx) => {
        const added = await insertPartition(tx, {
          ...id,
          ...facts,
          digest: blob.digest,
          bytes: blob.size,
          kind: 'pushed',
          dataset_version: null,
          online_at: null,
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
        return added;
      });
      const reached = online
        ? await bringOnline(ground, online, row.definition, partition).then(
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
      const partitions = await listPartitions(database.read, idOf(row));
      return lookUp(analytics, { ...row.definition, version: row.version }, partitions, question);
    },
    async listPartitions(project, name, version) {
      return listPartitions(database.read, idOf(await find<FeatureView>(project, 'view', name, version)));
    },
    attachOnline(store) {
      online = store;
    },
  };
}

const idOf = (row: Pick<DefinitionRow, 'project' | 'name' | 'version'>): ViewId => ({
  project: row.project,
  view: row.name,
  view_version: row.version,
});
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
