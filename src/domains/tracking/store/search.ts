import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../../database/index.ts';
import { filterSql, keyset, type SearchFields, type SortTerm, sortTerms } from '../../../database/search.ts';
import type { Filter, OrderBy } from '../../../lib/search/filter.ts';
import type { Page, View } from '../schema.ts';
import type { ExperimentRow, LoggedModelRow } from './tables.ts';

type Sql = RawBuilder<unknown>;

export interface Search {
  filter: Filter | undefined;
  orderBy: readonly OrderBy[];
  limit: number;
  token: string | undefined;
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
    from: sql`experiments`,
    columns: sql`experiments.*`,
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
    from: sql`logged_models`,
    columns: sql`logged_models.*`,
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
    /** What stands before `select`. */
    before?: Sql;
    from: Sql;
    columns: Sql;
    joins: readonly Sql[];
    where: readonly Sql[];
    terms: readonly SortTerm[];
    fields: SearchFields;
    search: { filter: Filter | undefined; limit: number; token: string | undefined };
  },
): Promise<Page<Row>> {
  const { before = sql``, columns, from, joins, where, terms, fields, search } = query;
  const keys = keyset(terms, engine, search.token);
  const conditions = [...where];
  if (search.filter) conditions.push(filterSql(search.filter, fields, engine));
  if (keys.after) conditions.push(keys.after);
  const { rows } = await sql<Record<string, unknown>>`${before}select ${columns}, ${keys.select}
    from ${from} ${sql.join(joins, sql` `)}
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

export const lifecycleIs = (column: Sql, view: View): Sql[] =>
  view === 'ALL' ? [] : [sql`${column} = ${view === 'ACTIVE_ONLY' ? 'active' : 'deleted'}`];
