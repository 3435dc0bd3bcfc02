import type { LongRead, ReadDatabase } from '../../database/index.ts';
import { assembleProjected, assembleRuns, type ProjectedParts } from './assemble.ts';
import { projectionOf } from './columns.ts';
import { tableReads } from './table-reads.ts';
import type { Metric, Run, View } from './schema.ts';
import { searchOf, type SearchText } from './search-text.ts';
import { MetricKeys, metricStore } from './store/metrics.ts';
import { childCounts } from './store/projection.ts';
import { type RunRow, runStore } from './store/runs.ts';
import { searchRunRows } from './store/search.ts';
import { toMetric } from './wire.ts';

export interface RunSearch extends SearchText {
  project: string;
  experiments: readonly number[];
  view: View;
  columns?: readonly string[] | undefined;
  extremes?: boolean | undefined;
  children?: boolean | undefined;
  parent?: string | undefined;
}

export interface BulkHistory {
  project: string;
  runIds: readonly string[];
  key: string;
  limit: number;
}

/** Kept per database: statements and the names of metric keys. */
const known = new WeakMap<ReadDatabase, ProjectedParts>();

function partsOf(database: ReadDatabase): ProjectedParts {
  const found = known.get(database);
  if (found) return found;
  const { engine } = database.capabilities;
  const keys = new MetricKeys({ write: () => Promise.reject(new Error('A long read writes nothing.')) });
  const made = { engine, read: database.read, runs: runStore(engine), metrics: metricStore(engine), keys };
  known.set(database, made);
  return made;
}

/** One page of runs in the form of MLflow's `runs/search`. */
export async function searchRuns(database: ReadDatabase, search: RunSearch) {
  const { project, experiments, view, parent } = search;
  const scope = { project, experiments, view, parent };
  const page = await searchRunRows(database, scope, searchOf(search, 'runs'));
  const runs = await assembled(database, search, page.items);
  return { runs: runs.length > 0 ? runs : undefined, next_page_token: page.token };
}

async function assembled(
  database: ReadDatabase,
  { columns, extremes = false, children = false }: RunSearch,
  rows: readonly RunRow[],
): Promise<Run[]> {
  const parts = partsOf(database);
  if (!columns) return assembleRuns(parts, rows);
  const runs = await assembleProjected(parts, rows, projectionOf(columns), extremes);
  if (!children) return runs;
  const counts = await childCounts(
    parts.read,
    parts.engine,
    rows.map((row) => row.run_id),
  );
  return runs.map((run) => ({ ...run, info: { ...run.info, children: counts.get(run.info.run_id) ?? 0 } }));
}

/** Histories of several runs, run ids in order; at most `limit` points in all. */
async function bulkHistory(database: ReadDatabase, { project, runIds, key, limit }: BulkHistory) {
  const { read, runs, metrics, keys } = partsOf(database);
  const number = await keys.find(read, key);
  const found: (Metric & { run_id: string })[] = [];
  for (const runId of [...runIds].sort()) {
    const row = await runs.find(read, runId);
    if (!row || row.project !== project || number === undefined || found.length >= limit) continue;
    const points = await metrics.history(read, row.id, number, limit - found.length);
    for (const point of points) found.push({ ...toMetric(key, point), run_id: runId });
  }
  return { metrics: found };
}

/** Reads of this room that may hold up the event loop, by name. */
export const trackingReads = {
  'tracking.searchRuns': searchRuns as LongRead,
  'tracking.bulkHistory': bulkHistory as LongRead,
  ...tableReads,
};
