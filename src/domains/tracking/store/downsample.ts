import type { Reader } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';

/** One column of a chart: the points whose x lies in it. */
export interface Bucket {
  /** Step and time (epoch ms) of the last point. */
  step: number;
  ts: number;
  /** Null when the last point is NaN. */
  last: number | null;
  /** Extremes of the points that are numbers; null without any. */
  low: number | null;
  high: number | null;
  points: number;
  nan: number;
}

export interface Span {
  /** On which number the columns lie. */
  axis: 'step' | 'time';
  from?: number | undefined;
  to?: number | undefined;
}

/**
 * Points of one metric of one run as at most `columns` columns of equal width, in order; what stands out of a column stays in
 * its `low` and `high`. Fewer points than columns come as they are: one column each.
 */
export async function downsample(
  reader: Reader,
  engine: Engine,
  id: number,
  key: number,
  columns: number,
  { axis, from, to }: Span,
): Promise<{ buckets: Bucket[]; points: number }> {
  const x = axis === 'step' ? 'step' : 'ts';
  const y = axis === 'step' ? 'ts' : 'step';
  const ask = <T>(text: string, values: readonly unknown[]) =>
    run<T>(reader, placeholders(engine, text), values);
  const [first, end] = [from ?? -LARGEST, to ?? LARGEST];
  const few = await ask<{ step: number; ts: number; value: number; is_nan: number }>(
    `select step, ts, value, is_nan from metric_points where run = ? and key = ? and ${x} >= ? and ${x} <= ?
      order by ${x}, ${y}, value, is_nan limit ?`,
    [id, key, first, end, columns + 1],
  );
  if (few.length <= columns) return { buckets: few.map(pointAlone), points: few.length };
  const [span] = await ask<{ low: number; high: number; n: number }>(
    `select min(${x}) as low, max(${x}) as high, count(*) as n from metric_points
      where run = ? and key = ? and ${x} >= ? and ${x} <= ?`,
    [id, key, first, end],
  );
  const { low, high, n } = span as { low: number; high: number; n: number };
  const width = Math.max(1, Math.ceil((high - low + 1) / columns));
  const rows = await ask<Row>(
    axis === 'step' ? BY_STEP : BY_TIME,
    bucketValues(axis, { id, key, low, high, width }),
  );
  const lasts = await ask<{ x: number; y: number; value: number; is_nan: number }>(lastsOf(engine, x, y), [
    id,
    key,
    JSON.stringify(rows.map((row) => Number(row.x))),
  ]);
  // In order, so that the last one of an x wins.
  const at = new Map(lasts.map((last) => [Number(last.x), last]));
  const buckets = rows.map((row): Bucket => {
    const last = at.get(Number(row.x));
    const other = Number(last?.y ?? 0);
    return {
      step: axis === 'step' ? Number(row.x) : other,
      ts: axis === 'step' ? other : Number(row.x),
      last: last && last.is_nan === 0 ? last.value : null,
      low: row.low,
      high: row.high,
      points: Number(row.n),
      nan: Number(row.nans),
    };
  });
  return { buckets, points: Number(n) };
}

interface Row {
  x: number;
  low: number | null;
  high: number | null;
  n: number;
  nans: number;
}

const LARGEST = Number.MAX_SAFE_INTEGER;
const FACTS =
  'min(case when is_nan = 0 then value end) as low, max(case when is_nan = 0 then value end) as high, count(*) as n, sum(is_nan) as nans';

/**
 * One range of the primary key per column: nothing is sorted, however many points there are. A cross join keeps SQLite to that
 * order; free to choose, it goes through all columns for each point.
 */
export const BY_STEP = `with recursive cells (start) as (
    select cast(? as bigint) union all select start + cast(? as bigint) from cells where start + cast(? as bigint) <= cast(? as bigint)
  )
  select max(step) as x, ${FACTS} from cells
  cross join metric_points where run = ? and key = ? and step >= start and step < start + cast(? as bigint) and step <= cast(? as bigint)
  group by start order by start`;

const BY_TIME = `select max(ts) as x, ${FACTS} from metric_points
  where run = ? and key = ? and ts >= ? and ts <= ?
  group by (ts - cast(? as bigint)) / cast(? as bigint) order by 1`;

function bucketValues(
  axis: Span['axis'],
  { id, key, low, high, width }: { id: number; key: number; low: number; high: number; width: number },
): unknown[] {
  return axis === 'step' ? [low, width, width, high, id, key, width, high] : [id, key, low, high, low, width];
}

const lastsOf = (engine: Engine, x: string, y: string): string => {
  const list =
    engine === 'sqlite'
      ? '(select value from json_each(?))'
      : '(select value::bigint from jsonb_array_elements_text(?::jsonb) as listed (value))';
  return `select ${x} as x, ${y} as y, value, is_nan from metric_points
    where run = ? and key = ? and ${x} in ${list} order by ${x}, ${y}, value, is_nan`;
};

const pointAlone = ({
  step,
  ts,
  value,
  is_nan,
}: {
  step: number;
  ts: number;
  value: number;
  is_nan: number;
}): Bucket => {
  const number = is_nan === 1 ? null : value;
  return { step, ts, last: number, low: number, high: number, points: 1, nan: is_nan };
};
