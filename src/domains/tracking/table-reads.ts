import type { LongRead, ReadDatabase } from '../../database/index.ts';
import { parseFilter, parseOrderBy } from '../../lib/search/parse.ts';
import { badParameter } from './errors.ts';
import { exportColumns, type ExportPage, exportPage } from './run-export.ts';
import { downsample, type Span } from './store/downsample.ts';
import { metricsAt, someMetrics } from './store/metrics-at.ts';
import { MetricKeys } from './store/metrics.ts';
import { countRuns, type GroupBy, groupRuns } from './store/run-groups.ts';
import { type KeyKind, keysOfRuns, valuesOfRuns } from './store/run-keys.ts';
import { runStore } from './store/runs.ts';
import type { RunScope } from './store/run-search.ts';

export interface Filtered {
  scope: RunScope;
  filter?: string | undefined;
}

export interface KeysAsked {
  scope: RunScope;
  kind: KeyKind;
  term: string;
  limit: number;
  /** How many of the newest runs are looked at. */
  runs: number;
}

export interface ValuesAsked extends Omit<KeysAsked, 'kind'> {
  kind: 'params' | 'tags' | 'attributes';
  key: string;
}

export interface GroupsAsked extends Filtered {
  by: string;
  metrics: readonly string[];
  limit: number;
}

export interface PointsAsked extends Span {
  project: string;
  runIds: readonly string[];
  keys: readonly string[];
  columns: number;
}

export interface ValuesAtAsked {
  project: string;
  runIds: readonly string[];
  step: number;
}

export interface FirstAsked {
  project: string;
  runIds: readonly string[];
}

const count = (database: ReadDatabase, { scope, filter }: Filtered) =>
  countRuns(database, scope, parseFilter(filter ?? '', 'runs'));

const keys = async (database: ReadDatabase, { scope, ...asked }: KeysAsked) => ({
  keys: await keysOfRuns(database, scope, asked),
  of_runs: asked.runs,
});

const values = async (database: ReadDatabase, { scope, ...asked }: ValuesAsked) => ({
  values: await valuesOfRuns(database, scope, asked),
  of_runs: asked.runs,
});

const groups = (database: ReadDatabase, { scope, filter, by, metrics, limit }: GroupsAsked) =>
  groupRuns(database, scope, {
    filter: parseFilter(filter ?? '', 'runs'),
    by: groupBy(by),
    metrics,
    limit,
  });

/** A key as the search grammar writes it. Metrics are numbers that hardly ever repeat, so nothing is grouped by them. */
export function groupBy(text: string): GroupBy {
  const [, dataset] = /^datasets?\.(name|digest)$/.exec(text) ?? [];
  if (dataset) return { kind: 'datasets', key: dataset };
  const [field] = parseOrderBy([text], 'runs');
  if (field?.entity === 'param') return { kind: 'params', key: field.key };
  if (field?.entity === 'tag') return { kind: 'tags', key: field.key };
  if (field?.entity === 'attribute' && !field.numeric) return { kind: 'attributes', key: field.key };
  throw badParameter(
    `Runs are grouped by a param, a tag, an attribute that is text, datasets.name or datasets.digest, not by '${text}'.`,
  );
}

/** The metrics of each run as columns of a chart, in the order of the ids, then of the keys; what is not there is left out. */
async function points(database: ReadDatabase, asked: PointsAsked) {
  const { project, runIds, keys, columns, ...span } = asked;
  const { engine } = database.capabilities;
  const known = new MetricKeys({ write: neverWrites });
  const curves = [];
  for (const { id, run_id } of await runsOf(database, project, runIds)) {
    for (const key of keys) {
      const number = await known.find(database.read, key);
      if (number === undefined) continue;
      const curve = await downsample(database.read, engine, id, number, columns, span);
      if (curve) curves.push({ run_id, key, ...curve });
    }
  }
  return curves;
}

/** The metrics of each run as they were at a step, in the order of the ids; a run that is not there is left out. */
async function valuesAt(database: ReadDatabase, { project, runIds, step }: ValuesAtAsked) {
  const { engine } = database.capabilities;
  const runs = [];
  for (const { id, run_id } of await runsOf(database, project, runIds))
    runs.push({ run_id, metrics: await metricsAt(database.read, engine, id, step) });
  return { runs };
}

/** One metric of each run that logged any: of its first ones by name, those of a family (a slash) last. */
async function firstMetrics(database: ReadDatabase, { project, runIds }: FirstAsked) {
  const { engine } = database.capabilities;
  const runs = [];
  for (const { id, run_id } of await runsOf(database, project, runIds)) {
    const [metric] = (await someMetrics(database.read, engine, id, LOOKED_AT)).sort(
      (a, b) => Number(a.key.includes('/')) - Number(b.key.includes('/')) || (a.key < b.key ? -1 : 1),
    );
    if (metric) runs.push({ run_id, metric });
  }
  return { runs };
}

/** Metrics of a run that are looked at to find one that stands for it. */
const LOOKED_AT = 50;

async function runsOf({ read, capabilities }: ReadDatabase, project: string, runIds: readonly string[]) {
  const store = runStore(capabilities.engine);
  const runs = [];
  for (const runId of runIds) {
    const row = await store.find(read, runId);
    if (row?.project === project) runs.push(row);
  }
  return runs;
}

const neverWrites = () => Promise.reject(new Error('A long read writes nothing.'));

export const tableReads = {
  'tracking.countRuns': count as LongRead,
  'tracking.runKeys': keys as LongRead,
  'tracking.runValues': values as LongRead,
  'tracking.runGroups': groups as LongRead,
  'tracking.metricPoints': points as LongRead,
  'tracking.metricValues': valuesAt as LongRead,
  'tracking.firstMetrics': firstMetrics as LongRead,
  'tracking.exportColumns': ((database: ReadDatabase, { scope, filter }: Filtered) =>
    exportColumns(database, scope, parseFilter(filter ?? '', 'runs'))) as LongRead,
  'tracking.exportPage': ((database: ReadDatabase, asked: ExportPage) =>
    exportPage(database, asked)) as LongRead,
};
