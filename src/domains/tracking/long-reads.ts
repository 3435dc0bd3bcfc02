import type { LongRead, ReadDatabase } from '../../database/index.ts';
import { JsonBytes } from '../../lib/contract/index.ts';
import { assemblePage } from './assemble.ts';
import { projectionOf } from './columns.ts';
import { bulkHistory, metricHistory, sampledHistory } from './history.ts';
import { reproductionReads, verdictsOf } from './reproduction-reads.ts';
import type { View } from './schema.ts';
import { searchOf, type SearchText } from './search-text.ts';
import { searchRunNumbers } from './store/run-search.ts';
import { digestRuns } from './import-reads.ts';
import { tableReads } from './table-reads.ts';
import { traceCorrelation, traceMetrics } from './trace-metric-reads.ts';
import { searchTraces, searchTracesV2, traceInfos, wholeTraces } from './trace-reads.ts';

export interface RunSearch extends SearchText {
  project: string;
  experiments: readonly number[];
  view: View;
  columns?: readonly string[] | undefined;
  extremes?: boolean | undefined;
  children?: boolean | undefined;
  parent?: string | undefined;
  top?: boolean | undefined;
}

/** One page of runs in the form of MLflow's `runs/search`. */
export async function searchRuns(database: ReadDatabase, search: RunSearch): Promise<JsonBytes> {
  const { project, experiments, view, parent, top, columns, extremes, children } = search;
  const scope = { project, experiments, view, parent, top };
  const page = await searchRunNumbers(database, scope, searchOf(search, 'runs'));
  const verdicts = columns?.includes('reproduced') ? await verdictsOf(database, page.items) : undefined;
  const detail = {
    projection: columns && projectionOf(columns),
    extremes,
    children: children ? experiments : undefined,
    verdicts,
  };
  const runs = await assemblePage(database, page.items, detail);
  const parts = runs.length === 0 ? [] : ['"runs":[', ...runs, ']'];
  if (page.token !== undefined)
    parts.push(`${runs.length === 0 ? '' : ','}"next_page_token":${JSON.stringify(page.token)}`);
  return JsonBytes.ofPieces(['{', ...parts, '}']);
}

/** Reads of this room that may hold up the event loop, by name. */
export const trackingReads = {
  'tracking.searchRuns': searchRuns as LongRead,
  'tracking.metricHistory': metricHistory as LongRead,
  'tracking.bulkHistory': bulkHistory as LongRead,
  'tracking.sampledHistory': sampledHistory as LongRead,
  ...tableReads,
  ...reproductionReads,
  'tracking.searchTraces': searchTraces as LongRead,
  'tracking.searchTracesV2': searchTracesV2 as LongRead,
  'tracking.traceCorrelation': traceCorrelation as LongRead,
  'tracking.traceMetrics': traceMetrics as LongRead,
  'tracking.importDigests': digestRuns as LongRead,
  'tracking.traces': wholeTraces as LongRead,
  'tracking.traceInfos': traceInfos as LongRead,
};
