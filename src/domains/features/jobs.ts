import { type Analytics, identifier } from '../../analytics/index.ts';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import type { JobOutcome, JobWorker } from '../../jobs/index.ts';
import { factsOf } from './materialise.ts';
import { FILL_CHANNEL, type FillView } from './fill.ts';
import { type OnlineStore, pushMerged } from './online.ts';
import type { FeatureView, HistoricalRequest, MaterialiseRequest, Partition } from './schema.ts';
import { listPartitions, replacePartitions, type ViewId } from './store/partitions.ts';

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
  fill: FillView;
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
  ground.jobs.handle<ViewId>(ONLINE_JOB, async ({ job }) => void (await verbs.fill(job.payload)), lease);
  ground.jobs.handle<ViewId>(COMPACT_JOB, ({ job }) => compact(ground, verbs, job.payload), lease);
}

/** Merges the pushed partitions of a view; of equal rows the last pushed stays, as it did online. */
async function compact(ground: JobsGround, verbs: JobVerbs, id: ViewId): Promise<JobOutcome> {
  const online = verbs.online();
  const all = await listPartitions(ground.database.read, id);
  const small = all.filter(({ kind, online_at }) => kind === 'pushed' && (!online || online_at !== null));
  const last = small.at(-1);
  if (!last || small.length < 2) return undefined;
  const view = await verbs.view(id);
  const features = view.features.map(({ name }) => name);
  const columns = ['key', 'event_time', 'created_time', ...features.map(identifier)].join(', ');
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
  const parts = small.map(({ digest }) => digest);
  const merged: Partition = { ...last, ...facts, merged: parts, created_at: Date.now() };
  if (online) {
    const held = new Set(await online.held({ ...id, version: id.view_version }));
    if (parts.every((part) => held.has(part))) await pushMerged(online, merged, features);
  }
  return {
    result: { merged: small.length, rows: facts.rows },
    async write(tx) {
      const ordinals = small.map(({ ordinal }) => ordinal);
      await replacePartitions(tx, id, ordinals, merged);
      await ground.database.notify(tx, FILL_CHANNEL);
    },
  };
}
