import type { ReadDatabase } from '../../database/index.ts';
import type { Filter } from '../../lib/search/filter.ts';
import { assembleRuns } from './assemble.ts';
import { projectionOf } from './columns.ts';
import type { Run } from './schema.ts';
import { searchOf, type SearchText } from './search-text.ts';
import { distinctKeys } from './store/run-keys.ts';
import { type RunScope, searchRunNumbers } from './store/run-search.ts';

export interface ExportPage extends SearchText {
  scope: RunScope;
  columns: readonly string[];
}

export type ExportValue = string | number | null;

/** Attributes of every exported row, in this order, before the chosen columns. */
export const EXPORT_ATTRIBUTES = [
  'run_id',
  'run_name',
  'experiment_id',
  'status',
  'user_id',
  'start_time',
  'end_time',
] as const;

/** Every key that matching runs have, as columns. */
export async function exportColumns(database: ReadDatabase, scope: RunScope, filter: Filter | undefined) {
  const { metrics, params, tags } = await distinctKeys(database, scope, filter);
  return {
    columns: [
      ...metrics.map((key) => `metrics.${key}`),
      ...params.map((key) => `params.${key}`),
      ...tags.map((key) => `tags.${key}`),
    ],
  };
}

/** One page of rows: the attributes, then a value for each column, null where a run has none. */
export async function exportPage(
  database: ReadDatabase,
  { scope, columns, ...search }: ExportPage,
): Promise<{ rows: ExportValue[][]; token: string | undefined }> {
  const page = await searchRunNumbers(database, scope, searchOf({ ...search, extremes: true }, 'runs'));
  const runs = await assembleRuns(database, page.items, { projection: projectionOf(columns) });
  return { rows: runs.map((run) => rowOf(run, columns)), token: page.token };
}

function rowOf({ info, data }: Run, columns: readonly string[]): ExportValue[] {
  const values = new Map<string, ExportValue>();
  for (const { key, value } of data.metrics ?? []) values.set(`metrics.${key}`, value);
  for (const { key, value } of data.params ?? []) values.set(`params.${key}`, value);
  for (const { key, value } of data.tags ?? []) values.set(`tags.${key}`, value);
  return [
    ...EXPORT_ATTRIBUTES.map((name) => info[name] ?? null),
    ...columns.map((column) => values.get(column) ?? null),
  ];
}
