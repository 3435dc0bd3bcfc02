import { sql } from 'kysely';
import type { Database, Reader, Tx } from '../../../database/index.ts';
import type { AttemptState } from '../schema/runs.ts';
import { type StepRun, toStep } from './steps.ts';

interface AttemptTable {
  step_run: string;
  attempt: number;
  state: AttemptState;
  token_hash: string;
  launcher: string;
  handle: string | null;
  host: string | null;
  exit_code: number | null;
  signal: string | null;
  error: string | null;
  /** Blob of the whole log; null until the ended attempt's log was sealed. */
  log_digest: string | null;
  log_chunks: number;
  started_at: number;
  ended_at: number | null;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    step_attempts: AttemptTable;
  }
}

export interface Attempt extends Omit<AttemptTable, 'handle'> {
  handle: unknown;
}

/** A step run whose attempt is under way, with that attempt. */
export interface Held {
  step: StepRun;
  attempt: Attempt;
}

/**
 * Takes queued step runs for this process, oldest first, as long as they fit into `cpuMilli`; the first one fits when nothing
 * else runs here. Begins an attempt of each under a new fence.
 */
export async function claimSteps(
  database: Database,
  options: {
    launchers: readonly string[];
    cpuMilli: number;
    idle: boolean;
    leaseMs: number;
    token: () => { hash: string; token: string };
  },
): Promise<(Held & { token: string })[]> {
  const now = Date.now();
  return database.write(async (tx) => {
    const { rows } = await sql<{ id: string; cpu_milli: number }>`
      select id, cpu_milli from step_runs
      where state = 'queued' and retry_at <= ${now} and launcher in (${sql.join(options.launchers)})
      order by ready_at, id limit 200 ${database.capabilities.skipLocked}`.execute(tx);
    const taken: (Held & { token: string })[] = [];
    let left = options.cpuMilli;
    for (const row of rows) {
      const alone = options.idle && taken.length === 0;
      if (row.cpu_milli > left && !alone) break;
      left -= row.cpu_milli;
      const credential = options.token();
      const held = await begin(tx, row.id, credential.hash, now, options.leaseMs);
      if (held) taken.push({ ...held, token: credential.token });
    }
    return taken;
  });
}

async function begin(
  tx: Tx,
  id: string,
  hash: string,
  now: number,
  leaseMs: number,
): Promise<Held | undefined> {
  const row = await tx
    .updateTable('step_runs')
    .set((eb) => ({
      state: 'running',
      attempt: eb('attempt', '+', 1),
      fence: eb('fence', '+', 1),
      lease_until: now + leaseMs,
      started_at: eb.fn.coalesce('started_at', eb.val(now)),
      error: null,
    }))
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .returningAll()
    .executeTakeFirst();
  if (!row) return undefined;
  const attempt: AttemptTable = {
    step_run: id,
    attempt: row.attempt,
    state: 'running',
    token_hash: hash,
    launcher: row.launcher,
    handle: null,
    host: null,
    exit_code: null,
    signal: null,
    error: null,
    log_digest: null,
    log_chunks: 0,
    started_at: now,
    ended_at: null,
  };
  await tx.insertInto('step_attempts').values(attempt).execute();
  return { step: toStep(row), attempt: toAttempt(attempt) };
}

/** The attempt under way that this credential belongs to. */
export async function findByToken(reader: Reader, hash: string): Promise<Held | undefined> {
  const attempt = await reader
    .selectFrom('step_attempts')
    .selectAll()
    .where('token_hash', '=', hash)
    .where('state', '=', 'running')
    .executeTakeFirst();
  return attempt && join(reader, attempt);
}

/** Every attempt under way, or those whose lease ended before `before`. */
export async function heldAttempts(reader: Reader, before?: number): Promise<Held[]> {
  let query = reader
    .selectFrom('step_runs')
    .innerJoin('step_attempts', (on) =>
      on
        .onRef('step_attempts.step_run', '=', 'step_runs.id')
        .onRef('step_attempts.attempt', '=', 'step_runs.attempt'),
    )
    .selectAll('step_attempts')
    .where('step_runs.state', '=', 'running');
  if (before !== undefined) query = query.where('step_runs.lease_until', '<', before);
  const held = await Promise.all((await query.execute()).map((row) => join(reader, row)));
  return held.filter((one) => one !== undefined);
}

/** Extends the lease. False when the attempt is no longer the one under way. */
export async function renewLease(
  tx: Tx,
  held: Held,
  leaseMs: number,
  progress?: StepRun['progress'],
): Promise<boolean> {
  const row = await tx
    .updateTable('step_runs')
    .set({
      lease_until: Date.now() + leaseMs,
      ...(progress ? { progress: JSON.stringify(progress) } : {}),
    })
    .where('id', '=', held.step.id)
    .where('state', '=', 'running')
    .where('attempt', '=', held.attempt.attempt)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function setHandle(tx: Tx, held: Held, handle: unknown, host: string): Promise<void> {
  await tx
    .updateTable('step_attempts')
    .set({ handle: JSON.stringify(handle), host })
    .where('step_run', '=', held.step.id)
    .where('attempt', '=', held.attempt.attempt)
    .execute();
}

export async function endAttempt(
  tx: Tx,
  stepRun: string,
  attempt: number,
  end: { state: AttemptState; error?: string | null; exit_code?: number | null; signal?: string | null },
): Promise<boolean> {
  const row = await tx
    .updateTable('step_attempts')
    .set({ ...end, ended_at: Date.now() })
    .where('step_run', '=', stepRun)
    .where('attempt', '=', attempt)
    .where('state', '=', 'running')
    .returning('attempt')
    .executeTakeFirst();
  return row !== undefined;
}

export async function sealLog(
  tx: Tx,
  stepRun: string,
  attempt: number,
  log: { digest: string; chunks: number },
): Promise<void> {
  await tx
    .updateTable('step_attempts')
    .set({ log_digest: log.digest, log_chunks: log.chunks })
    .where('step_run', '=', stepRun)
    .where('attempt', '=', attempt)
    .execute();
}

/** Ended attempts whose log is still a file. */
export async function unsealed(reader: Reader): Promise<{ step_run: string; attempt: number }[]> {
  return reader
    .selectFrom('step_attempts')
    .select(['step_run', 'attempt'])
    .where('state', '!=', 'running')
    .where('log_digest', 'is', null)
    .limit(1000)
    .execute();
}

export async function attemptsOf(reader: Reader, stepRun: string): Promise<Attempt[]> {
  const rows = await reader
    .selectFrom('step_attempts')
    .selectAll()
    .where('step_run', '=', stepRun)
    .orderBy('attempt')
    .execute();
  return rows.map(toAttempt);
}

/** When the next queued step run that waits for its retry becomes ready; undefined when none waits. */
export async function nextRetry(reader: Reader): Promise<number | undefined> {
  const row = await reader
    .selectFrom('step_runs')
    .select((eb) => eb.fn.min('retry_at').as('at'))
    .where('state', '=', 'queued')
    .where('retry_at', '>', Date.now())
    .executeTakeFirst();
  return row?.at ?? undefined;
}

async function join(reader: Reader, attempt: AttemptTable): Promise<Held | undefined> {
  const row = await reader
    .selectFrom('step_runs')
    .selectAll()
    .where('id', '=', attempt.step_run)
    .executeTakeFirst();
  return row && { step: toStep(row), attempt: toAttempt(attempt) };
}

const toAttempt = (row: AttemptTable): Attempt => ({
  ...row,
  handle: row.handle === null ? null : (JSON.parse(row.handle) as unknown),
});

/** The named attempt while it is under way. */
export async function findHeld(reader: Reader, stepRun: string, attempt: number): Promise<Held | undefined> {
  const row = await reader
    .selectFrom('step_attempts')
    .selectAll()
    .where('step_run', '=', stepRun)
    .where('attempt', '=', attempt)
    .where('state', '=', 'running')
    .executeTakeFirst();
  return row && join(reader, row);
}
