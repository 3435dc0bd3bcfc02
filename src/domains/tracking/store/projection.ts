import type { Reader } from '../../../database/index.ts';
import type { KeyValue } from '../schema.ts';
import { idList } from './runs.ts';
import { type Engine, run } from './statements.ts';
import type { PointRow } from './tables.ts';

/** A list of texts from one parameter, the second of its statement: their JSON list. */
const textList = (engine: Engine): string =>
  engine === 'sqlite'
    ? '(select value from json_each(?))'
    : '(select value from jsonb_array_elements_text($2::jsonb) as listed (value))';

const numberList = (engine: Engine): string =>
  engine === 'sqlite'
    ? '(select value from json_each(?))'
    : '(select value::bigint from jsonb_array_elements_text($2::jsonb) as listed (value))';

/** Latest points of the given metric keys only. */
export async function latestOf(
  reader: Reader,
  engine: Engine,
  runs: readonly number[],
  keys: readonly number[],
): Promise<PointRow[]> {
  if (keys.length === 0) return [];
  const text = `select run, key, step, ts, value, is_nan from metric_latest
    where run in ${idList(engine)} and key in ${numberList(engine)} order by run, key`;
  return run(reader, text, [JSON.stringify(runs), JSON.stringify(keys)]);
}

export interface Extremes {
  run: number;
  key: number;
  low: number;
  high: number;
}

/** Lowest and highest point of each metric of each run, NaN left out. Reads every point: for a page of runs, not for all. */
export async function extremesOf(
  reader: Reader,
  engine: Engine,
  runs: readonly number[],
  keys: readonly number[],
): Promise<Extremes[]> {
  if (keys.length === 0) return [];
  const text = `select run, key, min(value) as low, max(value) as high from metric_points
    where run in ${idList(engine)} and key in ${numberList(engine)} and is_nan = 0 group by run, key`;
  return run(reader, text, [JSON.stringify(runs), JSON.stringify(keys)]);
}

/** Params or tags with the given keys, by run, keys in order. */
export async function pairsWith(
  reader: Reader,
  engine: Engine,
  table: 'run_params' | 'run_tags',
  runs: readonly number[],
  keys: readonly string[],
): Promise<Map<number, KeyValue[]>> {
  const found = new Map<number, KeyValue[]>(runs.map((id) => [id, []]));
  if (keys.length === 0) return found;
  const text = `select run, key, value from ${table} where run in ${idList(engine)} and key in ${textList(engine)} order by run, key`;
  type Pair = { run: number; key: string; value: string };
  const rows = await run<Pair>(reader, text, [JSON.stringify(runs), JSON.stringify(keys)]);
  for (const { run: id, key, value } of rows) found.get(id)?.push({ key, value });
  return found;
}

const PARENT = 'mlflow.parentRunId';

/** How many runs name each of the given runs as their parent. */
export async function childCounts(
  reader: Reader,
  engine: Engine,
  runIds: readonly string[],
): Promise<Map<string, number>> {
  const list =
    engine === 'sqlite'
      ? '(select value from json_each(?))'
      : '(select value from jsonb_array_elements_text($1::jsonb) as listed (value))';
  // The key stands in the text, so that the index of parents alone serves it.
  const text = `select t.value, count(*) as children from run_tags t join runs r on r.id = t.run
    where t.key = '${PARENT}' and r.lifecycle = 'active' and t.value in ${list} group by t.value`;
  const rows = await run<{ value: string; children: number }>(reader, text, [JSON.stringify(runIds)]);
  return new Map(rows.map((row) => [row.value, Number(row.children)]));
}
