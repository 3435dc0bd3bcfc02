import { invalid } from '../errors.ts';
import type { Comparator, Comparison, Filter, OrderBy } from './filter.ts';
import { readField } from './fields.ts';
import {
  EITHER_COMPARATORS,
  NUMBER_COMPARATORS,
  RESOURCES,
  SIZE_COMPARATORS,
  TEXT_COMPARATORS,
} from './resources.ts';
import type { ResourceTable, SearchResource } from './resources.ts';
import { invalidClause, isKeyword, isSymbol, peek, take } from './cursor.ts';
import type { Cursor } from './cursor.ts';
import { searchError, tokenize } from './tokens.ts';
import type { Token } from './tokens.ts';
import { readList, readValue } from './values.ts';

const MAX_LENGTH = 1_000_000;
const MAX_DEPTH = 100;
/** SQLite reads patterns of up to 50,000 bytes. */
const MAX_LIKE = 10_000;
/** What both databases can do in one statement, together. */
const MAX_COMPARISONS = 500;
const MAX_ORDERS = 50;

/**
 * Parses a filter: MLflow's grammar plus OR, NOT, parentheses, MATCHES (RLIKE), IS NULL everywhere, IN everywhere and
 * `now() - 7d` or a quoted ISO date for times. Undefined for an empty filter, which matches everything.
 * Throws INVALID, in MLflow's words where MLflow has some, with `details.position`.
 */
export function parseFilter(
  text: string,
  resource: SearchResource,
  now: number = Date.now(),
): Filter | undefined {
  if (text.length > MAX_LENGTH)
    throw invalid(`A filter of ${text.length} characters is too long.`, `At most ${MAX_LENGTH}.`);
  const cursor: Cursor = {
    text,
    tokens: tokenize(text),
    at: 0,
    table: RESOURCES[resource],
    now,
    comparisons: 0,
  };
  skipAnds(cursor);
  if (peek(cursor).kind === 'end') return undefined;
  const filter = readOr(cursor, 0);
  const rest = peek(cursor);
  if (rest.kind === 'end') return filter;
  if (isSymbol(rest, ';')) {
    const message = `Search filter contained multiple expression '${text}'. Provide AND-ed expression list.`;
    throw searchError(message, rest.start, rest.end);
  }
  throw invalidClause(cursor, rest);
}

/** Parses order_by clauses: `metrics.auc DESC`. Absent values come last in both directions. Throws INVALID. */
export function parseOrderBy(clauses: readonly string[], resource: SearchResource): OrderBy[] {
  checkOrders(clauses.length);
  return clauses.map((clause) => readOrderBy(clause, RESOURCES[resource]));
}

export function checkOrders(count: number): void {
  if (count > MAX_ORDERS) throw invalid(`At most ${MAX_ORDERS} order_by clauses can be given, not ${count}.`);
}

/** An AND that joins nothing is passed over, as MLflow does: programs put filters together from parts that may be empty. */
function skipAnds(cursor: Cursor): void {
  while (isKeyword(peek(cursor), 'AND')) take(cursor);
}

function readOr(cursor: Cursor, depth: number): Filter {
  return readJoined(cursor, 'or', () => readAnd(cursor, depth));
}

function readAnd(cursor: Cursor, depth: number): Filter {
  return readJoined(cursor, 'and', () => readNot(cursor, depth));
}

function readJoined(cursor: Cursor, kind: 'and' | 'or', readItem: () => Filter): Filter {
  const items = [readItem()];
  while (isKeyword(peek(cursor), kind.toUpperCase())) {
    take(cursor);
    if (kind === 'and') {
      skipAnds(cursor);
      if (peek(cursor).kind === 'end') break;
    }
    items.push(readItem());
  }
  return items.length === 1 ? (items[0] as Filter) : { kind, items };
}

function readNot(cursor: Cursor, depth: number): Filter {
  const token = peek(cursor);
  if (depth > MAX_DEPTH)
    throw searchError(`More than ${MAX_DEPTH} levels of parentheses`, token.start, token.end);
  if (isKeyword(token, 'NOT')) {
    take(cursor);
    return { kind: 'not', item: readNot(cursor, depth + 1) };
  }
  if (!isSymbol(token, '(')) return readComparison(cursor);
  take(cursor);
  const inner = readOr(cursor, depth + 1);
  const close = take(cursor);
  if (!isSymbol(close, ')')) throw invalidClause(cursor, close);
  return inner;
}

function readComparison(cursor: Cursor): Comparison {
  const first = peek(cursor);
  if (++cursor.comparisons > MAX_COMPARISONS) {
    const message = `More than ${MAX_COMPARISONS} comparisons`;
    throw searchError(message, first.start, first.end, 'IN takes any number of values.');
  }
  const named = readField(cursor);
  const at = peek(cursor);
  const comparator = readComparator(cursor);
  const allowed =
    { text: TEXT_COMPARATORS, either: EITHER_COMPARATORS }[named.type as string] ?? NUMBER_COMPARATORS;
  if (!allowed.includes(comparator as Comparator)) {
    const message = `Invalid comparator '${comparator}' not one of '${allowed.join("', '")}'`;
    throw searchError(message, at.start, at.end, comparator === '==' ? 'Write = once.' : undefined);
  }
  const field = named.type === 'either' ? { ...named, type: typeFor(comparator) } : named;
  const { entity, key } = field;
  const base = {
    kind: 'comparison' as const,
    entity,
    key,
    numeric: field.type !== 'text',
    comparator: comparator as Comparator,
  };
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') return { ...base, value: null };
  if (comparator === 'IN' || comparator === 'NOT IN') return { ...base, value: readList(cursor, field) };
  const { start, end } = peek(cursor);
  const value = readValue(cursor, field, comparator === 'MATCHES');
  if (comparator.endsWith('LIKE') && String(value).length > MAX_LIKE)
    throw searchError(`A pattern of more than ${MAX_LIKE} characters`, start, end);
  return { ...base, value };
}

const typeFor = (comparator: string): 'number' | 'text' =>
  SIZE_COMPARATORS.includes(comparator) ? 'number' : 'text';

const WORD_COMPARATORS: Record<string, string> = {
  LIKE: 'LIKE',
  ILIKE: 'ILIKE',
  MATCHES: 'MATCHES',
  RLIKE: 'MATCHES',
  IN: 'IN',
};

/** A comparator in its one spelling; an unknown symbol as it stands, so that the caller can name the valid ones. */
function readComparator(cursor: Cursor): string {
  const token = take(cursor);
  if (token.kind === 'symbol' && /^[=!<>~]/.test(token.text) && token.text !== '!')
    return token.text === '<>' ? '!=' : token.text;
  if (token.kind !== 'word') throw invalidClause(cursor, token);
  const word = token.text.toUpperCase();
  if (Object.hasOwn(WORD_COMPARATORS, word)) return WORD_COMPARATORS[word] as string;
  if (word === 'NOT' && isKeyword(peek(cursor), 'IN')) {
    take(cursor);
    return 'NOT IN';
  }
  if (word === 'IS') {
    const negated = isKeyword(peek(cursor), 'NOT');
    if (negated) take(cursor);
    const last = take(cursor);
    if (isKeyword(last, 'NULL')) return negated ? 'IS NOT NULL' : 'IS NULL';
    throw invalidClause(cursor, last);
  }
  throw invalidClause(cursor, token);
}

function readOrderBy(clause: string, table: ResourceTable): OrderBy {
  const unparsable = () =>
    invalid(
      `Invalid order_by clause '${clause}'. Could not be parsed.`,
      'Write for example: metrics.auc DESC',
    );
  let tokens: Token[];
  try {
    tokens = tokenize(clause);
  } catch {
    throw unparsable();
  }
  const cursor: Cursor = { text: clause, tokens, at: 0, table, now: 0, comparisons: 0 };
  if (peek(cursor).kind === 'end' || peek(cursor).kind === 'symbol') throw unparsable();
  const field = readField(cursor);
  const direction = take(cursor);
  if (peek(cursor).kind !== 'end') throw unparsable();
  if (direction.kind === 'symbol' || direction.kind === 'quoted' || direction.kind === 'ticked')
    throw unparsable();
  const word = direction.text.toUpperCase();
  if (!['', 'ASC', 'DESC'].includes(word))
    throw invalid(`Invalid ordering key in order_by clause '${clause}'.`, 'Write ASC or DESC.');
  if (!table.orderable.includes(field.entity))
    throw invalid(`Invalid order_by entity: ${field.entity} in '${clause}'`);
  return { entity: field.entity, key: field.key, numeric: field.type !== 'text', ascending: word !== 'DESC' };
}
