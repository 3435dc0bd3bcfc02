import { invalid } from '../../lib/errors.ts';

const CLASSES: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_', s: '\\t\\n\\f\\r ' };
/** PostgreSQL's own borders of words know letters of every script. */
const BORDERS: Readonly<Record<string, string>> = {
  A: '\\A',
  z: '\\Z',
  b: '(?:(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])|(?<![A-Za-z0-9_])(?=[A-Za-z0-9_]))',
  B: '(?:(?<=[A-Za-z0-9_])(?=[A-Za-z0-9_])|(?<![A-Za-z0-9_])(?![A-Za-z0-9_]))',
};
const NAMED: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: '\\t ',
  digit: '0-9',
  lower: 'a-z',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: 'A-Za-z0-9_',
  xdigit: '0-9A-Fa-f',
};
/** PostgreSQL's longest repetition. */
const MOST_TIMES = 255;

/**
 * A regular expression of RE2 that RE2 itself has read, in PostgreSQL's words: `.` is no new line, `\w` is ASCII, `\b` a border of a word.
 * Throws INVALID for the few things that PostgreSQL has no words for.
 */
export function postgresPattern(pattern: string): string {
  const [given = '', flags = ''] = /^\(\?([imsU]+)\)/.exec(pattern) ?? [];
  const options = `${flags.includes('i') ? 'i' : ''}${flags.includes('m') ? 'w' : ''}`;
  const dot = flags.includes('s') ? '.' : '[^\\n]';
  const reader = new Reader(pattern, given.length);
  let text = options === '' ? '' : `(?${options})`;
  while (!reader.isAtEnd) text += piece(reader, dot);
  return text;
}

/** One piece outside of brackets. */
function piece(reader: Reader, dot: string): string {
  const quoted = reader.take(/\\Q([^]*?)(?:\\E|$)/y);
  if (quoted) return Array.from(quoted[1] ?? '', literal).join('');
  const border = reader.take(/\\([bBAz])/y);
  if (border) return BORDERS[border[1] ?? ''] ?? '';
  const none = reader.take(/\\([DWS])/y);
  if (none) return `[^${CLASSES[(none[1] ?? '').toLowerCase()]}]`;
  const some = reader.take(/\\([dws])/y);
  if (some) return `[${CLASSES[some[1] ?? '']}]`;
  const negated = reader.take(/\[(\^?)(?=[^])/y);
  if (negated) return `[${negated[1]}${members(reader)}]`;
  if (reader.take(/\./y)) return dot;
  if (reader.take(/\(\?P?<\w+>/y)) return '(';
  if (reader.take(/\(\?:/y)) return '(?:';
  if (reader.take(/\(\?/y)) throw reader.refuse('flags within the pattern');
  const times = reader.take(/\{(\d+)(?:,(\d*))?\}/y);
  if (times) {
    if (Math.max(Number(times[1]), Number(times[2] ?? 0)) > MOST_TIMES)
      throw reader.refuse(`more than ${MOST_TIMES} repetitions`);
    return times[0];
  }
  if (reader.take(/\{/y)) return '\\{';
  return character(reader) ?? reader.next();
}

/** What stands between brackets, behind `[` or `[^`; the bracket that ends it is taken too. */
function members(reader: Reader): string {
  let text = reader.take(/\]/y) ? '\\]' : '';
  while (!reader.take(/\]/y)) {
    if (reader.isAtEnd) throw reader.refuse('an open bracket');
    const named = reader.take(/\[:(\^?)(\w+):\]/y);
    const known = named?.[1] === '' ? NAMED[named[2] ?? ''] : undefined;
    if (named && known === undefined) throw reader.refuse(named[0]);
    const some = reader.take(/\\([dws])/y);
    if (known !== undefined) text += known;
    else if (some) text += CLASSES[some[1] ?? ''] ?? '';
    else if (reader.take(/\\[DWSQ]/y)) throw reader.refuse('the opposite of a class between brackets');
    else if (reader.take(/\[/y)) text += '\\[';
    else text += character(reader) ?? reader.next();
  }
  return text;
}

/** One character that is written with a backslash. */
function character(reader: Reader): string | undefined {
  const code = reader.take(/\\x(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2}))/y);
  if (code) return `\\U${(code[1] ?? code[2] ?? '').padStart(8, '0')}`;
  const control = reader.take(/\\[afnrtv]/y);
  if (control) return control[0];
  const unknown = reader.take(/\\[A-Za-z0-9]/y);
  if (unknown) throw reader.refuse(unknown[0]);
  return reader.take(/\\[^]/uy)?.[0];
}

const literal = (character: string) =>
  /[A-Za-z0-9\s\u0080-\u{10ffff}]/u.test(character) ? character : `\\${character}`;

class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** What the sticky expression matches here, taken. */
  take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text) ?? undefined;
    if (found) this.#at += found[0].length;
    return found;
  }

  next(): string {
    return this.take(/[^]/uy)?.[0] ?? '';
  }

  refuse(what: string) {
    return invalid(
      `Invalid regular expression '${this.#text.slice(0, 80)}': PostgreSQL does not have ${what}.`,
      'Write it another way.',
    );
  }
}
