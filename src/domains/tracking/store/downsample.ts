import type { Reader } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import type { Curve } from '../schema.ts';
import type { Point } from './series.ts';

export interface Span {
  /** On which number the columns lie. */
  axis: 'step' | 'time';
  from?: number | undefined;
  to?: number | undefined;
}

/**
 * Points of one metric of one run as at most `columns` columns of equal width, in order; what stands out of a column stays in
 * its extremes. Fewer points than columns come as they are: one column each. Undefined where there is none.
 */
export async function downsample(
  reader: Reader,
  engine: Engine,
  id: number,
  key: number,
  columns: number,
  { axis, from, to }: Span,
): Promise<Curve | undefined> {
  const series = await seriesOf(reader, engine, id, key);
  if (!series) return undefined;
  const all = { reader, engine, id, key, axis, low: from ?? -LARGEST, high: to ?? LARGEST };
  if (series.points <= columns) return curveOf(await pointsOf(all));
  const ends = await endsOf(reader, engine, id, key, axis, series);
  const [low, high] = [Math.max(ends.low, all.low), Math.min(ends.high, all.high)];
  if (low > high) return undefined;
  const asked = { ...all, low, high };
  const width = Math.max(1, Math.ceil((high - low + 1) / columns));
  const found = curveOf(
    await (axis === 'step' ? columnsByStep(asked, width) : columnsByTime(asked, width, series.inOrder)),
  );
  return found && found.points <= columns && found.points > found.step.length
    ? curveOf(await pointsOf(asked))
    : found;
}

const LARGEST = Number.MAX_SAFE_INTEGER;

interface Asked {
  reader: Reader;
  engine: Engine;
  id: number;
  key: number;
  axis: Span['axis'];
  low: number;
  high: number;
}

interface Column {
  last: { step: number; ts: number; value: number | null };
  /** Extremes of the points that are numbers. */
  low: number | null;
  high: number | null;
  points: number;
  nan: number;
}

function curveOf(columns: readonly Column[]): Curve | undefined {
  if (columns.length === 0) return undefined;
  return {
    points: columns.reduce((sum, column) => sum + column.points, 0),
    nan: columns.reduce((sum, column) => sum + column.nan, 0),
    step: columns.map(({ last }) => last.step),
    ts: columns.map(({ last }) => last.ts),
    last: columns.map(({ last }) => last.value),
    low: columns.map(({ low }) => low),
    high: columns.map(({ high }) => high),
  };
}

const SERIES = 'select points, in_order, step, ts from metric_latest where run = ? and key = ?';
const FIRST =
  'select step, ts from metric_points where run = ? and key = ? order by step, ts, value, is_nan limit 1';
const TIMES = 'select min(ts) as low, max(ts) as high from metric_points where run = ? and key = ?';

interface Series {
  points: number;
  /** Step order is time order. */
  inOrder: boolean;
  step: number;
  ts: number;
}

async function seriesOf(reader: Reader, engine: Engine, id: number, key: number) {
  const [row] = await run<{ points: number; in_order: number; step: number; ts: number }>(
    reader,
    placeholders(engine, SERIES),
    [id, key],
  );
  return (
    row && {
      points: Number(row.points),
      inOrder: Number(row.in_order) === 1,
      step: Number(row.step),
      ts: Number(row.ts),
    }
  );
}

/** The first and the last x of all points; read from the ends of the series where they stand there. */
async function endsOf(
  reader: Reader,
  engine: Engine,
  id: number,
  key: number,
  axis: Span['axis'],
  { inOrder, step, ts }: Series,
): Promise<{ low: number; high: number }> {
  if (axis === 'time' && !inOrder) {
    const [span] = await run<{ low: number; high: number }>(reader, placeholders(engine, TIMES), [id, key]);
    return { low: Number(span?.low ?? 0), high: Number(span?.high ?? 0) };
  }
  const [first] = await run<{ step: number; ts: number }>(reader, placeholders(engine, FIRST), [id, key]);
  return axis === 'step'
    ? { low: Number(first?.step ?? step), high: step }
    : { low: Number(first?.ts ?? ts), high: ts };
}

/** Each point as a column of its own. */
async function pointsOf({ reader, engine, id, key, axis, low, high }: Asked): Promise<Column[]> {
  const [x, y] = axis === 'step' ? ['step', 'ts'] : ['ts', 'step'];
  const rows = await run<Point>(
    reader,
    placeholders(
      engine,
      `select step, ts, value, is_nan from metric_points
        where run = ? and key = ? and ${x} >= ? and ${x} <= ? order by ${x}, ${y}, value, is_nan`,
    ),
    [id, key, low, high],
  );
  return rows.map((row): Column => {
    const last = lastOf(row);
    return { last, low: last.value, high: last.value, points: 1, nan: Number(row.is_nan) };
  });
}

const lastOf = ({ step, ts, value, is_nan }: Point): Column['last'] => ({
  step: Number(step),
  ts: Number(ts),
  value: Number(is_nan) === 1 ? null : value,
});

const ARRAY = { sqlite: 'json_array', postgres: 'json_build_array' };
const FACTS = {
  low: 'min(case when is_nan = 0 then value end)',
  high: 'max(case when is_nan = 0 then value end)',
  points: 'count(*)',
  nan: 'sum(is_nan)',
};

/**
 * A range of the primary key for each column, from one end to the other for its facts and from its end for its last point: nothing
 * is sorted and nothing joined, however many points there are.
 */
export const byStep = (engine: Engine): string => {
  const within = 'from metric_points where run = ? and key = ? and step >= start and step < ends';
  const { low, high, points, nan } = FACTS;
  return `with recursive cells (start, ends) as (
      select cast(? as bigint), cast(? as bigint)
      union all select ends, case when ends < cast(? as bigint) then ends + cast(? as bigint) else cast(? as bigint) end
        from cells where ends < cast(? as bigint)
    )
    select string_agg('[' || last || ',' || facts || ']', ',') as text from (
      select
        (select cast(${ARRAY[engine]}(step, ts, value, is_nan) as text) ${within}
          order by step desc, ts desc, value desc, is_nan desc limit 1) as last,
        (select cast(${ARRAY[engine]}(${low}, ${high}, ${points}, ${nan}) as text) ${within}) as facts
      from cells
    ) as columns`;
};

export function byStepValues(
  { id, key, low, high }: Pick<Asked, 'id' | 'key' | 'low' | 'high'>,
  width: number,
) {
  const end = high + 1;
  return [low, Math.min(low + width, end), end - width, width, end, end, id, key, id, key];
}

async function columnsByStep(asked: Asked, width: number): Promise<Column[]> {
  const { reader, engine } = asked;
  const [row] = await run<{ text: string | null }>(
    reader,
    placeholders(engine, byStep(engine)),
    byStepValues(asked, width),
  );
  const columns = JSON.parse(`[${row?.text ?? ''}]`) as [
    last: [step: number, ts: number, value: number, is_nan: number],
    facts: [low: number | null, high: number | null, points: number, nan: number],
  ][];
  return columns
    .map(([[step, ts, value, is_nan], [low, high, points, nan]]): Column => {
      return { last: lastOf({ step, ts, value, is_nan }), low, high, points, nan };
    })
    .sort((a, b) => a.last.step - b.last.step);
}

const BY_TIME = `select max(ts) as ts, max(step) as step, ${FACTS.low} as low, ${FACTS.high} as high, ${FACTS.points} as points, ${FACTS.nan} as nan
  from metric_points where run = ? and key = ? and ts >= ? and ts <= ?
  group by (ts - cast(? as bigint)) / cast(? as bigint) order by 1`;

/** The last point of a column has its last time, and in a series in order its last step too, by which it is found at once. */
const lastsOf = (engine: Engine, by: 'step' | 'ts'): string => {
  const list =
    engine === 'sqlite'
      ? '(select value from json_each(?))'
      : '(select value::bigint from jsonb_array_elements_text(?::jsonb) as listed (value))';
  return `select step, ts, value, is_nan from metric_points
    where run = ? and key = ? and ${by} in ${list} order by ts, step, value, is_nan`;
};

async function columnsByTime(asked: Asked, width: number, inOrder: boolean): Promise<Column[]> {
  const { reader, engine, id, key, low, high } = asked;
  const rows = await run<Omit<Column, 'last'> & { step: number; ts: number }>(
    reader,
    placeholders(engine, BY_TIME),
    [id, key, low, high, low, width],
  );
  const lasts = await run<Point>(reader, placeholders(engine, lastsOf(engine, inOrder ? 'step' : 'ts')), [
    id,
    key,
    JSON.stringify(rows.map((row) => Number(inOrder ? row.step : row.ts))),
  ]);
  // In order, so that the last one of a time wins.
  const at = new Map(lasts.map((last) => [Number(last.ts), lastOf(last)]));
  return rows.flatMap(({ ts, low: lowest, high: highest, points, nan }): Column[] => {
    const last = at.get(Number(ts));
    return last ? [{ last, low: lowest, high: highest, points: Number(points), nan: Number(nan) }] : [];
  });
}
