import { sql } from 'kysely';
import type { Reader, Tx } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import type { KeyValue } from '../schema.ts';
import type { PointRow } from './tables.ts';
import { idList } from './runs.ts';

/** Of `integer` in the databases of MLflow's servers. Longer ids are not worth numbers that long for all experiments to come. */
const HIGHEST = 2_147_483_647;
const POINTS_AT_ONCE = 10_000;

/** The number that an id stands for, when no experiment has it and it may be given; numbers given from now on are higher. */
export async function claimExperimentNumber(tx: Tx, engine: Engine, id: string): Promise<number | undefined> {
  const number = /^[1-9]\d{0,9}$/.test(id) ? Number(id) : Number.NaN;
  if (!(number <= HIGHEST)) return undefined;
  const taken = await tx.selectFrom('experiments').select('id').where('id', '=', number).executeTakeFirst();
  if (taken) return undefined;
  if (engine === 'postgres')
    await sql`select setval(s, greatest(${number}, coalesce(pg_sequence_last_value(s::regclass), 1)))
      from (select pg_get_serial_sequence('experiments', 'id') as s) as named`.execute(tx);
  return number;
}

export async function pairsOf(
  reader: Reader,
  table: 'run_params' | 'run_tags',
  ids: readonly number[],
): Promise<Map<number, KeyValue[]>> {
  const found = new Map<number, KeyValue[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return found;
  const rows = await reader
    .selectFrom(table)
    .selectAll()
    .where('run', 'in', [...ids])
    .execute();
  for (const { run: of, key, value } of rows) found.get(of)?.push({ key, value });
  return found;
}

/** Points of a run in the order of the primary key, in pieces that fit into memory. */
export async function* pointsOf(reader: Reader, engine: Engine, id: number): AsyncGenerator<PointRow[]> {
  const text = (behind: string) =>
    placeholders(
      engine,
      `select key, step, ts, value, is_nan from metric_points where run = ? ${behind}
        order by key, step, ts, value, is_nan limit ${POINTS_AT_ONCE}`,
    );
  const next = text('and (key, step, ts, value, is_nan) > (?, ?, ?, ?, ?)');
  let rows = await run<PointRow>(reader, text(''), [id]);
  for (;;) {
    yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < POINTS_AT_ONCE) return;
    const { key, step, ts, value, is_nan } = last;
    rows = await run<PointRow>(reader, next, [id, key, step, ts, value, is_nan]);
  }
}

export async function keyNames(
  reader: Reader,
  engine: Engine,
  keys: readonly number[],
): Promise<Map<number, string>> {
  const text = placeholders(engine, `select id, name from metric_keys where id in ${idList(engine)}`);
  const rows = await run<{ id: number; name: string }>(reader, text, [JSON.stringify(keys)]);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Those of the points that the run does not have, in step order. */
export async function missingPoints(
  reader: Reader,
  engine: Engine,
  id: number,
  key: number,
  points: readonly Omit<PointRow, 'run' | 'key'>[],
): Promise<Omit<PointRow, 'run' | 'key'>[]> {
  const sorted = [...points].sort((a, b) => a.step - b.step);
  const steps = sorted.map(({ step }) => step);
  const text = placeholders(
    engine,
    'select step, ts, value, is_nan from metric_points where run = ? and key = ? and step >= ? and step <= ?',
  );
  const there = await run<PointRow>(reader, text, [id, key, steps[0] ?? 0, steps.at(-1) ?? 0]);
  const known = new Set(there.map(placeOf));
  return sorted.filter((point) => known.size < known.add(placeOf(point)).size);
}

const placeOf = ({ step, ts, value, is_nan }: Omit<PointRow, 'run' | 'key'>) =>
  `${step} ${ts} ${value} ${is_nan}`;
