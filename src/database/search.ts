import { checkPattern } from './pattern.ts';
import { postgresPattern } from './postgres/pattern.ts';
import { type RawBuilder, sql } from 'kysely';
import { AppError, defineErrors } from '../lib/errors.ts';
import { storable } from '../lib/storable.ts';
import type { Comparison, Entity, Filter, OrderBy } from '../lib/search/filter.ts';
import type { Capabilities } from './database.ts';

type Sql = RawBuilder<unknown>;

/** Where a searched table keeps what a filter names. */
export interface SearchFields {
  /** A column of the row itself. */
  attribute(key: string): Sql;
  /**
   * Whether one of the row's tags, params, metrics … with this key fulfils `holds`, which gets the value's expression; whether
   * there is one at all when `holds` is left out. `numeric`: it is compared as a number.
   */
  some(entity: Entity, key: string, holds?: (value: Sql) => Sql, numeric?: boolean): Sql;
  /** Entities whose rows have several keys each: comparisons of one that stand beside each other in an AND are of the same row. */
  rows?: {
    entity: Entity;
    /** The value of a key within a row. */
    value(key: string): Sql;
    /** Whether one row fulfils all of these. */
    one(conditions: Sql): Sql;
  };
}

/** One term of a sort. `nan` marks values that come behind all numbers; `nullable` values may be absent and come last. */
export interface SortTerm {
  value: Sql;
  nan?: Sql;
  nullable: boolean;
  text: boolean;
  ascending: boolean;
}

/** The condition of a filter. Absent values fulfil nothing but IS NULL; NOT is true wherever its inside is not. */
export function filterSql(filter: Filter, fields: SearchFields, engine: Capabilities['engine']): Sql {
  switch (filter.kind) {
    case 'and':
      return andSql(filter.items, fields, engine);
    case 'or':
      return sql`(${sql.join(
        filter.items.map((item) => filterSql(item, fields, engine)),
        sql` or `,
      )})`;
    case 'not':
      return sql`(${filterSql(filter.item, fields, engine)} is not true)`;
    case 'comparison':
      return comparisonSql(filter, fields, engine);
  }
}

function andSql(items: readonly Filter[], fields: SearchFields, engine: Capabilities['engine']): Sql {
  const { rows } = fields;
  const together = items.filter(
    (item): item is Comparison =>
      item.kind === 'comparison' && item.entity === rows?.entity && item.comparator !== 'IS NULL',
  );
  const others =
    rows && together.length > 1 ? items.filter((item) => !together.includes(item as never)) : items;
  const parts = others.map((item) => filterSql(item, fields, engine));
  if (rows && together.length > 1) {
    const conditions = together.map((item) => {
      const value = rows.value(item.key);
      return item.comparator === 'IS NOT NULL' ? sql`(${value} is not null)` : holds(value, item, engine);
    });
    parts.push(rows.one(sql.join(conditions, sql` and `)));
  }
  return sql`(${sql.join(parts, sql` and `)})`;
}

function comparisonSql(comparison: Comparison, fields: SearchFields, engine: Capabilities['engine']): Sql {
  const { entity, key, comparator } = comparison;
  if (entity === 'attribute') {
    const value = fields.attribute(key);
    if (comparator === 'IS NULL') return sql`(${value} is null)`;
    if (comparator === 'IS NOT NULL') return sql`(${value} is not null)`;
    return holds(value, comparison, engine);
  }
  if (comparator === 'IS NULL') return sql`(not ${fields.some(entity, key)})`;
  if (comparator === 'IS NOT NULL') return fields.some(entity, key);
  return fields.some(entity, key, (value) => holds(value, comparison, engine), comparison.numeric);
}

/** No pattern has this character, so nothing in a pattern is an escape, as in MLflow. */
const NO_ESCAPE = sql.lit('\u0001');

function holds(field: Sql, { comparator, value, numeric }: Comparison, engine: Capabilities['engine']): Sql {
  switch (comparator) {
    case 'LIKE':
      return sql`(${field} like ${value} escape ${NO_ESCAPE})`;
    case 'ILIKE':
      return sql`(lower(${field}) like lower(${value}) escape ${NO_ESCAPE})`;
    case 'MATCHES':
      checkPattern(String(value));
      return engine === 'sqlite'
        ? sql`(${field} regexp ${value})`
        : sql`(${field} ~ ${postgresPattern(String(value))})`;
    case 'IN':
      return sql`(${field} in ${listSql(value, numeric, engine)})`;
    case 'NOT IN':
      return sql`(${field} not in ${listSql(value, numeric, engine)})`;
    default:
      return sql`(${field} ${sql.raw(comparator)} ${numeric ? numberSql(value as number) : sql`${value}`})`;
  }
}

/** The infinities are stored as the largest doubles; a fraction may not be compared with an integer column as it stands. */
function numberSql(value: number): Sql {
  const finite = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  return Number.isSafeInteger(finite) ? sql`${finite}` : sql`cast(${finite} as double precision)`;
}

/** No database has a text with half a character; its JSON would end the query. */
const whole = (item: unknown) => (typeof item === 'string' ? storable(item) : item);

/** A list of any length is one parameter. */
function listSql(value: Comparison['value'], numeric: boolean, engine: Capabilities['engine']): Sql {
  const list = JSON.stringify(Array.isArray(value) ? value.map(whole) : value);
  if (engine === 'sqlite') return sql`(select value from json_each(${list}))`;
  const item = sql.raw(numeric ? 'item::double precision' : 'item');
  return sql`(select ${item} from jsonb_array_elements_text(${list}::jsonb) as listed (item))`;
}

/** Sort expressions in order: a rank (present, NaN, absent) before each value that needs one. */
function columnsOf(terms: readonly SortTerm[], engine: Capabilities['engine']) {
  return terms.flatMap(({ value, nan, nullable, text, ascending }) => {
    const plain = text && engine === 'postgres' ? sql`${value} collate "C"` : value;
    if (!nullable && !nan) return [{ column: plain, ascending, plain: true }];
    const isNan = nan ? sql`when ${nan} = 1 then 1` : sql``;
    const rank = sql`case when ${value} is null then 2 ${isNan} else 0 end`;
    const filled = text ? sql`coalesce(${plain}, '')` : sql`coalesce(${value}, 0)`;
    return [
      { column: rank, ascending: true, plain: false },
      { column: filled, ascending, plain: false },
    ];
  });
}

/** What one page of a sorted search needs: what to select, how to sort, and the condition of starting behind a token. */
export function keyset(
  terms: readonly SortTerm[],
  engine: Capabilities['engine'],
  token: string | undefined,
): {
  /** Selects the sort values as `k0`, `k1`, …; part of the select list. */
  select: Sql;
  orderBy: Sql;
  after: Sql | undefined;
  /** The sort values of the row that the token stands behind. */
  from: readonly (string | number)[] | undefined;
  tokenOf(row: Record<string, unknown>): string;
} {
  const columns = columnsOf(terms, engine);
  const values = token === undefined ? undefined : decode(token, columns.length);
  return {
    select: sql.join(columns.map(({ column }, index) => sql`${column} as ${sql.ref(`k${index}`)}`)),
    orderBy: sql.join(
      columns.map(({ column, ascending }) => (ascending ? sql`${column}` : sql`${column} desc`)),
    ),
    after: values && behind(columns, values),
    from: values,
    tokenOf: (row) =>
      Buffer.from(JSON.stringify(columns.map((_, index) => row[`k${index}`]))).toString('base64url'),
  };
}

function behind(columns: ReturnType<typeof columnsOf>, values: (string | number)[]): Sql {
  const ways = columns.map(({ column, ascending }, index) => {
    const same = columns.slice(0, index).map((before, at) => sql`${before.column} = ${valueSql(values[at])}`);
    const further = sql`${column} ${sql.raw(ascending ? '>' : '<')} ${valueSql(values[index])}`;
    return sql`(${sql.join([...same, further], sql` and `)})`;
  });
  const any = sql`(${sql.join(ways, sql` or `)})`;
  const first = columns[0];
  // The bound on the first column alone lets the engine start in the middle of an index.
  return first?.plain
    ? sql`(${first.column} ${sql.raw(first.ascending ? '>=' : '<=')} ${valueSql(values[0])} and ${any})`
    : any;
}

const valueSql = (value: string | number | undefined): Sql =>
  typeof value === 'number' ? numberSql(value) : sql`${value}`;

const SEARCH_ERRORS = defineErrors({ INVALID_PARAMETER_VALUE: { status: 400 } });

function decode(token: string, count: number): (string | number)[] {
  try {
    const values = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown;
    if (
      Array.isArray(values) &&
      values.length === count &&
      values.every((value) => typeof value === 'string' || typeof value === 'number')
    )
      return values as (string | number)[];
  } catch {
    // Falls through to the refusal.
  }
  throw new AppError(
    SEARCH_ERRORS.INVALID_PARAMETER_VALUE,
    'Invalid page token, could not decode. It belongs to another search: start that search again without it.',
  );
}

/** Turns parsed `order_by` clauses into sort terms; the same field twice counts once. */
export function sortTerms(
  orders: readonly OrderBy[],
  termOf: (order: OrderBy) => Omit<SortTerm, 'ascending'>,
  tieBreak: readonly SortTerm[],
): SortTerm[] {
  const seen = new Set<string>();
  const terms: SortTerm[] = [];
  for (const order of orders) {
    const name = `${order.extreme ?? order.entity}.${order.key}`;
    if (seen.has(name)) continue;
    seen.add(name);
    terms.push({ ...termOf(order), ascending: order.ascending });
  }
  return [...terms, ...tieBreak];
}
