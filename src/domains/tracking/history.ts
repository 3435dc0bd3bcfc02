import type { ReadDatabase } from '../../database/index.ts';
import { JsonBytes } from '../../lib/contract/index.ts';
import type { Metric } from './schema.ts';
import { MetricKeys } from './store/metrics.ts';
import { type RunStore, runStore } from './store/runs.ts';
import { type Point, type SeriesStore, seriesStore } from './store/series.ts';
import { toMetric } from './wire.ts';

export interface HistoryAsked {
  /** The run's number. */
  run: number;
  key: string;
  /** All of it when left out. */
  limit?: number | undefined;
  after?: Point | undefined;
}

export interface BulkHistory {
  project: string;
  runIds: readonly string[];
  key: string;
  limit: number;
}

export interface SampledAsked {
  runs: readonly { run: number; run_id: string }[];
  key: string;
  /** Points of each run. */
  limit: number;
  /** First and last step; all steps when left out. */
  steps?: readonly [number, number] | undefined;
}

interface Parts {
  runs: RunStore;
  series: SeriesStore;
  keys: MetricKeys;
  samples: Map<string, { points: number; sample: Point[] }>;
}

const PAGE = 25_000;
const EVERY_STEP = [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const;
/** Samples kept per thread: a chart asks for the same again and again, and a series changes only by growing. */
const SAMPLES = 256;

const known = new WeakMap<ReadDatabase, Parts>();

function partsOf(database: ReadDatabase): Parts {
  const found = known.get(database);
  if (found) return found;
  const { engine } = database.capabilities;
  const keys = new MetricKeys({ write: () => Promise.reject(new Error('A long read writes nothing.')) });
  const made = { runs: runStore(engine), series: seriesStore(engine), keys, samples: new Map() };
  known.set(database, made);
  return made;
}

/** A page of one metric's points in (time, step, value) order. */
export async function metricHistory(database: ReadDatabase, asked: HistoryAsked): Promise<JsonBytes> {
  const { series, keys } = partsOf(database);
  const { read } = database;
  const key = await keys.find(read, asked.key);
  const facts = key === undefined ? undefined : await series.facts(read, asked.run, key);
  if (key === undefined || !facts) return JsonBytes.of('{}');
  const inOrder = facts.in_order === 1;
  const texts: string[] = [];
  let after = asked.after;
  for (;;) {
    const limit = asked.limit ?? PAGE;
    const page = await series.texts(read, asked.run, key, { name: asked.key, limit, after, inOrder });
    if (page.points > 0) texts.push(page.text);
    after = page.last;
    if (asked.limit !== undefined || page.points < limit) break;
  }
  const metrics = texts.length > 0 ? [`"metrics":[${texts.join(',')}]`] : [];
  const token = asked.limit !== undefined && after ? await tokenBehind(after) : [];
  return JsonBytes.of(`{${[...metrics, ...token].join(',')}}`);

  async function tokenBehind(last: Point): Promise<string[]> {
    const asks = { name: '', limit: 1, after: last, inOrder };
    const { points } = await series.texts(read, asked.run, key as number, asks);
    return points > 0 ? [`"next_page_token":${JSON.stringify(tokenOf(last))}`] : [];
  }
}

/** Histories of several runs, run ids in order; at most `limit` points in all. */
export async function bulkHistory(
  database: ReadDatabase,
  { project, runIds, key: name, limit }: BulkHistory,
): Promise<JsonBytes> {
  const { runs, series, keys } = partsOf(database);
  const { read } = database;
  const key = await keys.find(read, name);
  const texts: string[] = [];
  let left = limit;
  for (const runId of [...runIds].sort()) {
    const row = await runs.find(read, runId);
    if (!row || row.project !== project || key === undefined || left <= 0) continue;
    const facts = await series.facts(read, row.id, key);
    if (!facts) continue;
    const more = `,"run_id":${JSON.stringify(runId)}`;
    const inOrder = facts.in_order === 1;
    const page = await series.texts(read, row.id, key, { name, more, limit: left, inOrder });
    if (page.points > 0) texts.push(page.text);
    left -= page.points;
  }
  return JsonBytes.of(`{"metrics":[${texts.join(',')}]}`);
}

/** For each run points evenly spread over its rows in step order, first and last included. */
export async function sampledHistory(
  database: ReadDatabase,
  { runs, key: name, limit, steps = EVERY_STEP }: SampledAsked,
): Promise<JsonBytes> {
  const { series, keys, samples } = partsOf(database);
  const { read } = database;
  const key = await keys.find(read, name);
  const metrics: (Metric & { run_id: string })[] = [];
  for (const { run, run_id } of key === undefined ? [] : runs) {
    const facts = await series.facts(read, run, key as number);
    if (!facts) continue;
    for (const point of await sampleOf(run, key as number, facts.points))
      metrics.push({ ...toMetric(name, point), run_id });
  }
  return JsonBytes.of(JSON.stringify(metrics.length > 0 ? { metrics } : {}));

  async function sampleOf(run: number, key: number, points: number): Promise<Point[]> {
    const place = `${run} ${key} ${limit} ${steps.join(' ')}`;
    const before = samples.get(place);
    samples.delete(place);
    const asked = steps === EVERY_STEP ? points : await series.count(read, run, key, steps);
    const sample =
      before?.points === points ? before.sample : await series.sample(read, run, key, limit, steps, asked);
    samples.set(place, { points, sample });
    if (samples.size > SAMPLES) samples.delete(samples.keys().next().value as string);
    return sample;
  }
}

export const tokenOf = ({ ts, step, value, is_nan }: Point) =>
  Buffer.from(JSON.stringify([ts, step, value, is_nan])).toString('base64url');
