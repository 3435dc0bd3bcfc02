import type { ResourceTable } from './resources.ts';
import { searchError } from './tokens.ts';
import type { Token } from './tokens.ts';

/** Where the parser stands. */
export interface Cursor {
  text: string;
  tokens: Token[];
  at: number;
  table: ResourceTable;
  /** What `now()` means, milliseconds since 1970 UTC. */
  now: number;
  /** How many comparisons were read. */
  comparisons: number;
}

/** The next token; past the end, the end token. */
export const peek = (cursor: Cursor): Token =>
  cursor.tokens[Math.min(cursor.at, cursor.tokens.length - 1)] as Token;

export function take(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.at += 1;
  return token;
}

export const isKeyword = (token: Token, keyword: string): boolean =>
  token.kind === 'word' && token.text.toUpperCase() === keyword;

export const isSymbol = (token: Token, symbol: string): boolean =>
  token.kind === 'symbol' && token.text === symbol;

/** MLflow's word for everything that does not parse, pointing at the first character that does not. */
export function invalidClause(cursor: Cursor, token: Token) {
  const rest = cursor.text.slice(token.start) || cursor.text;
  const hint =
    token.kind === 'end'
      ? 'The filter ends too early.'
      : "Write for example: metrics.auc > 0.9 AND params.model = 'tree'";
  return searchError(`Invalid clause(s) in filter string: '${rest}'`, token.start, token.end, hint);
}
