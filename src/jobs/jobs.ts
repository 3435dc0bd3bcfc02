import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Database, Reader, Tx } from '../database/index.ts';
import { AppError, defineErrors } from '../lib/errors.ts';

const JOB_STATES = ['queued', 'running', 'done', 'dead', 'cancelled'] as const;
type JobState = (typeof JOB_STATES)[number];

interface JobTable {
  id: string;
  kind: string;
  project: string | null;
  payload: string;
  state: JobState;
  priority: number;
  singleton_key: string | null;
  concurrency_key: string | null;
  run_at: number;
  attempts: number;
  max_attempts: number;
  /** Who runs it, or did last. */
  owner: string | null;
  lease_until: number | null;
  fence: number;
  error: string | null;
  result: string | null;
  created_at: number;
  ended_at: number | null;
}

declare module '../database/tables.ts' {
  interface Tables {
    jobs: JobTable;
  }
}

export interface Job<P = unknown> {
  id: string;
  kind: string;
  project: string | null;
  payload: P;
  state: JobState;
  attempts: number;
  /** Grows with every claim; whoever holds an older one can no longer finish the job. */
  fence: number;
  error: string | null;
  result: unknown;
  created_at: number;
  ended_at: number | null;
}

export interface NewJob {
  kind: string;
  payload: unknown;
  project?: string | null;
  /** While a job with this key is queued or running, enqueueing again returns that one. */
  singletonKey?: string;
  /** Jobs with the same key never run at the same time. */
  concurrencyKey?: string;
  priority?: number;
  runAt?: number;
  maxAttempts?: number;
}

const JOB_ERRORS = defineErrors({
  JOB_LOST: { status: 409, hint: 'Another worker holds this job; this attempt must stop.' },
});

export async function enqueue(tx: Tx, job: NewJob): Promise<string> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const id = (await existing(tx, job.singletonKey)) ?? (await insert(tx, job));
    if (id !== undefined) return id;
    // Another transaction was first; its job is found now, unless it has ended already.
  }
  throw new Error(`The job ${job.kind} could not be enqueued: others of its singleton key begin and end.`);
}

async function existing(tx: Tx, singletonKey: string | undefined): Promise<string | undefined> {
  if (singletonKey === undefined) return undefined;
  const row = await tx
    .selectFrom('jobs')
    .select('id')
    .where('singleton_key', '=', singletonKey)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirst();
  return row?.id;
}

async function insert(tx: Tx, job: NewJob): Promise<string | undefined> {
  const row = await tx
    .insertInto('jobs')
    .values({
      id: randomUUID(),
      kind: job.kind,
      project: job.project ?? null,
      payload: JSON.stringify(job.payload ?? {}),
      state: 'queued',
      priority: job.priority ?? 0,
      singleton_key: job.singletonKey ?? null,
      concurrency_key: job.concurrencyKey ?? null,
      run_at: job.runAt ?? Date.now(),
      attempts: 0,
      max_attempts: job.maxAttempts ?? 5,
      owner: null,
      lease_until: null,
      fence: 0,
      error: null,
      result: null,
      created_at: Date.now(),
      ended_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}

/** Takes the next ready job of the given kinds, or undefined. One statement decides, so no two workers get the same. */
export async function claim(
  database: Database,
  kinds: readonly string[],
  leaseMs: number | ((kind: string) => number),
  owner: string,
): Promise<Job | undefined> {
  const leaseOf = typeof leaseMs === 'number' ? () => leaseMs : leaseMs;
  for (;;) {
    try {
      return await claimOnce(database, kinds, leaseOf, owner);
    } catch (error) {
      // Another replica took a job of the same concurrency key at this moment: the next look sees it.
      if (!isTwice(error)) throw error;
    }
  }
}

const UNIQUE_VIOLATION = '23505';
const isTwice = (error: unknown) => (error as { code?: string }).code === UNIQUE_VIOLATION;

async function claimOnce(
  database: Database,
  kinds: readonly string[],
  leaseOf: (kind: string) => number,
  owner: string,
): Promise<Job | undefined> {
  const now = Date.now();
  const leases = kinds.map((kind) => sql`when ${kind} then ${sql.lit(leaseOf(kind))}`);
  const row = await database.write(async (tx) => {
    const { rows } = await sql<JobTable>`
      update jobs set state = 'running', attempts = attempts + 1, fence = fence + 1, owner = ${owner}, lease_until = ${sql.lit(now)} + case kind ${sql.join(leases, sql` `)} end
      where id = (
        select j.id from jobs j
        where j.state = 'queued' and j.run_at <= ${now} and j.kind in (${sql.join(kinds)})
          and (j.concurrency_key is null or not exists (
            select 1 from jobs r where r.concurrency_key = j.concurrency_key and r.state = 'running'))
        order by j.priority desc, j.run_at, j.id limit 1 ${database.capabilities.skipLocked})
      returning *`.execute(tx);
    return rows[0];
  });
  return row && toJob(row);
}

/** Ends the job in the transaction of its outcome. Throws JOB_LOST, and so undoes that outcome, when the fence is old. */
export async function finish(tx: Tx, job: Pick<Job, 'id' | 'fence'>, result: unknown = null): Promise<void> {
  const row = await tx
    .updateTable('jobs')
    .set({
      state: 'done',
      result: JSON.stringify(result),
      lease_until: null,
      error: null,
      ended_at: Date.now(),
    })
    .where('id', '=', job.id)
    .where('fence', '=', job.fence)
    .where('state', '=', 'running')
    .returning('id')
    .executeTakeFirst();
  if (!row) throw new AppError(JOB_ERRORS.JOB_LOST, `Job ${job.id} is no longer held by this attempt.`);
}

/** Puts the job back with back-off, or buries it when its attempts are spent or the failure is permanent. */
export async function fail(
  tx: Tx,
  job: Pick<Job, 'id' | 'fence' | 'attempts'>,
  error: string,
  permanent: boolean,
  /** Only when its lease ended before this moment. */
  expiredBefore?: number,
): Promise<JobState | undefined> {
  const known = await tx
    .selectFrom('jobs')
    .select(['max_attempts'])
    .where('id', '=', job.id)
    .executeTakeFirst();
  if (!known) return undefined;
  const dead = permanent || job.attempts >= known.max_attempts;
  const wait = Math.round(Math.random() * Math.min(60_000, 500 * 2 ** job.attempts));
  let update = tx
    .updateTable('jobs')
    .set({
      state: dead ? 'dead' : 'queued',
      error,
      lease_until: null,
      run_at: Date.now() + wait,
      ended_at: dead ? Date.now() : null,
    })
    .where('id', '=', job.id)
    .where('fence', '=', job.fence)
    .where('state', '=', 'running');
  if (expiredBefore !== undefined) update = update.where('lease_until', '<', expiredBefore);
  const row = await update.returning('state').executeTakeFirst();
  return row?.state;
}

export async function renew(
  database: Database,
  job: Pick<Job, 'id' | 'fence'>,
  leaseMs: number,
): Promise<boolean> {
  const row = await database.write((tx) =>
    tx
      .updateTable('jobs')
      .set({ lease_until: Date.now() + leaseMs })
      .where('id', '=', job.id)
      .where('fence', '=', job.fence)
      .where('state', '=', 'running')
      .returning('id')
      .executeTakeFirst(),
  );
  return row !== undefined;
}

/** Ends every lease: for a database that one server has to itself, when that server starts and runs nothing yet. */
export async function endLeases(database: Database): Promise<void> {
  await database.write((tx) =>
    tx.updateTable('jobs').set({ lease_until: 0 }).where('state', '=', 'running').execute(),
  );
}

/** Requeues jobs whose worker stopped renewing; buries those without attempts left. Returns how many. */
export async function reap(database: Database): Promise<number> {
  const now = Date.now();
  return database.write(async (tx) => {
    const lost = await tx
      .selectFrom('jobs')
      .selectAll()
      .where('state', '=', 'running')
      .where('lease_until', '<', now)
      .execute();
    let found = 0;
    for (const row of lost) {
      const why = 'The worker stopped renewing its lease (it was killed or hung).';
      if ((await fail(tx, row, why, false, now)) !== undefined) found++;
    }
    return found;
  });
}

export async function findJob(reader: Reader, id: string): Promise<Job | undefined> {
  const row = await reader.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toJob(row);
}

function toJob(row: JobTable): Job {
  return {
    id: row.id,
    kind: row.kind,
    project: row.project,
    payload: JSON.parse(row.payload) as unknown,
    state: row.state,
    attempts: row.attempts,
    fence: row.fence,
    error: row.error,
    result: row.result === null ? null : (JSON.parse(row.result) as unknown),
    created_at: row.created_at,
    ended_at: row.ended_at,
  };
}
