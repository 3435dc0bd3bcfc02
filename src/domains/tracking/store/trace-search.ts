import { type RawBuilder, sql } from 'kysely';
import type { ReadDatabase } from '../../../database/index.ts';
import { filterSql, type SearchFields, sortTerms } from '../../../database/search.ts';
import type { Filter } from '../../../lib/search/filter.ts';
import { SPAN_ATTRIBUTE } from '../../../lib/search/resources.ts';
import type { Page } from '../schema.ts';
import { TRACE_KEYS } from '../schema/traces.ts';
import { oneOf, page, type Search } from './search.ts';
import type { Engine } from '../../../database/statements.ts';
import type { TraceRow } from './tables.ts';

type Sql = RawBuilder<unknown>;

const COLUMNS: Record<string, Sql> = {
  trace_id: sql`traces.trace_id`,
  name: pairOf('trace_tags', TRACE_KEYS.name),
  status: sql`traces.state`,
  experiment_id: sql`cast(traces.experiment as text)`,
  client_request_id: sql`traces.client_request_id`,
  timestamp_ms: sql`traces.start_ms`,
  execution_time_ms: sql`traces.duration_ms`,
  end_time_ms: sql`(traces.start_ms + coalesce(traces.duration_ms, 0))`,
};

const fieldsOf = (engine: Engine): SearchFields => {
  const spanValue = (key: string): Sql => {
    if (key === 'content') return sql`(s.name || ' ' || s.attributes || ' ' || s.body)`;
    return key.startsWith(SPAN_ATTRIBUTE)
      ? plainText(engine, key.slice(SPAN_ATTRIBUTE.length))
      : sql`s.${sql.ref(key)}`;
  };
  const someSpan = (conditions: Sql): Sql =>
    sql`(exists (select 1 from trace_spans s where s.trace = traces.id and ${conditions}))`;
  return {
    attribute: (key) => COLUMNS[key] ?? sql.ref(`traces.${key}`),
    rows: { entity: 'span', value: spanValue, one: someSpan },
    some(entity, key, holds, numeric) {
      if (entity === 'span') {
        const value = spanValue(key);
        return someSpan(holds ? holds(value) : sql`${value} is not null`);
      }
      if (entity === 'feedback' || entity === 'expectation') {
        const test = holds ? sql` and ${holds(numeric ? sql`a.amount` : sql`a.text`)}` : sql``;
        return sql`(exists (select 1 from trace_assessments a where a.trace = traces.id and a.kind = ${entity} and a.name = ${key} and a.valid = 1${test}))`;
      }
      if (entity === 'issue') {
        const test = holds ? sql` and ${holds(sql`a.name`)}` : sql``;
        return sql`(exists (select 1 from trace_assessments a where a.trace = traces.id and a.kind = 'issue'${test}))`;
      }
      if (entity === 'link') {
        const test = holds ? sql` and ${holds(sql`l.target`)}` : sql``;
        return sql`(exists (select 1 from trace_links l where l.trace = traces.id and l.kind = ${key}${test}))`;
      }
      const table = sql.ref(entity === 'tag' ? 'trace_tags' : 'trace_metadata');
      const test = holds ? sql` and ${holds(sql`p.value`)}` : sql``;
      return sql`(exists (select 1 from ${table} p where p.trace = traces.id and p.key = ${key}${test}))`;
    },
  };
};

/** The value of a span's attribute; texts without their quotes. */
function plainText(engine: Engine, key: string): Sql {
  if (engine === 'sqlite')
    return sql`(select case when substr(j.value, 1, 1) = '"' then json_extract(j.value, '$') else j.value end from json_each(s.attributes) j where j.key = ${key})`;
  const value = sql`(s.attributes::jsonb ->> ${key})`;
  return sql`(case when left(${value}, 1) = '"' then ${value}::jsonb #>> '{}' else ${value} end)`;
}

/** How many traces fulfil a base filter (all do without one), of those one of two filters, and both. */
export async function countTraces(
  { read, capabilities: { engine } }: ReadDatabase,
  scope: { project: string; experiments: readonly number[] },
  [first, second, base]: readonly (Filter | undefined)[],
): Promise<{ total: number; first: number; second: number; both: number }> {
  const fields = fieldsOf(engine);
  const [one, other] = [first, second].map((filter) =>
    filter ? filterSql(filter, fields, engine) : sql`1 = 1`,
  );
  const where = [
    sql`traces.project = ${scope.project}`,
    oneOf(sql`traces.experiment`, scope.experiments, engine),
    ...(base ? [filterSql(base, fields, engine)] : []),
  ];
  const { rows } = await sql<{ total: number; first: number; second: number; both: number }>`
    select count(*) as total, count(case when f.one then 1 end) as first, count(case when f.other then 1 end) as second,
      count(case when f.one and f.other then 1 end) as "both"
    from (select (${one}) as one, (${other}) as other from traces where ${sql.join(where, sql` and `)}) f`.execute(
    read,
  );
  return rows[0] ?? { total: 0, first: 0, second: 0, both: 0 };
}

function pairOf(table: 'trace_tags' | 'trace_metadata', key: string): Sql {
  return sql`(select p.value from ${sql.ref(table)} p where p.trace = traces.id and p.key = ${key})`;
}

const TEXTS = ['trace_id', 'name', 'status', 'experiment_id', 'client_request_id'];
const NULLABLE = ['name', 'client_request_id', 'execution_time_ms'];

/** Traces of the given experiments in the order asked for; ties go to the one that began last, then by id. */
export async function searchTraceRows(
  { read, capabilities }: ReadDatabase,
  scope: { project: string; experiments: readonly number[] },
  search: Search,
): Promise<Page<TraceRow>> {
  const fields = fieldsOf(capabilities.engine);
  const terms = sortTerms(
    search.orderBy,
    ({ entity, key }) => {
      if (entity === 'attribute')
        return { value: fields.attribute(key), nullable: NULLABLE.includes(key), text: TEXTS.includes(key) };
      const value =
        entity === 'link'
          ? pairOf('trace_metadata', key === 'run' ? TRACE_KEYS.sourceRun : key)
          : pairOf(entity === 'tag' ? 'trace_tags' : 'trace_metadata', key);
      return { value, nullable: true, text: true };
    },
    [
      { value: sql`traces.start_ms`, nullable: false, text: false, ascending: false },
      { value: sql`traces.trace_id`, nullable: false, text: true, ascending: true },
    ],
  );
  const where = [
    sql`traces.project = ${scope.project}`,
    oneOf(sql`traces.experiment`, scope.experiments, capabilities.engine),
  ];
  return page<TraceRow>(read, capabilities.engine, {
    from: sql`traces`,
    columns: sql`traces.*`,
    joins: [],
    where,
    terms,
    fields,
    search,
  });
}
