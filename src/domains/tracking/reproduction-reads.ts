import type { LongRead, ReadDatabase } from '../../database/index.ts';
import { assembleRuns } from './assemble.ts';
import { reproductionOf } from './reproduction.ts';
import type { Run } from './schema.ts';
import type { Verdict } from './schema/reproductions.ts';
import { repeatsOf, repeatsOfAll } from './store/reproductions.ts';
import { runStore } from './store/runs.ts';

const MOST = 20;

export interface ReproductionsAsked {
  project: string;
  runId: string;
}

/** The newest runs that name a run of the project as the one they repeat, compared with it. */
async function reproductions(database: ReadDatabase, { project, runId }: ReproductionsAsked) {
  const { engine } = database.capabilities;
  const ids = await repeatsOf(database.read, project, runId, MOST + 1);
  const others = ids.filter((id) => id !== runId).slice(0, MOST);
  const numbers: number[] = [];
  for (const id of others.length > 0 ? [runId, ...others] : []) {
    const row = await runStore(engine).find(database.read, id);
    if (row) numbers.push(row.id);
  }
  const [first, ...again] = await assembleRuns(database, numbers);
  const list = first ? again.map((run) => reproductionOf(first, run as Run)) : [];
  const agreeing = list.filter(({ verdict }) => verdict === 'reproduced');
  return {
    reproductions: list,
    machines: new Set(agreeing.map(({ machine }) => machine)).size,
    within: agreeing.length > 0 ? Math.max(...agreeing.map(({ within }) => within ?? 0)) : null,
    more: ids.length > MOST,
  };
}

/** The better goes first: what came out the same on one machine is reproduced, whatever others say. */
const BEST_FIRST: readonly Verdict[] = ['reproduced', 'differs', 'running', 'failed'];

/** What came of the given runs when they were made again; those that nobody tried are left out. */
export async function verdictsOf(
  database: ReadDatabase,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Verdict>> {
  const pairs = await repeatsOfAll(database.read, database.capabilities.engine, ids, MOST);
  const repeats = new Map<number, number[]>();
  for (const { first, again } of pairs) repeats.set(first, [...(repeats.get(first) ?? []), again]);
  const verdicts = new Map<number, Verdict>();
  for (const [id, others] of repeats) {
    const [first, ...again] = await assembleRuns(database, [id, ...others]);
    const found = new Set(first && again.map((run) => reproductionOf(first, run).verdict));
    const best = BEST_FIRST.find((verdict) => found.has(verdict));
    if (best) verdicts.set(id, best);
  }
  return verdicts;
}

export const reproductionReads = { 'tracking.reproductions': reproductions as LongRead };
