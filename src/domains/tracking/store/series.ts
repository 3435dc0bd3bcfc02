import type { Reader } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import type { PointRow } from './tables.ts';

export type Point = Omit<PointRow, 'run' | 'key'>;

/** What is known of all points of one metric of one run. */
export interface Series {
  points: number;
  /** 1: step order is time order. */
  in_order: number;
}

/** Points as JSON text, the inside of a list, and where they end. */
export interface Texts {
  text: string;
  points: number;
  last: Point | undefined;
}

const POINT = 'step, ts, value, is_nan';
const BEFORE_ALL: Point = { step: -Number.MAX_SAFE_INTEGER, ts: -1, value: 0, is_nan: 0 };

/** Reads of the points of one metric, which lie together in (step, time, value) order. */
export function seriesStore(engine: Engine) {
  const facts = placeholders(engine, 'select points, in_order from metric_latest where run = ? and key = ?');
  const number = engine === 'sqlite' ? 'json_quote(value)' : 'value::text';
  const item = `'{"key":' || cast(? as text) || ',"value":' || case when is_nan = 1 then '"NaN"' else ${number} end
    || ',"timestamp":' || ts || ',"step":' || step || cast(? as text) || '}'`;
  const behind = (order: string) =>
    `from metric_points where run = ? and key = ? and (${order}) > (?, ?, ?, ?) order by ${order} limit ?`;
  const orders = { step: POINT, time: 'ts, step, value, is_nan' };
  const texts = (order: string) =>
    placeholders(
      engine,
      `select count(*) as points, string_agg(${item}, ',') as text from (select ${POINT} ${behind(order)}) as page`,
    );
  const ends = (order: string) => placeholders(engine, `select ${POINT} ${behind(order)} offset ?`);
  const statements = {
    step: { texts: texts(orders.step), end: ends(orders.step) },
    time: { texts: texts(orders.time), end: ends(orders.time) },
  };
  const hop = placeholders(
    engine,
    `select ${POINT} from metric_points where run = ? and key = ? and (${POINT}) > (?, ?, ?, ?) and step <= ?
      order by ${POINT} limit 1 offset ?`,
  );
  const last = placeholders(
    engine,
    `select ${POINT} from metric_points where run = ? and key = ? and step >= ? and step <= ?
      order by step desc, ts desc, value desc, is_nan desc limit 1`,
  );
  const within = placeholders(
    engine,
    'select count(*) as points from metric_points where run = ? and key = ? and step >= ? and step <= ?',
  );

  return {
    async facts(reader: Reader, id: number, key: number): Promise<Series | undefined> {
      return (await run<Series>(reader, facts, [id, key]))[0];
    },

    /** Points behind `after` in (time, step, value) order as MLflow writes them; `more` goes into each behind its step. */
    async texts(
      reader: Reader,
      id: number,
      key: number,
      asked: { name: string; more?: string; limit: number; after?: Point | undefined; inOrder: boolean },
    ): Promise<Texts> {
      const { name, more = '', limit, after = BEFORE_ALL, inOrder } = asked;
      const { texts, end } = inOrder ? statements.step : statements.time;
      const from = inOrder
        ? [after.step, after.ts, after.value, after.is_nan]
        : [after.ts, after.step, after.value, after.is_nan];
      const values = [JSON.stringify(name), more, id, key, ...from, limit];
      const [page] = await run<{ points: number; text: string | null }>(reader, texts, values);
      const points = Number(page?.points ?? 0);
      if (points === 0) return { text: '', points: 0, last: undefined };
      const [final] = await run<Point>(reader, end, [id, key, ...from, 1, points - 1]);
      return { text: page?.text ?? '', points, last: final };
    },

    async count(
      reader: Reader,
      id: number,
      key: number,
      [first, end]: readonly [number, number],
    ): Promise<number> {
      return Number((await run<{ points: number }>(reader, within, [id, key, first, end]))[0]?.points ?? 0);
    },

    /**
     * The first point of each of `limit` buckets of equally many points in step order, and the last point of all: MLflow's rule
     * (NTILE over rows). Goes from bucket to bucket, so that what lies between is passed over and not read.
     * `points`: how many there are from the first to the last step asked for.
     */
    async sample(
      reader: Reader,
      id: number,
      key: number,
      limit: number,
      [first, end]: readonly [number, number],
      points: number,
    ): Promise<Point[]> {
      const found: Point[] = [];
      const buckets = Math.min(limit, points);
      const [size, larger] = [Math.floor(points / buckets), points % buckets];
      let at = { ...BEFORE_ALL, step: first };
      for (let bucket = 0; bucket < buckets; bucket++) {
        const passed = bucket === 0 ? 0 : size + (bucket <= larger ? 1 : 0) - 1;
        const [point] = await run<Point>(reader, hop, [
          id,
          key,
          at.step,
          at.ts,
          at.value,
          at.is_nan,
          end,
          passed,
        ]);
        if (!point) break;
        found.push(point);
        at = point;
      }
      const [final] = await run<Point>(reader, last, [id, key, first, end]);
      const kept = found.at(-1);
      if (!final || !kept || samePoint(final, kept)) return found;
      return found.length >= limit ? [...found.slice(0, -1), final] : [...found, final];
    },
  };
}

export type SeriesStore = ReturnType<typeof seriesStore>;

const samePoint = (a: Point, b: Point) =>
  a.step === b.step && a.ts === b.ts && a.value === b.value && a.is_nan === b.is_nan;
