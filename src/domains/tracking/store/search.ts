import { type RawBuilder, sql } from 'kysely';
import type { Database, ReadDatabase } from '../../../database/index.ts';
import { filterSql, keyset, type SearchFields, type SortTerm, sortTerms } from '../../../database/search.ts';
import type { Filter, OrderBy } from '../../../lib/search/filter.ts';
import type { Page, View } from '../schema.ts';
import type { ExperimentRow, LoggedModelRow } from './tables.ts';

type Sql = RawBuilder<unknown>;
type Engine = ReadDatabase['capabilities']['engine'];

export interface Search {
  filter: Filter | undefined;
  orderBy: readonly OrderBy[];
  limit: number;
  token: string | undefined;
}

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
}

export function scopeSql({ project, experiments, view, parent }: RunScope, engine: Engine): Sql[] {
  return [
    experimentsOf(project, experiments, engine),
    ...lifecycleIs(sql`runs.lifecycle`, view),
    ...(parent === undefined
      ? []
      : [
          sql`runs.id in (select t.run from run_tags t where t.key = 'mlflow.parentRunId' and t.value = ${parent})`,
        ]),
  ];
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

/**
 * The numbers of runs of the given experiments in the order asked for; ties go to the run that started last, then by id. What the
 * indexes have finds and sorts them: no row of a run is read here that the filter does not ask for.
 */
export async function searchRunNumbers(
  { read, capabilities }: ReadDatabase,
  scope: RunScope,
  search: Search,
): Promise<Page<number>> {
  const { engine } = capabilities;
  const joins: Sql[] = [];
  const terms = sortTerms(
    search.orderBy,
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
  const where = scopeSql(scope, engine);
  const query = { table: 'runs', joins, where, terms, fields: runFields, search };
  const found = await page<{ id: number }>(read, engine, { ...query, columns: sql`runs.id` });
  return { items: found.items.map(({ id }) => id), token: found.token };
}

const experimentFields: SearchFields = {
  attribute: (key) => EXPERIMENT_COLUMNS[key] ?? sql.ref(`experiments.${key}`),
  some(_entity, key, holds) {
    const test = holds ? sql` and ${holds(sql`p.value`)}` : sql``;
    return sql`(exists (select 1 from experiment_tags p where p.experiment = experiments.id and p.key = ${key}${test}))`;
  },
};
const EXPERIMENT_COLUMNS: Record<string, Sql> = {
  experiment_id: sql`cast(experiments.id as text)`,
  creation_time: sql`experiments.created_at`,
  last_update_time: sql`experiments.updated_at`,
};

export async function searchExperimentRows(
  { read, capabilities }: Database,
  scope: { project: string; view: View },
  search: Search,
): Promise<Page<ExperimentRow>> {
  const newest: OrderBy[] = [{ entity: 'attribute', key: 'creation_time', numeric: true, ascending: false }];
  const terms = sortTerms(
    search.orderBy.length > 0 ? search.orderBy : newest,
    ({ key }) => ({
      value: key === 'experiment_id' ? sql`experiments.id` : experimentFields.attribute(key),
      nullable: false,
      text: key === 'name',
    }),
    [{ value: sql`experiments.id`, nullable: false, text: false, ascending: true }],
  );
  const where = [
    sql`experiments.project = ${scope.project}`,
    ...lifecycleIs(sql`experiments.lifecycle`, scope.view),
  ];
  return page<ExperimentRow>(read, capabilities.engine, {
    table: 'experiments',
    joins: [],
    where,
    terms,
    fields: experimentFields,
    search,
  });
}

export interface DatasetFilter {
  name: string;
  digest: string | undefined;
}

/** A model's metric can be asked for on one dataset only. */
export interface LoggedModelOrder extends OrderBy {
  dataset?: { name: string | undefined; digest: string | undefined } | undefined;
}

const MODEL_COLUMNS: Record<string, Sql> = {
  experiment_id: sql`cast(logged_models.experiment as text)`,
  artifact_location: sql`logged_models.artifact_uri`,
  lifecycle_stage: sql`logged_models.lifecycle`,
  creation_timestamp: sql`logged_models.created_at`,
  last_updated_timestamp: sql`logged_models.updated_at`,
};

const loggedModelFields = (datasets: readonly DatasetFilter[]): SearchFields => ({
  attribute: (key) => MODEL_COLUMNS[key] ?? sql.ref(`logged_models.${key}`),
  some(entity, key, holds) {
    if (entity === 'metric') {
      const test = holds ? sql` and m.is_nan = 0 and ${holds(sql`m.value`)}` : sql``;
      return sql`(exists (select 1 from logged_model_metrics m where m.model_id = logged_models.model_id and m.key = ${key}${test}${onDatasets(datasets)}))`;
    }
    const table = sql.ref(entity === 'param' ? 'logged_model_params' : 'logged_model_tags');
    const test = holds ? sql` and ${holds(sql`p.value`)}` : sql``;
    return sql`(exists (select 1 from ${table} p where p.model_id = logged_models.model_id and p.key = ${key}${test}))`;
  },
});

function onDatasets(datasets: readonly DatasetFilter[]): Sql {
  if (datasets.length === 0) return sql``;
  const any = datasets.map(({ name, digest }) =>
    digest === undefined
      ? sql`m.dataset_name = ${name}`
      : sql`(m.dataset_name = ${name} and m.dataset_digest = ${digest})`,
  );
  return sql` and (${sql.join(any, sql` or `)})`;
}

export async function searchLoggedModelRows(
  { read, capabilities }: Database,
  scope: { project: string; experiments: readonly number[]; datasets: readonly DatasetFilter[] },
  search: Omit<Search, 'orderBy'> & { orderBy: readonly LoggedModelOrder[] },
): Promise<Page<LoggedModelRow>> {
  const fields = loggedModelFields(scope.datasets);
  const terms: SortTerm[] = search.orderBy.map((order) => {
    const { ascending, entity, key, numeric } = order;
    if (entity === 'attribute')
      return {
        value: fields.attribute(key),
        nullable: key === 'status_message',
        text: !numeric,
        ascending,
      };
    const latest = (column: string) =>
      sql`(select m.${sql.ref(column)} from logged_model_metrics m where m.model_id = logged_models.model_id and m.key = ${key}${sameDataset(order.dataset)} order by m.ts desc, m.step desc, m.run_id limit 1)`;
    return { value: latest('value'), nan: latest('is_nan'), nullable: true, text: false, ascending };
  });
  terms.push(
    { value: sql`logged_models.created_at`, nullable: false, text: false, ascending: false },
    { value: sql`logged_models.model_id`, nullable: false, text: false, ascending: true },
  );
  const where = [
    sql`logged_models.project = ${scope.project}`,
    sql`logged_models.lifecycle = 'active'`,
    oneOf(sql`logged_models.experiment`, scope.experiments, capabilities.engine),
  ];
  if (scope.datasets.length > 0)
    where.push(
      sql`exists (select 1 from logged_model_metrics m where m.model_id = logged_models.model_id${onDatasets(scope.datasets)})`,
    );
  return page<LoggedModelRow>(read, capabilities.engine, {
    table: 'logged_models',
    joins: [],
    where,
    terms,
    fields,
    search,
  });
}

function sameDataset(dataset: LoggedModelOrder['dataset']): Sql {
  const name = dataset?.name ? sql` and m.dataset_name = ${dataset.name}` : sql``;
  const digest = dataset?.digest ? sql` and m.dataset_digest = ${dataset.digest}` : sql``;
  return sql`${name}${digest}`;
}

export async function page<Row>(
  read: Database['read'],
  engine: Database['capabilities']['engine'],
  query: {
    table: string;
    /** Of the table; all of them when left out. */
    columns?: Sql;
    joins: Sql[];
    where: Sql[];
    terms: readonly SortTerm[];
    fields: SearchFields;
    search: { filter: Filter | undefined; limit: number; token: string | undefined };
  },
): Promise<Page<Row>> {
  const { table, columns = sql`${sql.ref(query.table)}.*`, joins, where, terms, fields, search } = query;
  const keys = keyset(terms, engine, search.token);
  const conditions = [...where];
  if (search.filter) conditions.push(filterSql(search.filter, fields, engine));
  if (keys.after) conditions.push(keys.after);
  const { rows } = await sql<Record<string, unknown>>`select ${columns}, ${keys.select}
    from ${sql.ref(table)} ${sql.join(joins, sql` `)}
    where ${sql.join(conditions, sql` and `)} order by ${keys.orderBy} limit ${search.limit + 1}`.execute(
    read,
  );
  const items = rows.slice(0, search.limit);
  const last = items.at(-1);
  const token = rows.length > search.limit && last ? keys.tokenOf(last) : undefined;
  return { items: items as Row[], token };
}

/** One experiment is asked for by equality, so that its index also gives the order. */
export function oneOf(column: Sql, ids: readonly number[], engine: Database['capabilities']['engine']): Sql {
  if (ids.length === 1) return sql`${column} = ${ids[0]}`;
  const list = JSON.stringify(ids);
  return engine === 'sqlite'
    ? sql`${column} in (select value from json_each(${list}))`
    : sql`${column} in (select item::bigint from jsonb_array_elements_text(${list}::jsonb) as listed (item))`;
}

const lifecycleIs = (column: Sql, view: View): Sql[] =>
  view === 'ALL' ? [] : [sql`${column} = ${view === 'ACTIVE_ONLY' ? 'active' : 'deleted'}`];
