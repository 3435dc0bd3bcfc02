import type { LongRead, ReadDatabase } from '../../database/index.ts';
import { type AssembleParts, assembleRuns } from './assemble.ts';
import type { Metric, Run, View } from './schema.ts';
import { searchOf, type SearchText } from './search-text.ts';
import { MetricKeys, metricStore } from './store/metrics.ts';
import { runStore } from './store/runs.ts';
import { searchRunRows } from './store/search.ts';
import { searchTraces, searchTracesV2, traceInfos, wholeTraces } from './trace-reads.ts';
import { toMetric } from './wire.ts';

export interface RunSearch extends SearchText {
  project: string;
  experiments: readonly number[];
  view: View;
}

export interface BulkHistory {
  project: string;
  runIds: readonly string[];
  key: string;
  limit: number;
}

/** Kept per database: statements and the names of metric keys. */
const known = new WeakMap<ReadDatabase, AssembleParts>();

function partsOf(database: ReadDatabase): AssembleParts {
  const found = known.get(database);
  if (found) return found;
  const { engine } = database.capabilities;
  const keys = new MetricKeys({ write: () => Promise.reject(new Error('A long read writes nothing.')) });
  const made = { read: database.read, runs: runStore(engine), metrics: metricStore(engine), keys };
  known.set(database, made);
  return made;
}

async function searchRuns(database: ReadDatabase, search: RunSearch) {
  const { project, experiments, view } = search;
  const page = await searchRunRows(database, { project, experiments, view }, searchOf(search, 'runs'));
  const runs: Run[] = await assembleRuns(partsOf(database), page.items);
  return { runs: runs.length > 0 ? runs : undefined, next_page_token: page.token };
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
  'tracking.searchTraces': searchTraces as LongRead,
  'tracking.searchTracesV2': searchTracesV2 as LongRead,
  'tracking.traces': wholeTraces as LongRead,
  'tracking.traceInfos': traceInfos as LongRead,
};
