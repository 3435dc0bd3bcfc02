import type { Reader } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import type { Metric } from '../schema.ts';

interface Row {
  key: string;
  value: number;
  is_nan: number;
  ts: number;
  step: number;
}

/** For each key one look into the points, which lie in step order: however long the histories are, little of them is read. */
const AT = `select k.name as key, p.value, p.is_nan, p.ts, p.step from metric_latest l
  join metric_keys k on k.id = l.key
  join metric_points p on p.run = l.run and p.key = l.key and p.step = (
    select q.step from metric_points q where q.run = l.run and q.key = l.key and q.step <= ? order by q.step desc limit 1
  )
  where l.run = ? order by k.name, p.ts, p.value, p.is_nan`;

/** Each metric's last point at `step` or before, by name; metrics whose first point came later are left out. */
export async function metricsAt(reader: Reader, engine: Engine, id: number, step: number): Promise<Metric[]> {
  const rows = await run<Row>(reader, placeholders(engine, AT), [step, id]);
  // In order, so that the last point of a step wins.
  const last = new Map(rows.map((row) => [row.key, row]));
  return [...last.values()].map(toMetric);
}

const SOME = `select k.name as key, l.value, l.is_nan, l.ts, l.step from metric_latest l
  join metric_keys k on k.id = l.key where l.run = ? order by l.key limit ?`;

/** The last points of a run's metrics, at most so many of them. */
export const someMetrics = async (
  reader: Reader,
  engine: Engine,
  id: number,
  most: number,
): Promise<Metric[]> => (await run<Row>(reader, placeholders(engine, SOME), [id, most])).map(toMetric);

const toMetric = ({ key, value, is_nan, ts, step }: Row): Metric => ({
  key,
  value: is_nan === 1 ? 'NaN' : value,
  timestamp: Number(ts),
  step: Number(step),
});
