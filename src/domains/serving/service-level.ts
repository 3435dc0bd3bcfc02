import type { Analytics } from '../../analytics/index.ts';
import type { PredictionScope } from './predictions.ts';
import type { ServiceLevel } from './schema/service-level.ts';

export interface LevelSpan {
  clock: 'event' | 'wall';
  /** Epoch ms on that clock, [from, until). */
  from: number;
  until: number;
  buckets: number;
}

/** Answers per arm, latency and errors of one endpoint in equal buckets of time; a bucket without an answer has no latency. */
export async function serviceLevel(
  analytics: Analytics,
  scope: PredictionScope,
  { clock, from, until, buckets }: LevelSpan,
): Promise<ServiceLevel> {
  const step = Math.max(1, Math.ceil((until - from) / buckets));
  const time = clock === 'event' ? 'event_time' : 'wall_time';
  // Deduplicating by key needs all rows, so the view is read once and the buckets are cut from what it gave.
  const once = `create or replace temp table level_rows as
    select floor((${time} - ${from}) / ${step})::integer as bucket, deployment, latency_us, wall_time from answers
    where ${time} >= ${from} and ${time} < ${until}`;
  const { rows } = await analytics.run({
    tables: scope.tables,
    statements: [...scope.statements, once],
    rows: {
      arms: 'select bucket, deployment, count(*)::integer as n from level_rows group by all order by all',
      latency: `select bucket, quantile_cont(latency_us, 0.5) / 1000 as p50, quantile_cont(latency_us, 0.99) / 1000 as p99
        from level_rows group by all order by all`,
      whole: `select count(*)::integer as n, quantile_cont(latency_us, 0.5) / 1000 as p50, quantile_cont(latency_us, 0.99) / 1000 as p99
        from level_rows`,
      errors: `select floor((wall_time - ${from}) / ${step})::integer as bucket, count(*)::integer as n from errors
        where status >= 500 and wall_time between (select min(wall_time) from level_rows) and (select max(wall_time) from level_rows)
        group by all order by all`,
    },
  });
  const count = Math.ceil((until - from) / step);
  const column = <T>(empty: T) => Array.from({ length: count }, () => empty);
  const arms = new Map<number, number[]>();
  for (const row of rows.arms) {
    const deployment = Number(row.deployment);
    const counts = arms.get(deployment) ?? column(0);
    counts[Number(row.bucket)] = Number(row.n);
    arms.set(deployment, counts);
  }
  const p50 = column<number | null>(null);
  const p99 = column<number | null>(null);
  for (const row of rows.latency) {
    p50[Number(row.bucket)] = Number(row.p50);
    p99[Number(row.bucket)] = Number(row.p99);
  }
  const errors = column(0);
  // Failed requests have no event time: on that clock only their sum is known.
  if (clock === 'wall') for (const row of rows.errors) errors[Number(row.bucket)] = Number(row.n);
  const whole = rows.whole[0] ?? {};
  const number = (value: unknown) => (value === null || value === undefined ? null : Number(value));
  return {
    clock,
    from,
    until,
    step_ms: step,
    n: Number(whole.n ?? 0),
    errors: rows.errors.reduce((sum, row) => sum + Number(row.n), 0),
    p50_ms: number(whole.p50),
    p99_ms: number(whole.p99),
    arms: [...arms].map(([deployment, counts]) => ({ deployment, counts })),
    latency: { p50_ms: p50, p99_ms: p99 },
    errors_by_bucket: clock === 'wall' ? errors : null,
  };
}
