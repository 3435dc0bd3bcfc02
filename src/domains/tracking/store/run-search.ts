import { type RawBuilder, sql } from 'kysely';
import type { Reader, ReadDatabase } from '../../../database/index.ts';
import { keyset, filterSql, type SearchFields, type SortTerm, sortTerms } from '../../../database/search.ts';
import type { Filter, OrderBy } from '../../../lib/search/filter.ts';
import type { Page, View } from '../schema.ts';
import { lifecycleIs, oneOf, page, type Search } from './search.ts';

type Sql = RawBuilder<unknown>;
type Engine = ReadDatabase['capabilities']['engine'];

const RUN_TEXT = ['run_id', 'run_name', 'user_id', 'status', 'artifact_uri'];
const RUN_COLUMNS: Record<string, string> = { run_name: 'name' };

const runFields: SearchFields = {
  attribute: (key) => sql.ref(`runs.${RUN_COLUMNS[key] ?? key}`),
  some(entity, key, holds) {
    if (entity === 'metric') {
      // From the index on (key, value): the rows that fulfil it, not one look per run. Those of live runs are in an index by key.
      const test = holds ? sql` and m.is_nan = 0 and ${holds(sql`m.value`)}` : sql``;
      const those = (settled: Sql) =>
        sql`select m.run from metric_latest m where m.settled = ${settled} and m.key = ${metricKey(key)}${test}`;
      return sql`(runs.id in (${those(sql`1`)} union all ${those(sql`0`)}))`;
    }
    if (entity === 'dataset') {
      const column = key === 'context' ? sql`u.context` : sql`d.${sql.ref(key)}`;
      const test = holds ? sql` and ${holds(column)}` : sql` and ${column} is not null`;
      return sql`(exists (select 1 from run_datasets u join logged_datasets d on d.id = u.dataset where u.run = runs.id${test}))`;
    }
    const table = sql.ref(entity === 'param' ? 'run_params' : 'run_tags');
    const test = holds ? sql` and ${holds(sql`p.value`)}` : sql``;
    return sql`(exists (select 1 from ${table} p where p.run = runs.id and p.key = ${key}${test}))`;
  },
};

const metricKey = (name: string): Sql => sql`(select id from metric_keys where name = ${name})`;

/** Which runs a question is about. */
export interface RunScope {
  project: string;
  experiments: readonly number[];
  view: View;
  /** Only runs that name this run as their parent. */
  parent?: string | undefined;
  /** No runs whose parent is among the runs that the question is about. */
  top?: boolean | undefined;
}

export function scopeSql({ project, experiments, view, parent, top }: RunScope, engine: Engine): Sql[] {
  return [
    experimentsOf(project, experiments, engine),
    ...lifecycleIs(sql`runs.lifecycle`, view),
    ...(parent === undefined
      ? []
      : [
          sql`runs.id in (select t.run from run_tags t where t.key = 'mlflow.parentRunId' and t.value = ${parent})`,
        ]),
    ...(top ? [sql`not exists (${parentIn(experiments, view, engine)})`] : []),
  ];
}

function parentIn(experiments: readonly number[], view: View, engine: Engine): Sql {
  const shown = [oneOf(sql`p.experiment`, experiments, engine), ...lifecycleIs(sql`p.lifecycle`, view)];
  return sql`select 1 from run_tags t join runs p on p.run_id = t.value
    where t.run = runs.id and t.key = 'mlflow.parentRunId' and p.id <> runs.id and ${sql.join(shown, sql` and `)}`;
}

/**
 * A run is of the project of its experiment. Asked this way round, what an index has already (experiment, stage, start) says
 * which runs are meant, and the rows of those that the filter leaves out are never read.
 */
function experimentsOf(project: string, ids: readonly number[], engine: Engine): Sql {
  const known = sql`select e.id from experiments e where e.project = ${project} and ${oneOf(sql`e.id`, ids, engine)}`;
  return ids.length === 1 ? sql`runs.experiment = (${known})` : sql`runs.experiment in (${known})`;
}

/** The scope and the filter. */
export const conditionsSql = (scope: RunScope, filter: Filter | undefined, engine: Engine): Sql[] => [
  ...scopeSql(scope, engine),
  ...(filter ? [filterSql(filter, runFields, engine)] : []),
];

export const runAttribute = (key: string): Sql => runFields.attribute(key);

interface Question {
  scope: RunScope;
  search: Search;
  terms: readonly SortTerm[];
  /** What the terms name beside the run itself; the first one is `o0`. */
  joins: readonly Sql[];
}

/**
 * The numbers of runs of the given experiments in the order asked for; ties go to the run that started last, then by id. What the
 * indexes have finds and sorts them: no row of a run is read here that the filter does not ask for.
 */
export async function searchRunNumbers(
  { read, capabilities: { engine } }: ReadDatabase,
  scope: RunScope,
  search: Search,
  { first, most }: Window = windowOf(search.limit),
): Promise<Page<number>> {
  const question = { scope, search, ...termsOf(search.orderBy) };
  for (let window = first; window > 0 && window <= most; ) {
    const best = await bestFirst(read, engine, question, window);
    if (best === undefined) break;
    if ('items' in best) return best;
    // What the filter kept says how far the next look has to go; too far, and all are looked at.
    window = 2 ** Math.ceil(Math.log2((1.5 * search.limit * window) / Math.max(best.kept, 0.1)));
  }
  const found = await page<{ id: number }>(read, engine, {
    from: sql`runs`,
    columns: sql`runs.id`,
    joins: question.joins,
    where: scopeSql(scope, engine),
    terms: question.terms,
    fields: runFields,
    search,
  });
  return { items: found.items.map(({ id }) => id), token: found.token };
}

function termsOf(orderBy: readonly OrderBy[]): Pick<Question, 'terms' | 'joins'> {
  const joins: Sql[] = [];
  const terms = sortTerms(
    orderBy,
    ({ entity, key, extreme }) => {
      if (entity === 'attribute') {
        return {
          value: runFields.attribute(key),
          nullable: key === 'end_time',
          text: RUN_TEXT.includes(key),
        };
      }
      const alias = `o${joins.length}`;
      const of = (column: string) => sql.ref(`${alias}.${column}`);
      const [table, keyed] =
        entity === 'metric'
          ? ['metric_latest', metricKey(key)]
          : [entity === 'param' ? 'run_params' : 'run_tags', sql`${key}`];
      joins.push(
        sql`left join ${sql.ref(table)} as ${sql.ref(alias)} on ${of('run')} = runs.id and ${of('key')} = ${keyed}`,
      );
      if (entity !== 'metric') return { value: of('value'), nullable: true, text: true };
      if (extreme) return { value: of(extreme), nullable: true, text: false };
      return { value: of('value'), nan: of('is_nan'), nullable: true, text: false };
    },
    [
      { value: sql`runs.start_time`, nullable: false, text: false, ascending: false },
      { value: sql`runs.run_id`, nullable: false, text: false, ascending: true },
    ],
  );
  return { terms, joins };
}

/** How many runs are looked at, from the best on, for one page; none at all when `first` is 0. */
interface Window {
  first: number;
  most: number;
}

/** In hundreds, so that there are few texts. Longer pages gain nothing. */
const windowOf = (limit: number): Window =>
  limit > 1000
    ? { first: 0, most: 0 }
    : { first: 100 + 100 * Math.ceil((3 * limit) / 100), most: 1000 + 10 * limit };

/**
 * Where runs are ordered by a metric first: the page from those that the index by value has at that end, so that the others are
 * neither filtered nor sorted. Live runs, which are not in that index, are few and all looked at. `kept` when these may not be all
 * that belong to the page: too few of them fulfil the filter, or the last one has the value where the window ends. Undefined where
 * the index cannot help, or has no more.
 *
 * The window stands in the text, as one of few numbers: PostgreSQL then knows how much there is to do and keeps its plan, which takes as
 * long to make as a sixth of the query.
 */
async function bestFirst(
  read: Reader,
  engine: Engine,
  { scope, search, terms, joins }: Question,
  window: number,
): Promise<Page<number> | { kept: number } | undefined> {
  const [order] = search.orderBy;
  if (scope.parent !== undefined || order?.entity !== 'metric' || order.extreme) return undefined;
  const [rank = 0, from] = keyset(terms, engine, search.token).from ?? [];
  if (rank !== 0) return undefined;
  const { ascending } = order;
  const key = metricKey(order.key);
  const [beyond, direction, end] = ascending
    ? [sql`>=`, sql`asc`, sql`max(value)`]
    : [sql`<=`, sql`desc`, sql`min(value)`];
  const bound = from === undefined ? sql`` : sql` and m.value ${beyond} ${from}`;
  const of = (settled: Sql) =>
    sql`select m.run, m.value, m.is_nan from metric_latest m where m.settled = ${settled} and m.key = ${key} and m.is_nan = 0`;
  // One look for each of the window, never a hash table of all runs: SQLite takes the tables of a cross join as they stand.
  const run =
    engine === 'sqlite'
      ? sql`cross join runs on runs.id = o0.run`
      : sql`cross join lateral (select * from runs r where r.id = o0.run offset 0) as runs`;
  const found = await page<{ id: number; k1: number; seen: number; edge: number }>(read, engine, {
    before: sql`with best as materialized (${of(sql`1`)}${bound} order by m.value ${direction} limit ${sql.lit(window)}) `,
    from: sql`(select * from best union all ${of(sql`0`)}) as o0 ${run}`,
    columns: sql`runs.id, (select count(*) from best) as seen, (select ${end} from best) as edge`,
    joins: joins.slice(1),
    where: scopeSql(scope, engine),
    terms,
    fields: probing,
    search,
  });
  const last = found.items.at(-1);
  const whole = last && Number(last.seen) < window;
  if (found.token === undefined || !last) return whole ? undefined : { kept: found.items.length };
  const inside = ascending ? last.k1 < last.edge : last.k1 > last.edge;
  if (!whole && !inside) return { kept: found.items.length };
  return { items: found.items.map(({ id }) => id), token: found.token };
}

/** For a few runs one look per run is cheaper than all that fulfil a comparison. */
const probing: SearchFields = {
  ...runFields,
  some(entity, key, holds, numeric) {
    if (entity !== 'metric') return runFields.some(entity, key, holds, numeric);
    const test = holds ? sql` and m.is_nan = 0 and ${holds(sql`m.value`)}` : sql``;
    return sql`(exists (select 1 from metric_latest m where m.run = runs.id and m.key = ${metricKey(key)}${test}))`;
  },
};
