import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../../database/index.ts';
import { filterSql, keyset, type SearchFields, sortTerms, type SortTerm } from '../../../database/search.ts';
import type { Filter, OrderBy } from '../../../lib/search/filter.ts';
import type { Page } from '../../tracking/schema.ts';
import type { ModelRow, VersionRow } from './models.ts';

type Sql = RawBuilder<unknown>;

export interface RegistrySearch {
  project: string;
  filter: Filter | undefined;
  orderBy: readonly OrderBy[];
  limit: number;
  token: string | undefined;
  /** Prompts are rows of the registry too, and shown only when asked for. */
  prompts: boolean;
}

const MODEL_COLUMNS: Record<string, Sql> = {
  name: sql`m.name`,
  creation_timestamp: sql`m.created_at`,
  last_updated_timestamp: sql`m.updated_at`,
};
const VERSION_COLUMNS: Record<string, Sql> = {
  name: sql`m.name`,
  version_number: sql`v.version`,
  run_id: sql`v.run_id`,
  source_path: sql`v.source`,
  creation_timestamp: sql`v.created_at`,
  last_updated_timestamp: sql`v.updated_at`,
};

const modelFields: SearchFields = {
  attribute: (key) => MODEL_COLUMNS[key] ?? sql`null`,
  some(_entity, key, holds) {
    const test = holds ? sql` and ${holds(sql`t.value`)}` : sql``;
    return sql`(exists (select 1 from registered_model_tags t where t.model = m.id and t.key = ${key}${test}))`;
  },
};

const versionFields: SearchFields = {
  attribute: (key) => VERSION_COLUMNS[key] ?? sql`null`,
  some(_entity, key, holds) {
    const test = holds ? sql` and ${holds(sql`t.value`)}` : sql``;
    return sql`(exists (select 1 from model_version_tags t where t.model = v.model and t.version = v.version and t.key = ${key}${test}))`;
  },
};

const order = (key: string, ascending: boolean): OrderBy => ({
  entity: 'attribute',
  key,
  numeric: key !== 'name',
  ascending,
});

const termOf = (fields: SearchFields) => (by: OrderBy) => ({
  value: fields.attribute(by.key),
  nullable: false,
  text: !by.numeric,
});

export async function searchModels(database: Database, search: RegistrySearch): Promise<Page<ModelRow>> {
  const terms = sortTerms([...search.orderBy, order('name', true)], termOf(modelFields), [
    { value: sql`m.id`, nullable: false, text: false, ascending: true },
  ]);
  return page(database, sql`m.*`, sql`registered_models m`, sql`true`, terms, modelFields, search);
}

export async function searchVersions(
  database: Database,
  search: RegistrySearch,
): Promise<Page<VersionRow & { name: string }>> {
  const newest = [order('last_updated_timestamp', false)];
  const by = search.orderBy.length > 0 ? search.orderBy : newest;
  const terms = sortTerms(
    [...by, order('name', true), order('version_number', false)],
    termOf(versionFields),
    [{ value: sql`m.id`, nullable: false, text: false, ascending: true }],
  );
  const from = sql`model_versions v join registered_models m on m.id = v.model`;
  return page(database, sql`v.*, m.name`, from, sql`v.stage <> 'Deleted'`, terms, versionFields, search);
}

async function page<Row>(
  { read, capabilities }: Database,
  columns: Sql,
  from: Sql,
  live: Sql,
  terms: readonly SortTerm[],
  fields: SearchFields,
  search: RegistrySearch,
): Promise<Page<Row>> {
  const { engine } = capabilities;
  const keys = keyset(terms, engine, search.token);
  const conditions = [live, sql`m.project = ${search.project}`, sql`m.is_prompt = ${Number(search.prompts)}`];
  if (search.filter) conditions.push(filterSql(search.filter, fields, engine));
  if (keys.after) conditions.push(keys.after);
  const { rows } = await sql<Record<string, unknown>>`select ${columns}, ${keys.select} from ${from}
    where ${sql.join(conditions, sql` and `)} order by ${keys.orderBy} limit ${search.limit + 1}`.execute(
    read,
  );
  const items = rows.slice(0, search.limit);
  const last = items.at(-1);
  return {
    items: items as Row[],
    token: rows.length > search.limit && last ? keys.tokenOf(last) : undefined,
  };
}
