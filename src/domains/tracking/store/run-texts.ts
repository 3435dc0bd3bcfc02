import { storableList } from '../../../lib/storable.ts';
import type { Reader } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import type { Verdict } from '../schema/reproductions.ts';
import { idList, textList } from './runs.ts';

/** Which keys of runs a caller wants to see; everything else stays in the database. */
export interface Projection {
  metrics: string[];
  params: string[];
  tags: string[];
  /** Datasets and models that runs read or made. */
  inputs: boolean;
}

/** How much of each run: all that MLflow shows when nothing is said. */
export interface Detail {
  /** These keys only. */
  projection?: Projection | undefined;
  /** With the lowest and the highest value of each metric, and how many points it has. */
  extremes?: boolean | undefined;
  /** With the number of runs of these experiments that name it as their parent. */
  children?: readonly number[] | undefined;
  /** What came of runs when they were made again. */
  verdicts?: ReadonlyMap<number, Verdict> | undefined;
}

/**
 * Runs by their number, each as MLflow's proto JSON. The database writes the text: one value of each run crosses into JavaScript, and
 * none is built as an object to be written again. Unset fields and empty lists are left out. Both engines write a double with the
 * digits that give it back exactly. Where the inputs of a run belong stands its number between two `MARK`s, if it has any.
 */
export async function runTexts(
  reader: Reader,
  engine: Engine,
  ids: readonly number[],
  detail: Detail,
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map();
  const { text, from, values } = itemsOf(engine, detail);
  const query = placeholders(engine, `select ${WANTED[engine].id} as id, ${text} as text from ${from}`);
  const rows = await run<{ id: number; text: string | null }>(reader, query, [
    ...values,
    listOfIds(engine, ids),
  ]);
  return new Map(rows.flatMap(({ id, text }) => (text === null ? [] : [[id, text]])));
}

/** The same by their ids, with the project that each is of. */
export async function runTextsById(
  reader: Reader,
  engine: Engine,
  runIds: readonly string[],
): Promise<Map<string, { project: string; text: string }>> {
  const { text } = runText(engine, {}, 'asked.id');
  const query = placeholders(
    engine,
    `select asked.run_id, asked.project, coalesce(nullif(kept.text, ''), ${text}) as text
      from runs as asked left join run_texts as kept on kept.run = asked.id where asked.run_id in ${textList(engine)}`,
  );
  const rows = await run<{ run_id: string; project: string; text: string }>(reader, query, [
    storableList(runIds),
  ]);
  return new Map(rows.map(({ run_id, project, text }) => [run_id, { project, text }]));
}

/** Stands around the number of a run where its inputs belong: JSON escapes control characters, so no text of a run holds one. */
export const MARK = '\u0001';
export const NO_INPUTS = ',"inputs":{},"outputs":{}';

/**
 * Runs in the order of their numbers as texts of several, with commas between them. SQLite hands over one a page. The driver of
 * PostgreSQL copies a long value again and again while it comes in, so there it is one for some runs.
 */
export async function pageTexts(
  reader: Reader,
  engine: Engine,
  ids: readonly number[],
  detail: Detail,
): Promise<string[]> {
  const { text, from, values } = itemsOf(engine, detail);
  const joined = (of: string) =>
    `select string_agg(item, ',') as text from (select ${text} as item from ${of}${WANTED[engine].order}) as items`;
  const pieces =
    engine === 'sqlite'
      ? joined(from)
      : `select (${joined(from.replace('?', 'pieces.ids'))}) as text
          from unnest(?::text[]) with ordinality as pieces (ids, at) order by pieces.at`;
  const query = placeholders(engine, pieces);
  const list =
    engine === 'sqlite' ? listOfIds(engine, ids) : piecesOf(ids).map((of) => listOfIds(engine, of));
  const rows = await run<{ text: string | null }>(reader, query, [...values, list]);
  return rows.flatMap((row) => row.text ?? []);
}

/** Runs of usual size fill a piece of 50 kB. */
const PIECE = 32;

function piecesOf(ids: readonly number[]): number[][] {
  const pieces: number[][] = [];
  for (let from = 0; from < ids.length; from += PIECE) pieces.push(ids.slice(from, from + PIECE));
  return pieces;
}

/** What runs have as their text, for a statement over `run_texts`. */
export const keptText = (engine: Engine): string => runText(engine, {}, 'run_texts.run').text;

/** Runs by their list of numbers. SQLite reads the list in its order. */
const WANTED = {
  sqlite: { from: 'json_each(?) as wanted', id: 'wanted.value', order: '' },
  postgres: {
    from: 'unnest(?::bigint[]) with ordinality as wanted (id, nth)',
    id: 'wanted.id',
    order: ' order by wanted.nth',
  },
};

/** The expression of one run of a list, null for a run that is not there: the text that is kept of it, or else made now. */
function itemsOf(engine: Engine, detail: Detail): { text: string; from: string; values: string[] } {
  const { from, id } = WANTED[engine];
  const { text, values } = runText(engine, detail, id);
  if (detail.projection || detail.extremes || detail.children) return { text, from, values };
  return {
    text: `coalesce(nullif(kept.text, ''), ${text})`,
    from: `${from} left join run_texts as kept on kept.run = ${id}`,
    values,
  };
}

const listOfIds = (engine: Engine, ids: readonly number[]): string =>
  engine === 'sqlite' ? JSON.stringify(ids) : `{${ids.join(',')}}`;

/** The expression of the run with the number `id`, and the values of its placeholders. */
function runText(
  engine: Engine,
  { projection, extremes = false, children }: Detail,
  id: string,
): { text: string; values: string[] } {
  const lists = [
    engine === 'postgres' && !projection
      ? listOf(engine, ALL_METRICS, metricText(engine, 'k.quoted', extremes), undefined)
      : listOf(engine, METRICS, metricText(engine, QUOTED[engine]('k.name'), extremes), projection?.metrics),
    listOf(engine, PARAMS, pairText(engine), projection?.params),
    listOf(engine, TAGS, pairText(engine), projection?.tags),
  ].filter((list) => list !== undefined);
  const data = lists.length > 0 ? `ltrim(${lists.map(({ text }) => text).join(' || ')}, ',')` : "''";
  const mark = engine === 'sqlite' ? 'char(1)' : 'chr(1)';
  const inputs =
    projection?.inputs === false
      ? `'${NO_INPUTS}'`
      : `case when ${LINKED} then ${mark} || r.id || ${mark} else '${NO_INPUTS}' end`;
  return {
    text: `(select ${infoText(engine, children !== undefined)} || ',"data":{' || ${data} || '}' || ${inputs} || '}' from runs as r where r.id = ${id})`,
    values: [...(children ? [JSON.stringify(children)] : []), ...lists.flatMap(({ values }) => values)],
  };
}

const LINKED = `(exists (select 1 from run_datasets d where d.run = r.id)
  or exists (select 1 from run_models m where m.run = r.id))`;

interface List {
  name: string;
  from: string;
  key: string;
}

const METRICS: List = {
  name: 'metrics',
  from: 'metric_latest as t join metric_keys as k on k.id = t.key',
  key: 'k.name',
};
/** PostgreSQL remembers the names it looked up (a Memoize node), where a join builds a hash table for each run: a quarter of the page. */
const ALL_METRICS: List = {
  ...METRICS,
  from: 'metric_latest as t cross join lateral (select to_json(name)::text as quoted from metric_keys where id = t.key offset 0) as k',
};
const PARAMS: List = { name: 'params', from: 'run_params as t', key: 't.key' };
const TAGS: List = { name: 'tags', from: 'run_tags as t', key: 't.key' };

/**
 * One list of a run with a comma before it, or nothing. SQLite reads the rows of a run in the order of the primary key already; to
 * sort them again costs a fifth. PostgreSQL sorts what an aggregate orders itself, and not what comes from the index.
 */
function listOf(
  engine: Engine,
  { name, from, key }: List,
  item: string,
  keys: readonly string[] | undefined,
): { text: string; values: string[] } | undefined {
  if (keys?.length === 0) return undefined;
  const these = keys ? ` and ${key} in ${textList(engine)}` : '';
  const inside =
    engine === 'sqlite'
      ? `select string_agg(${item}, ',') from ${from} where t.run = r.id${these}`
      : `select string_agg(item, ',') from (select ${item} as item from ${from} where t.run = r.id${these} order by t.key) as items`;
  return {
    text: `coalesce(',"${name}":[' || (${inside}) || ']', '')`,
    values: keys ? [storableList(keys)] : [],
  };
}

function infoText(engine: Engine, children: boolean): string {
  const quoted = QUOTED[engine];
  const counted = children ? ` || ',"children":' || (${childrenOf(engine)})` : '';
  return `'{"info":{"run_uuid":' || ${quoted('r.run_id')} || ',"run_id":' || ${quoted('r.run_id')}
    || ',"experiment_id":"' || r.experiment || '","run_name":' || ${quoted('r.name')} || ',"user_id":' || ${quoted('r.user_id')}
    || ',"status":"' || r.status || '","start_time":' || r.start_time || coalesce(',"end_time":' || r.end_time, '')
    || ',"artifact_uri":' || ${quoted('r.artifact_uri')} || ',"lifecycle_stage":"' || r.lifecycle || '"'${counted} || '}'`;
}

/** The key stands in the text, so that the index of parents alone serves it. */
const childrenOf = (engine: Engine): string => `select count(*) from run_tags p join runs c on c.id = p.run
  where p.key = 'mlflow.parentRunId' and p.value = r.run_id and c.lifecycle = 'active' and c.experiment in ${idList(engine)}`;

function metricText(engine: Engine, name: string, extremes: boolean): string {
  const number = NUMBER[engine];
  const bounds = extremes
    ? `',"min":' || coalesce(${number('t.lowest')}, 'null') || ',"max":' || coalesce(${number('t.highest')}, 'null') || ',"points":' || t.points ||`
    : '';
  return `'{"key":' || ${name} || ',"value":' || case when t.is_nan = 1 then '"NaN"' else ${number('t.value')} end
    || ',"timestamp":' || t.ts || ',"step":' || t.step || ${bounds} '}'`;
}

const pairText = (engine: Engine) =>
  `'{"key":' || ${QUOTED[engine]('t.key')} || ',"value":' || ${QUOTED[engine]('t.value')} || '}'`;

const QUOTED = {
  sqlite: (column: string) => `json_quote(${column})`,
  postgres: (column: string) => `to_json(${column})::text`,
};

const NUMBER = {
  sqlite: (column: string) => `json_quote(${column})`,
  postgres: (column: string) => `${column}::text`,
};
