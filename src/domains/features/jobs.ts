import { type Analytics, identifier } from '../../analytics/index.ts';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import type { JobOutcome, JobWorker } from '../../jobs/index.ts';
import { factsOf } from './materialise.ts';
import { type OnlineStore, pushPartition } from './online.ts';
import type { FeatureView, HistoricalRequest, MaterialiseRequest, Partition } from './schema.ts';
import { listPartitions, markOnline, replacePartitions, type ViewId } from './store/partitions.ts';

export const MATERIALISE_JOB = 'features.materialise';
export const HISTORICAL_JOB = 'features.historical';
export const ONLINE_JOB = 'features.online';
export const COMPACT_JOB = 'features.compact';

/** Pushes of a view that are kept apart before they are merged. */
export const PUSHES_APART = 32;

export interface MaterialisePayload {
  project: string;
  view: string;
  request: MaterialiseRequest;
  actor: string;
}
export interface HistoricalPayload {
  project: string;
  request: HistoricalRequest;
  actor: string;
}

export interface JobsGround {
  database: Database;
  blobs: BlobStore;
  analytics: Analytics;
  jobs: JobWorker;
}

/** The verbs of the service that jobs run. */
export interface JobVerbs {
  materialise(payload: MaterialisePayload, signal: AbortSignal): Promise<JobOutcome>;
  historical(payload: HistoricalPayload, signal: AbortSignal): Promise<JobOutcome>;
  view(id: ViewId): Promise<FeatureView>;
  online(): OnlineStore | undefined;
}

export function handleJobs(ground: JobsGround, verbs: JobVerbs): void {
  const lease = { leaseMs: 60_000 };
  ground.jobs.handle<MaterialisePayload>(
    MATERIALISE_JOB,
    ({ job, signal }) => verbs.materialise(job.payload, signal),
    lease,
  );
  ground.jobs.handle<HistoricalPayload>(
    HISTORICAL_JOB,
    ({ job, signal }) => verbs.historical(job.payload, signal),
    lease,
  );
  ground.jobs.handle<ViewId>(
    ONLINE_JOB,
    async ({ job }) => {
      const online = verbs.online();
      if (!online) return;
      const view = await verbs.view(job.payload);
      for (const partition of await listPartitions(ground.database.read, job.payload))
        if (partition.kind === 'pushed' && partition.online_at === null)
          await bringOnline(ground, online, view, partition);
    },
    lease,
  );
  ground.jobs.handle<ViewId>(COMPACT_JOB, ({ job }) => compact(ground, verbs, job.payload), lease);
}

/** Pushes a partition and notes it. */
export async function bringOnline(
  ground: Pick<JobsGround, 'database' | 'blobs'>,
  online: OnlineStore,
  view: Pick<FeatureView, 'features'>,
  partition: Partition,
  from?: number,
): Promise<number> {
  const names = view.features.map(({ name }) => name);
  const rows = await pushPartition(online, ground.blobs, partition, names, from);
  await ground.database.write((tx) => markOnline(tx, partition, partition.ordinal, Date.now()));
  return rows;
}

/** Merges the pushed partitions of a view; of equal rows the last pushed stays, as it did online. */
async function compact(ground: JobsGround, verbs: JobVerbs, id: ViewId): Promise<JobOutcome> {
  const online = verbs.online() !== undefined;
  const all = await listPartitions(ground.database.read, id);
  const small = all.filter(({ kind, online_at }) => kind === 'pushed' && (!online || online_at !== null));
  const last = small.at(-1);
  if (!last || small.length < 2) return undefined;
  const view = await verbs.view(id);
  const columns = [
    'key',
    'event_time',
    'created_time',
    ...view.features.map(({ name }) => identifier(name)),
  ].join(', ');
  const { outputs } = await ground.analytics.run({
    tables: Object.fromEntries(small.map((partition) => [`p${partition.ordinal}`, [partition.digest]])),
    outputs: {
      rows: `select ${columns} from (
          select distinct on (key, event_time, created_time) * from (
            ${small.map(({ ordinal }) => `select ${columns}, ${ordinal} as part from p${ordinal}`).join(' union all ')})
          order by event_time, key, created_time, part desc)
        order by event_time, key, created_time`,
    },
  });
  const facts = await factsOf(ground.analytics, outputs.rows);
  if (!facts) return undefined;
  const merged: Partition = { ...last, ...facts, created_at: Date.now() };
  return {
    result: { merged: small.length, rows: facts.rows },
    write: (tx) =>
      replacePartitions(
        tx,
        id,
        small.map(({ ordinal }) => ordinal),
        merged,
      ),
  };
}
