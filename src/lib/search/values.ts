import { findDuration } from '../time.ts';
import type { Field } from './fields.ts';
import { invalidClause, isKeyword, isSymbol, peek, take } from './cursor.ts';
import type { Cursor } from './cursor.ts';
import { searchError } from './tokens.ts';
import type { Token } from './tokens.ts';

/** The value after a comparator, of the type the field wants. */
export function readValue(cursor: Cursor, field: Field, isPattern: boolean): number | string {
  const token = take(cursor);
  if (token.kind === 'end' || token.kind === 'symbol') throw invalidClause(cursor, token);
  const value = field.type === 'text' ? readText(cursor, field, token) : readNumber(cursor, field, token);
  if (isPattern) checkPattern(String(value), token);
  return value;
}

/** `('a', 'b')`, never empty. */
export function readList(cursor: Cursor, field: Field): number[] | string[] {
  const open = take(cursor);
  if (!isSymbol(open, '(')) throw invalidClause(cursor, open);
  const values: (number | string)[] = [];
  for (;;) {
    const token = take(cursor);
    if (isSymbol(token, ')')) {
      // As Python writes a tuple of one: ('a',).
      if (values.length > 0) return values as number[] | string[];
      throw listError('expected a non-empty list of string values, but got empty list', open);
    }
    values.push(readItem(cursor, field, token));
    const separator = take(cursor);
    if (isSymbol(separator, ')')) return values as number[] | string[];
    if (!isSymbol(separator, ',')) throw listError(ILL_FORMED, separator);
  }
}

const ILL_FORMED = 'expected a non-empty list of string values, but got ill-formed list.';

const listError = (what: string, token: Token) =>
  searchError(`While parsing a list in the query, ${what}`, token.start, token.end);

function readItem(cursor: Cursor, field: Field, token: Token): number | string {
  if (token.kind === 'symbol' || token.kind === 'end') throw listError(ILL_FORMED, token);
  if (field.type !== 'text') return readNumber(cursor, field, token);
  if (token.kind === 'quoted') return token.text;
  const found = cursor.text.slice(token.start, token.end);
  throw listError(
    `expected string value, punctuation, or whitespace, but got different type in list: ${found}`,
    token,
  );
}

const WORDS_FOR = {
  param: 'parameter',
  tag: 'tag',
  metadata: 'metadata',
  attribute: 'attributes',
  dataset: 'dataset attributes',
  metric: 'metric',
  span: 'span',
  feedback: 'feedback',
  expectation: 'expectation',
  issue: 'issue',
  link: 'attributes',
};
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function readText(cursor: Cursor, field: Field, token: Token): string {
  if (token.kind === 'quoted') return token.text;
  if (token.kind === 'word' && cursor.table.bareText) return token.text;
  const found = cursor.text.slice(token.start, token.end);
  if (token.kind === 'word' && NUMBER.test(token.text)) {
    const example = field.entity === 'attribute' || field.entity === 'dataset' ? '.' : " (e.g. 'my-value').";
    const message = `Expected a quoted string value for ${WORDS_FOR[field.entity]}${example} Got value ${found}`;
    throw searchError(message, token.start, token.end);
  }
  if (['TRUE', 'FALSE', 'NULL'].some((keyword) => isKeyword(token, keyword)))
    throw invalidClause(cursor, token);
  const message = `Parameter value is either not quoted or unidentified quote types used for string value ${found}. Use either single or double quotes.`;
  throw searchError(message, token.start, token.end);
}

/** The infinities are stored as the largest doubles. */
const clamped = (number: number): number =>
  Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, number)) + 0;

function readNumber(cursor: Cursor, field: Field, token: Token): number {
  // MLflow takes a quoted number for the number of a version, and only there.
  const mayQuote = field.type === 'number' && field.entity === 'attribute';
  if ((token.kind === 'word' || (token.kind === 'quoted' && mayQuote)) && NUMBER.test(token.text))
    return clamped(Number(token.text));
  if (field.type === 'time') {
    if (isKeyword(token, 'NOW') && isSymbol(peek(cursor), '(')) return readNow(cursor);
    const date =
      token.kind === 'quoted' && /^\d{4}-\d{2}-\d{2}/.test(token.text) ? Date.parse(token.text) : Number.NaN;
    if (!Number.isNaN(date)) return date;
  }
  const found = cursor.text.slice(token.start, token.end);
  const subject = field.entity === 'attribute' ? `numeric attribute: ${field.written}` : field.entity;
  const hint =
    field.type === 'time' ? "Write milliseconds, now() - 7d, or a date such as '2026-03-01'." : undefined;
  throw searchError(
    `Expected numeric value type for ${subject}. Found ${found}`,
    token.start,
    token.end,
    hint,
  );
}

/** After `now`: `()`, then an optional `- 7d` or `+ 1h`, with or without blanks. */
function readNow(cursor: Cursor): number {
  take(cursor);
  const close = take(cursor);
  if (!isSymbol(close, ')')) throw invalidClause(cursor, close);
  const next = peek(cursor);
  if (next.kind !== 'word' || !/^[+-]/.test(next.text)) return cursor.now;
  take(cursor);
  const amount =
    next.text.length === 1 ? take(cursor) : { ...next, text: next.text.slice(1), start: next.start + 1 };
  const duration = amount.kind === 'word' ? findDuration(amount.text) : undefined;
  if (duration !== undefined)
    return next.text.startsWith('-') ? cursor.now - duration : cursor.now + duration;
  throw searchError(
    `'${amount.text}' is not a duration`,
    amount.start,
    amount.end,
    'Write for example: now() - 7d, now() - 1h30m',
  );
}

/** Longest regular expression of a filter, in characters. */
const PATTERN_LIMIT = 500;
/** What no engine with linear time can have; the server's (RE2) refuses it too, without naming the place. */
const BACKTRACKING = /\(\?<?[=!]|\\[1-9]|\\k</;

function checkPattern(pattern: string, token: Token): void {
  const bad = (why: string) =>
    searchError(
      `Invalid regular expression '${pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern}': ${why}`,
      token.start,
      token.end,
    );
  if (pattern.length > PATTERN_LIMIT)
    throw bad(`it has ${pattern.length} characters, at most ${PATTERN_LIMIT} are read`);
  if (BACKTRACKING.test(pattern)) throw bad('look-around and back-references are not supported');
  try {
    new RegExp(pattern);
  } catch (cause) {
    throw bad(cause instanceof Error ? cause.message.replace(/^.*: /, '') : '');
  }
}
