import type { Reader, Tx } from '../../../database/index.ts';
import type { CacheParts, StepState } from '../schema/runs.ts';
import { sourcesOf } from '../states.ts';

interface StepTable {
  id: string;
  project: string;
  run: string;
  pipeline: string;
  node: string;
  step: string;
  /** -1 for a node that is not mapped. */
  map_index: number;
  state: StepState;
  why: string | null;
  launcher: string;
  cpu_milli: number;
  memory_mb: number | null;
  /** Attempts begun. */
  attempt: number;
  /** Attempts that failed by the step's own fault; lost ones do not count. */
  failures: number;
  /** Grows with every attempt and with a cancellation; only its holder can publish. */
  fence: number;
  lease_until: number | null;
  retry_at: number;
  cache_key: string | null;
  cache_parts: string | null;
  reused_from: string | null;
  inputs: string | null;
  outputs: string | null;
  error: string | null;
  progress: string | null;
  created_at: number;
  ready_at: number | null;
  started_at: number | null;
  ended_at: number | null;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    step_runs: StepTable;
  }
}

type Json = Record<string, unknown>;

export interface StepRun extends Omit<StepTable, 'cache_parts' | 'inputs' | 'outputs' | 'progress'> {
  cache_parts: CacheParts | null;
  inputs: Json | null;
  outputs: Json | null;
  progress: { value: number | null; text: string | null } | null;
}

export type NewStepRun = Pick<
  StepRun,
  | 'id'
  | 'project'
  | 'run'
  | 'pipeline'
  | 'node'
  | 'step'
  | 'map_index'
  | 'launcher'
  | 'cpu_milli'
  | 'memory_mb'
>;

const INSERT_LIMIT = 500;

export async function insertSteps(tx: Tx, steps: readonly NewStepRun[]): Promise<void> {
  const now = Date.now();
  const blank = {
    state: 'waiting' as const,
    why: null,
    attempt: 0,
    failures: 0,
    fence: 0,
    lease_until: null,
    retry_at: 0,
    cache_key: null,
    cache_parts: null,
    reused_from: null,
    inputs: null,
    outputs: null,
    error: null,
    progress: null,
    created_at: now,
    ready_at: null,
    started_at: null,
    ended_at: null,
  };
  for (let from = 0; from < steps.length; from += INSERT_LIMIT) {
    const part = steps.slice(from, from + INSERT_LIMIT);
    await tx
      .insertInto('step_runs')
      .values(part.map((step) => ({ ...step, ...blank })))
      .execute();
  }
}

export interface StepChange {
  why?: string | null;
  cache_key?: string | null;
  cache_parts?: CacheParts | null;
  reused_from?: string | null;
  inputs?: Json;
  outputs?: Json | null;
  error?: string | null;
  failures?: number;
  retry_at?: number;
  ready_at?: number;
}

/**
 * Moves a step run to another state when the table of transitions allows it, and under the fence when one is given.
 * Returns the row as it stands then, or undefined when somebody else was first.
 */
export async function moveStep(
  tx: Tx,
  id: string,
  to: StepState,
  change: StepChange = {},
  fence?: number,
): Promise<StepRun | undefined> {
  const { cache_parts, inputs, outputs, ...plain } = change;
  const now = Date.now();
  const ends = to !== 'queued' && to !== 'running' && to !== 'waiting';
  let query = tx
    .updateTable('step_runs')
    .set((eb) => ({
      ...plain,
      ...(cache_parts === undefined ? {} : { cache_parts: cache_parts && JSON.stringify(cache_parts) }),
      ...(inputs === undefined ? {} : { inputs: JSON.stringify(inputs) }),
      ...(outputs === undefined ? {} : { outputs: outputs && JSON.stringify(outputs) }),
      state: to,
      lease_until: null,
      // Whoever held an attempt of the old state can no longer publish.
      fence: eb('fence', '+', 1),
      ...(ends ? { ended_at: now, progress: null } : { progress: null }),
    }))
    .where('id', '=', id)
    .where('state', 'in', sourcesOf(to));
  if (fence !== undefined) query = query.where('fence', '=', fence);
  const row = await query.returningAll().executeTakeFirst();
  return row && toStep(row);
}

export async function stepsOfRun(reader: Reader, run: string): Promise<StepRun[]> {
  const rows = await reader
    .selectFrom('step_runs')
    .selectAll()
    .where('run', '=', run)
    .orderBy('map_index')
    .orderBy('id')
    .execute();
  return rows.map(toStep);
}

/** Ids of the step runs of some nodes. */
export async function stepIds(reader: Reader, run: string, nodes: readonly string[]): Promise<string[]> {
  const rows = await reader
    .selectFrom('step_runs')
    .select('id')
    .where('run', '=', run)
    .where('node', 'in', nodes)
    .execute();
  return rows.map((row) => row.id);
}

export async function findStep(reader: Reader, id: string): Promise<StepRun | undefined> {
  const row = await reader.selectFrom('step_runs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toStep(row);
}

/** The newest success with this key that is not older than `since`, anywhere in the project. */
export async function findReusable(
  reader: Reader,
  project: string,
  key: string,
  since: number,
): Promise<StepRun | undefined> {
  const row = await reader
    .selectFrom('step_runs')
    .selectAll()
    .where('project', '=', project)
    .where('cache_key', '=', key)
    .where('state', '=', 'done')
    .where('ended_at', '>=', since)
    .orderBy('ended_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toStep(row);
}

/** Components of the cache keys under which this node succeeded lately, newest first. */
export async function earlierParts(
  reader: Reader,
  project: string,
  pipeline: string,
  node: string,
): Promise<{ run: string; parts: CacheParts; ended_at: number }[]> {
  const rows = await reader
    .selectFrom('step_runs')
    .select(['run', 'cache_parts', 'ended_at'])
    .where('project', '=', project)
    .where('pipeline', '=', pipeline)
    .where('node', '=', node)
    .where('state', '=', 'done')
    .where('cache_parts', 'is not', null)
    .orderBy('ended_at', 'desc')
    .limit(20)
    .execute();
  return rows.map((row) => ({
    run: row.run,
    parts: JSON.parse(row.cache_parts ?? '{}') as CacheParts,
    ended_at: row.ended_at ?? 0,
  }));
}

export function toStep(row: StepTable): StepRun {
  const parse = (text: string | null) => (text === null ? null : (JSON.parse(text) as unknown));
  return {
    ...row,
    cache_parts: parse(row.cache_parts) as CacheParts | null,
    inputs: parse(row.inputs) as Json | null,
    outputs: parse(row.outputs) as Json | null,
    progress: parse(row.progress) as StepRun['progress'],
  };
}

/** A cheap look, so that idle wake-ups write nothing. */
export async function anyQueued(reader: Reader): Promise<boolean> {
  const row = await reader
    .selectFrom('step_runs')
    .select('id')
    .where('state', '=', 'queued')
    .where('retry_at', '<=', Date.now())
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
