import type { Reader } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import { idList, textList } from './runs.ts';

/** Details of runs by their number: each text is the inside of a JSON list, as MLflow's proto JSON has it. */
export interface RunTexts {
  metrics: Map<number, string>;
  params: Map<number, string>;
  tags: Map<number, string>;
}

/** The keys to read, of each kind. */
interface Keys {
  metrics: readonly string[];
  params: readonly string[];
  tags: readonly string[];
}

/**
 * Details of runs as JSON that the database writes: ten times fewer values cross into JavaScript, and none is built as an
 * object to be written again. Both engines write a double with the digits that give it back exactly. `projection` bounds the
 * keys; `extremes` adds the lowest and the highest value of each metric.
 */
export async function runTexts(
  reader: Reader,
  engine: Engine,
  ids: readonly number[],
  { projection, extremes = false }: { projection?: Keys | undefined; extremes?: boolean | undefined },
): Promise<RunTexts> {
  const bound = extremes ? BOUNDS[engine] : '';
  const metric = `'{"key":' || ${QUOTED[engine]('k.name')} || ',"value":' || case when t.is_nan = 1 then '"NaN"' else ${NUMBER[engine]('t.value')} end
    || ',"timestamp":' || t.ts || ',"step":' || t.step || ${bound} '}'`;
  const pair = `'{"key":' || ${QUOTED[engine]('t.key')} || ',"value":' || ${QUOTED[engine]('t.value')} || '}'`;
  const metrics = 'metric_latest as t join metric_keys as k on k.id = t.key';
  return {
    metrics: await texts(
      reader,
      engine,
      { item: metric, from: metrics, key: 'k.name' },
      ids,
      projection?.metrics,
    ),
    params: await texts(
      reader,
      engine,
      { item: pair, from: 'run_params as t', key: 't.key' },
      ids,
      projection?.params,
    ),
    tags: await texts(
      reader,
      engine,
      { item: pair, from: 'run_tags as t', key: 't.key' },
      ids,
      projection?.tags,
    ),
  };
}

async function texts(
  reader: Reader,
  engine: Engine,
  { item, from, key }: { item: string; from: string; key: string },
  ids: readonly number[],
  keys: readonly string[] | undefined,
): Promise<Map<number, string>> {
  if (ids.length === 0 || keys?.length === 0) return new Map();
  const these = keys ? ` and ${key} in ${textList(engine)}` : '';
  const text = placeholders(
    engine,
    `select t.run, string_agg(${item}, ','${ORDER[engine]}) as text from ${from}
    where t.run in ${idList(engine)}${these} group by t.run`,
  );
  const values = [JSON.stringify(ids), ...(keys ? [JSON.stringify(keys)] : [])];
  const rows = await run<{ run: number; text: string }>(reader, text, values);
  return new Map(rows.map((row) => [row.run, row.text]));
}

const QUOTED = {
  sqlite: (column: string) => `json_quote(${column})`,
  postgres: (column: string) => `to_json(${column})::text`,
};

const NUMBER = {
  sqlite: (column: string) => `json_quote(${column})`,
  postgres: (column: string) => `${column}::text`,
};

const boundsText = (number: (column: string) => string) =>
  `',"min":' || coalesce(${number('t.lowest')}, 'null') || ',"max":' || coalesce(${number('t.highest')}, 'null') ||`;

const BOUNDS = { sqlite: boundsText(NUMBER.sqlite), postgres: boundsText(NUMBER.postgres) };

/** SQLite reads the rows of a run in the order of the primary key already; to sort them again costs a fifth. */
const ORDER = { sqlite: '', postgres: ' order by t.key' };
