/** What a filter asks, independent of its spelling and of where the rows live. */
export type Filter = { kind: 'and' | 'or'; items: Filter[] } | { kind: 'not'; item: Filter } | Comparison;

export type Entity =
  | 'attribute'
  | 'metric'
  | 'param'
  | 'tag'
  | 'dataset'
  | 'metadata'
  | 'span'
  | 'feedback'
  | 'expectation'
  | 'issue'
  | 'link';

export type Comparator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'LIKE'
  | 'ILIKE'
  /** A regular expression that matches somewhere in the text. */
  | 'MATCHES'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL';

/**
 * Compared with something absent, every comparator but IS NULL is false, also `!=` and NOT IN, as in MLflow; NOT (…) is true
 * wherever its inside is not.
 */
export interface Comparison {
  kind: 'comparison';
  entity: Entity;
  /** The canonical key; aliases are resolved. */
  key: string;
  /** Whether `value` is a number (or numbers). Times are milliseconds since 1970 UTC. */
  numeric: boolean;
  comparator: Comparator;
  /** A list for IN and NOT IN, null for IS NULL and IS NOT NULL. */
  value: number | string | number[] | string[] | null;
}

export interface OrderBy {
  entity: Entity;
  key: string;
  numeric: boolean;
  ascending: boolean;
  /** Of a metric: by this of all its points, not by the last of them. */
  extreme?: 'lowest' | 'highest' | undefined;
}

export type FieldValue = string | number | null | undefined;

/**
 * Whether one row fulfils a filter, for rows in memory. `read` gives the value of a field, or all of them where a row has
 * several (datasets): then one that fulfils a comparison is enough.
 */
export function matchesFilter(
  filter: Filter,
  read: (entity: Entity, key: string) => FieldValue | FieldValue[],
): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.items.every((item) => matchesFilter(item, read));
    case 'or':
      return filter.items.some((item) => matchesFilter(item, read));
    case 'not':
      return !matchesFilter(filter.item, read);
    case 'comparison': {
      const field = read(filter.entity, filter.key);
      const values = (Array.isArray(field) ? field : [field]).filter((value) => value != null);
      if (filter.comparator === 'IS NULL') return values.length === 0;
      return values.some((value) => compare(value, filter));
    }
  }
}

/** LIKE as SQL has it: % is any run of characters, _ is one, everything else itself, the whole text must fit. */
export function likeToRegExp(pattern: string, ignoreCase = false): RegExp {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${source}$`, ignoreCase ? 'isu' : 'su');
}

/** A filter as text that `parseFilter` reads back to the same filter. */
export function printFilter(filter: Filter): string {
  if (filter.kind === 'not') return `NOT (${printFilter(filter.item)})`;
  if (filter.kind !== 'comparison') {
    return filter.items
      .map((item) => (item.kind === 'comparison' ? printFilter(item) : `(${printFilter(item)})`))
      .join(` ${filter.kind.toUpperCase()} `);
  }
  const field = `${filter.entity === 'param' ? 'params' : filter.entity}.${printKey(filter.key)}`;
  const { comparator, value } = filter;
  if (value === null) return `${field} ${comparator}`;
  return `${field} ${comparator} ${Array.isArray(value) ? `(${value.map(printValue).join(', ')})` : printValue(value)}`;
}

const printKey = (key: string): string => (/^\w+$/.test(key) ? key : `\`${key.replaceAll('`', '``')}\``);

const printValue = (value: string | number): string =>
  typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;

/** By code points, as the databases match; a pattern that is none by these stricter rules is taken as it is. */
function toRegExp(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return new RegExp(pattern);
  }
}

function compare(field: string | number, { comparator, value, numeric }: Comparison): boolean {
  const left = numeric ? Number(field) : String(field);
  switch (comparator) {
    case '=':
      return left === value;
    case '!=':
      return left !== value;
    case '<':
      return left < (value as number | string);
    case '<=':
      return left <= (value as number | string);
    case '>':
      return left > (value as number | string);
    case '>=':
      return left >= (value as number | string);
    case 'LIKE':
      return likeToRegExp(String(value)).test(String(left));
    case 'ILIKE':
      return likeToRegExp(String(value), true).test(String(left));
    case 'MATCHES':
      return toRegExp(String(value)).test(String(left));
    case 'IN':
      return (value as FieldValue[]).includes(left);
    case 'NOT IN':
      return !(value as FieldValue[]).includes(left);
    case 'IS NULL':
      return false;
    case 'IS NOT NULL':
      return true;
  }
}
