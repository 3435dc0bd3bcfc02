import { invalid } from '../errors.ts';

export interface Token {
  /** `word`: anything unquoted; `quoted`: '…' or "…"; `ticked`: `…`; `symbol`: a comparator, parenthesis, comma or semicolon; `end`. */
  kind: 'word' | 'quoted' | 'ticked' | 'symbol' | 'end';
  /** Without quotes; doubled quotes inside stand for one. */
  text: string;
  start: number;
  end: number;
}

/** Characters of a message; what a filter says may be longer. */
const MESSAGE_LENGTH = 600;

/** An error that points at a character (1-based in the text, 0-based in the details). */
export function searchError(message: string, start: number, end: number, hint?: string) {
  const said = message.length > MESSAGE_LENGTH ? `${message.slice(0, MESSAGE_LENGTH)}…` : message;
  return invalid(`${said} (character ${start + 1})`, hint, { position: start, end });
}

const SPACE = /\s+/y;
const SYMBOL = /==|!=|<>|<=|>=|~=|[=<>~(),;!]/y;
const WORD = /[^\s'"`=!<>~(),;]+/y;

/** Cuts a filter into tokens; the last is `end`. Throws INVALID at a quote that is never closed. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const space = match(SPACE, text, at);
    if (space) {
      at += space.length;
      continue;
    }
    const token = next(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return tokens;
}

function next(text: string, at: number): Token {
  const first = text[at] as string;
  if (first === "'" || first === '"' || first === '`') return quoted(text, at, first);
  const symbol = match(SYMBOL, text, at);
  if (symbol) return { kind: 'symbol', text: symbol, start: at, end: at + symbol.length };
  const word = match(WORD, text, at) as string;
  return { kind: 'word', text: word, start: at, end: at + word.length };
}

function quoted(text: string, start: number, quote: string): Token {
  let value = '';
  let at = start + 1;
  for (;;) {
    const close = text.indexOf(quote, at);
    if (close < 0) {
      const rest = text.slice(start);
      throw searchError(
        `Invalid clause(s) in filter string: '${rest}'`,
        start,
        text.length,
        `The ${quote} is never closed.`,
      );
    }
    value += text.slice(at, close);
    if (text[close + 1] !== quote)
      return { kind: quote === '`' ? 'ticked' : 'quoted', text: value, start, end: close + 1 };
    value += quote;
    at = close + 2;
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
