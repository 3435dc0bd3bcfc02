import type { LongRead, ReadDatabase } from '../../database/index.ts';
import { assembleRuns } from './assemble.ts';
import { reproductionOf } from './reproduction.ts';
import type { Run } from './schema.ts';
import { repeatsOf } from './store/reproductions.ts';
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

export const reproductionReads = { 'tracking.reproductions': reproductions as LongRead };
