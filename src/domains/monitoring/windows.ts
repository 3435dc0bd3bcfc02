import { type Analytics, identifier } from '../../analytics/index.ts';
import type { PredictionScope } from '../serving/predictions.ts';
import { countsSql, type DayCounts, driftOf, edgesSql, readCounts } from './drift.ts';
import type { DriftMonitor, MonitorWindow, ServiceMonitor } from './schema.ts';

/** The rows that a version was trained on, as tables for analytics. */
export interface TrainingReference {
  digests: string[];
  /** Column of the rows' event time, epoch ms or a timestamp. */
  eventTime: string;
  features: string[];
  /** What it is, for people. */
  name: string;
}

/** Bins and daily counts of a reference; the same for every window, so they are made once. */
export interface ReferenceCounts {
  edges: Record<string, number[]>;
  days: Record<string, DayCounts[]>;
}
export type ReferenceCache = Map<string, ReferenceCounts>;

const CACHED = 20;

async function countReference(
  reference: TrainingReference,
  features: string[],
  analytics: Analytics,
  cache: ReferenceCache,
): Promise<ReferenceCounts> {
  const key = JSON.stringify([reference.digests, features]);
  const known = cache.get(key);
  if (known) return known;
  const time = identifier(reference.eventTime);
  const statements = [
    `create or replace temp view reference_rows as select * exclude (${time}), case when typeof(${time}) like 'TIMESTAMP%' then epoch_ms(${time}::timestamp) else try_cast(${time} as bigint) end as reference_time from reference_table`,
  ];
  const tables = { reference_table: reference.digests };
  const first = await analytics.run({
    tables,
    statements,
    rows: { edges: edgesSql(features, 'reference_rows') },
  });
  const all = features.map((feature) => {
    const list = first.rows.edges[0]?.[feature];
    return [feature, (Array.isArray(list) ? list.map(Number) : []).sort((a, b) => a - b)] as const;
  });
  const edges = Object.fromEntries(all.filter(([, list]) => list.length > 0));
  const counted = await analytics.run({
    tables,
    statements,
    rows: { days: countsSql(edges, 'reference_rows', 'reference_time') },
  });
  const result = { edges, days: readCounts(counted.rows.days, edges) };
  if (cache.size >= CACHED) cache.clear();
  cache.set(key, result);
  return result;
}

/** Distance of every feature of the answered requests from the rows that the live version learnt from. */
export async function driftWindow(
  spec: DriftMonitor,
  window: { start: number; end: number },
  scope: PredictionScope,
  reference: TrainingReference,
  analytics: Analytics,
  cache: ReferenceCache,
): Promise<MonitorWindow> {
  const counted = await analytics.run({
    ...scope,
    rows: { n: 'select count(*)::integer as n from answers' },
  });
  const n = Number(counted.rows.n[0]?.n ?? 0);
  const base = { ...window, low: null, high: null, n, labelled: 0, computed_at: Date.now() };
  if (n < spec.min_rows)
    return { ...base, state: 'no_data', value: null, limit: null, detail: { reference: reference.name } };
  const features = spec.features ?? reference.features;
  const { edges, days } = await countReference(reference, features, analytics, cache);
  const { rows } = await analytics.run({
    tables: scope.tables,
    statements: [
      ...scope.statements,
      String.raw`create or replace temp view served as select event_time, columns('^feature\.(.*)$') as '\1' from answers`,
    ],
    rows: { current: countsSql(edges, 'served', 'event_time') },
  });
  const result = driftOf({
    edges,
    reference: days,
    current: readCounts(rows.current, edges),
    falseAlarms: spec.false_alarms,
    seed: `${spec.name}/${window.start}`,
  });
  const shifted = result.filter((feature) => feature.shifted).length;
  return {
    ...base,
    state: shifted > 0 ? 'breach' : 'healthy',
    value: shifted,
    limit: 0,
    detail: {
      features: result,
      reference: reference.name,
      method: `Jensen-Shannon on the reference's bins; limits from resampled days of the reference at ${n} rows; false alarms ${spec.false_alarms} a window over ${result.length} features`,
    },
  };
}

/** Errors and latency of the endpoint itself. */
export async function serviceWindow(
  spec: ServiceMonitor,
  window: { start: number; end: number },
  scope: PredictionScope,
  analytics: Analytics,
): Promise<MonitorWindow> {
  const { rows } = await analytics.run({
    ...scope,
    rows: {
      answers: `select count(*)::integer as n, quantile_cont(latency_us, 0.5) / 1000 as p50, quantile_cont(latency_us, 0.99) / 1000 as p99,
        min(wall_time)::double as first, max(wall_time)::double as last from answers`,
      errors: `select count(*)::integer as n from errors where status >= 500 and wall_time between
        (select min(wall_time) from answers) and (select max(wall_time) from answers)`,
    },
  });
  const answers = rows.answers[0] ?? {};
  const n = Number(answers.n ?? 0);
  const errors = Number(rows.errors[0]?.n ?? 0);
  const number = (value: unknown) => (value === null || value === undefined ? null : Number(value));
  const rate = n + errors === 0 ? null : errors / (n + errors);
  const p99 = number(answers.p99);
  const bad = (rate ?? 0) > spec.max_error_rate || (p99 ?? 0) > spec.max_p99_ms;
  return {
    ...window,
    state: n < spec.min_rows ? 'no_data' : bad ? 'breach' : 'healthy',
    value: rate,
    low: null,
    high: null,
    limit: spec.max_error_rate,
    n,
    labelled: 0,
    detail: {
      service: { errors, p50_ms: number(answers.p50), p99_ms: p99 },
      method: 'share of requests that failed; latency from arrival to the write of the log line',
    },
    computed_at: Date.now(),
  };
}
