import { sql } from 'kysely';
import type { Reader, Tx } from '../../../database/index.ts';
import type { CacheMode, RunState, StartReason } from '../schema/runs.ts';

interface RunTable {
  id: string;
  project: string;
  pipeline: string;
  version: number;
  number: number;
  state: RunState;
  params: string;
  reason: string;
  cache: CacheMode;
  refresh: string;
  origin: string | null;
  /** Given by who started it; one run per key. */
  start_key: string | null;
  error: string | null;
  revision: number;
  created_at: number;
  ended_at: number | null;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    pipeline_runs: RunTable;
  }
}

export interface Run {
  id: string;
  project: string;
  pipeline: string;
  version: number;
  number: number;
  state: RunState;
  params: Record<string, unknown>;
  reason: StartReason;
  cache: CacheMode;
  refresh: string[];
  origin: string | null;
  /** Given by who started it; one run per key. */
  start_key: string | null;
  error: string | null;
  created_at: number;
  ended_at: number | null;
}

export async function insertRun(tx: Tx, run: Run): Promise<void> {
  await tx
    .insertInto('pipeline_runs')
    .values({
      ...run,
      params: JSON.stringify(run.params),
      reason: JSON.stringify(run.reason),
      refresh: JSON.stringify(run.refresh),
      revision: 0,
    })
    .execute();
}

/** Takes the run for this transaction: two ends of its steps are thereby decided one after the other. */
export async function lockRun(tx: Tx, id: string): Promise<Run | undefined> {
  const row = await tx
    .updateTable('pipeline_runs')
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row && toRun(row);
}

export async function endRun(tx: Tx, id: string, state: RunState, error: string | null): Promise<boolean> {
  const row = await tx
    .updateTable('pipeline_runs')
    .set({ state, error, ended_at: Date.now() })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export async function findRun(reader: Reader, project: string, id: string): Promise<Run | undefined> {
  const row = await reader
    .selectFrom('pipeline_runs')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toRun(row);
}

export async function activeRuns(
  reader: Reader,
  project?: string,
): Promise<{ id: string; pipeline: string; number: number }[]> {
  let query = reader
    .selectFrom('pipeline_runs')
    .select(['id', 'pipeline', 'number'])
    .where('ended_at', 'is', null);
  if (project !== undefined) query = query.where('project', '=', project);
  return query.execute();
}

export async function findRunById(reader: Reader, id: string): Promise<Run | undefined> {
  const row = await reader.selectFrom('pipeline_runs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toRun(row);
}

export async function findStarted(reader: Reader, project: string, key: string): Promise<string | undefined> {
  const row = await reader
    .selectFrom('pipeline_runs')
    .select('id')
    .where('project', '=', project)
    .where('start_key', '=', key)
    .executeTakeFirst();
  return row?.id;
}

/** Newest first; `before` is the creation time of the last one seen. */
export async function listRuns(
  reader: Reader,
  filter: { project: string; pipeline?: string; state?: RunState; before?: number; limit: number },
): Promise<Run[]> {
  let query = reader
    .selectFrom('pipeline_runs')
    .selectAll()
    .where('project', '=', filter.project)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.pipeline !== undefined) query = query.where('pipeline', '=', filter.pipeline);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.before !== undefined) query = query.where('created_at', '<', filter.before);
  return (await query.execute()).map(toRun);
}

/** Step runs by state, for many runs at once. */
export async function countsOf(
  reader: Reader,
  runs: readonly string[],
): Promise<Map<string, Record<string, number>>> {
  const result = new Map<string, Record<string, number>>(runs.map((id) => [id, {}]));
  if (runs.length === 0) return result;
  const rows = await reader
    .selectFrom('step_runs')
    .select(['run', 'state', sql<number>`count(*)`.as('count')])
    .where('run', 'in', runs)
    .groupBy(['run', 'state'])
    .execute();
  for (const row of rows) {
    const counts = result.get(row.run);
    if (counts) counts[row.state] = Number(row.count);
  }
  return result;
}

function toRun(row: RunTable): Run {
  const { revision: _, ...rest } = row;
  return {
    ...rest,
    params: JSON.parse(row.params) as Record<string, unknown>,
    reason: JSON.parse(row.reason) as StartReason,
    refresh: JSON.parse(row.refresh) as string[],
  };
}
