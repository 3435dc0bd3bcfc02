import type { Database, Reader, Tx } from '../../../database/index.ts';
import type { MetricInput } from '../schema.ts';
import { idList } from './runs.ts';
import { type Engine, placeholders, RowStatement, run } from '../../../database/statements.ts';
import type { ModelMetricRow, PointRow } from './tables.ts';

/** A NaN is kept as 0 with a mark, the infinities as the largest doubles: every engine can store, index and compare these. */
export function storedValue(value: number): Pick<PointRow, 'value' | 'is_nan'> {
  if (Number.isNaN(value)) return { value: 0, is_nan: 1 };
  if (value === Number.POSITIVE_INFINITY) return { value: Number.MAX_VALUE, is_nan: 0 };
  if (value === Number.NEGATIVE_INFINITY) return { value: -Number.MAX_VALUE, is_nan: 0 };
  return { value: Object.is(value, -0) ? 0 : value, is_nan: 0 };
}

const KEYS_REMEMBERED = 200_000;

/** Metric keys by number. A key is made in a write of its own, so that what is remembered here is committed. */
export class MetricKeys {
  readonly #known = new Map<string, number>();
  readonly #database: Pick<Database, 'write'>;

  constructor(database: Pick<Database, 'write'>) {
    this.#database = database;
  }

  /** Numbers of the keys, made where missing. Returns at once, without a promise to wait for, when all are known. */
  intern(names: Iterable<string>): Promise<void> | undefined {
    const fresh = new Set<string>();
    for (const name of names) if (!this.#known.has(name)) fresh.add(name);
    return fresh.size === 0 ? undefined : this.#make([...fresh].sort());
  }

  number(name: string): number {
    const known = this.#known.get(name);
    if (known === undefined) throw new Error('A metric key was used before it was interned.');
    return known;
  }

  /** The number of a key that has been logged at least once, or undefined. */
  async find(reader: Reader, name: string): Promise<number | undefined> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = await reader
      .selectFrom('metric_keys')
      .select('id')
      .where('name', '=', name)
      .executeTakeFirst();
    if (row) this.#remember(name, row.id);
    return row?.id;
  }

  async #make(names: string[]): Promise<void> {
    const rows = await this.#database.write(async (tx) => {
      const found: { id: number; name: string }[] = [];
      for (let start = 0; start < names.length; start += 500) {
        const piece = names.slice(start, start + 500);
        await tx
          .insertInto('metric_keys')
          .values(piece.map((name) => ({ name })))
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        found.push(...(await tx.selectFrom('metric_keys').selectAll().where('name', 'in', piece).execute()));
      }
      return found;
    });
    for (const row of rows) this.#remember(row.name, row.id);
  }

  #remember(name: string, id: number): void {
    if (this.#known.size >= KEYS_REMEMBERED) {
      this.#known.clear();
    }
    this.#known.set(name, id);
  }
}

const POINT = {
  run: 'bigint',
  key: 'bigint',
  step: 'bigint',
  ts: 'bigint',
  value: 'double precision',
  is_nan: 'bigint',
} as const;
const LATEST = {
  ...POINT,
  points: 'bigint',
  lowest: 'double precision',
  highest: 'double precision',
  in_order: 'bigint',
  settled: 'bigint',
} as const;

export function metricStore(engine: Engine) {
  const addPoints = new RowStatement(engine, {
    table: 'metric_points',
    columns: POINT,
    then: 'on conflict do nothing',
  });
  const putLatest = new RowStatement(engine, {
    table: 'metric_latest',
    columns: LATEST,
    then: `on conflict (run, key) do update set
      ${['step', 'ts', 'value', 'is_nan'].map((column) => `${column} = case when ${NEWER} then excluded.${column} else metric_latest.${column} end`).join(', ')},
      points = metric_latest.points + excluded.points,
      ${bound('lowest', '<')}, ${bound('highest', '>')},
      in_order = case when excluded.step >= metric_latest.step and excluded.ts >= metric_latest.ts
        then metric_latest.in_order * excluded.in_order else 0 end`,
  });
  const countAgain = placeholders(
    engine,
    `update metric_latest set in_order = 0, points =
        (select count(*) from metric_points p where p.run = metric_latest.run and p.key = metric_latest.key)
      where run = ? and key in ${idList(engine)}`,
  );
  const settle = placeholders(engine, 'update metric_latest set settled = 1 where run = ? and settled = 0');
  const addModelPoints = new RowStatement(engine, {
    table: 'logged_model_metrics',
    columns: {
      model_id: 'text',
      key: 'text',
      run_id: 'text',
      step: 'bigint',
      ts: 'bigint',
      value: 'double precision',
      is_nan: 'bigint',
      dataset_name: 'text',
      dataset_digest: 'text',
    },
    then: 'on conflict do nothing',
  });

  return {
    /** Appends points of runs and moves their latest values on. The same point twice is one point. */
    async append(tx: Tx, logged: readonly Logged[], keys: MetricKeys): Promise<void> {
      const rows = logged.flatMap(({ id, metrics }) =>
        metrics.map((metric): Row => {
          const { value, is_nan } = storedValue(metric.value);
          return [id, keys.number(metric.key), metric.step, metric.timestamp, value, is_nan];
        }),
      );
      // Rows are locked in this order, so that writers never wait for each other in a circle.
      if (rows.length > 1) rows.sort(byPlace);
      const added = await addPoints.run(tx, rows);
      const { firsts, rests } = seriesOf(rows, new Set(logged.filter((of) => of.ended).map(({ id }) => id)));
      await putLatest.run(tx, firsts);
      if (rests.length > 0) await putLatest.run(tx, rests);
      if (added === rows.length) return;
      for (const id of new Set(logged.map((of) => of.id))) {
        const numbers = new Set(rows.filter((row) => row[0] === id).map((row) => row[1]));
        await run(tx, countAgain, [id, JSON.stringify([...numbers])]);
      }
    },

    /** Puts the latest values of a run that ends into the index by value. */
    async settle(tx: Tx, id: number): Promise<void> {
      await run(tx, settle, [id]);
    },

    async appendToModels(tx: Tx, rows: readonly ModelMetricRow[]): Promise<void> {
      await addModelPoints.run(
        tx,
        rows.map((row) => [
          row.model_id,
          row.key,
          row.run_id,
          row.step,
          row.ts,
          row.value,
          row.is_nan,
          row.dataset_name,
          row.dataset_digest,
        ]),
      );
    },
  };
}

/** Points of one run. */
export interface Logged {
  id: number;
  metrics: readonly MetricInput[];
  /** The run has ended already. */
  ended: boolean;
}

export type MetricStore = ReturnType<typeof metricStore>;

type Row = readonly [run: number, key: number, step: number, ts: number, value: number, is_nan: number];

/** The order of the primary key. */
const byPlace = (a: Row, b: Row) =>
  a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3] || a[4] - b[4] || a[5] - b[5];

/** A row of `metric_latest`; the columns from `points` on as they are there. */
type Series = readonly [
  ...point: Row,
  points: number,
  lowest: number | null,
  highest: number | null,
  in_order: number,
  settled: number,
];

/**
 * What sorted rows add to the series of their keys: the first point of each key by itself, which is what shows whether it
 * comes behind those before it, then the others as one. No statement touches a row twice.
 */
function seriesOf(rows: readonly Row[], ended: ReadonlySet<number>): { firsts: Series[]; rests: Series[] } {
  const firsts: Series[] = [];
  const rests: Series[] = [];
  for (let start = 0; start < rows.length; ) {
    const first = rows[start] as Row;
    const settled = ended.has(first[0]) ? 1 : 0;
    const isSame = ([run, key]: Row) => run === first[0] && key === first[1];
    let end = start + 1;
    while (end < rows.length && isSame(rows[end] as Row)) end++;
    firsts.push([...first, 1, ...boundsOf(rows, start, start + 1), 1, settled]);
    if (end > start + 1) {
      let order = 1;
      for (let at = start + 1; at < end; at++) if ((rows[at] as Row)[3] < (rows[at - 1] as Row)[3]) order = 0;
      const last = rows[end - 1] as Row;
      rests.push([...last, end - start - 1, ...boundsOf(rows, start + 1, end), order, settled]);
    }
    start = end;
  }
  return { firsts, rests };
}

function boundsOf(rows: readonly Row[], start: number, end: number): [number | null, number | null] {
  let lowest: number | null = null;
  let highest: number | null = null;
  for (let at = start; at < end; at++) {
    const [, , , , value, is_nan] = rows[at] as Row;
    if (is_nan === 1) continue;
    if (lowest === null || value < lowest) lowest = value;
    if (highest === null || value > highest) highest = value;
  }
  return [lowest, highest];
}

const NEWER =
  '(excluded.step, excluded.ts, excluded.value) > (metric_latest.step, metric_latest.ts, metric_latest.value)';

const bound = (column: string, further: '<' | '>') =>
  `${column} = case when metric_latest.${column} is null or excluded.${column} ${further} metric_latest.${column}
    then coalesce(excluded.${column}, metric_latest.${column}) else metric_latest.${column} end`;
