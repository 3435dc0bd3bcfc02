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
  return [...last.values()].map(({ key, value, is_nan, ts, step: at }) => ({
    key,
    value: is_nan === 1 ? 'NaN' : value,
    timestamp: Number(ts),
    step: Number(at),
  }));
}
