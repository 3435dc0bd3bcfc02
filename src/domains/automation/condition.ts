import { invalid } from '../../lib/errors.ts';
import { type ColumnType, compileExpression } from '../../lib/expressions/index.ts';
import type { ConditionPart } from './schema/firing.ts';

export interface Condition {
  /** Fields that decide, by name. */
  columns: string[];
  judge(row: Record<string, unknown>): { met: boolean; parts: ConditionPart[] };
}

/** Compiles the condition of a rule. An absent value makes a comparison unknown, and unknown is not true. */
export function compileCondition(source: string | undefined, columns: Record<string, ColumnType>): Condition {
  if (source === undefined) return { columns: [], judge: () => ({ met: true, parts: [] }) };
  const whole = compileExpression(source, columns);
  if (whole.type !== 'bool') {
    throw invalid(
      `The condition '${source}' gives a ${whole.type}.`,
      'A condition is true or false: compare the value with something.',
    );
  }
  const parts = conjuncts(source).map((part) => compileExpression(part, columns));
  return {
    columns: whole.columns,
    judge: (row) => ({
      met: whole.run(row) === true,
      parts: parts.map((part) => ({
        expression: part.source,
        value: part.run(row) as boolean | null,
        values: Object.fromEntries(part.columns.map((name) => [name, shown(row[name])])),
      })),
    }),
  };
}

const shown = (value: unknown): unknown => (typeof value === 'bigint' ? String(value) : (value ?? null));

/**
 * The parts of `a && b && c`, each on its own, outer parentheses removed. `a || b` and `a ? b : c` are one part, because
 * none of their pieces has to hold.
 */
export function conjuncts(source: string): string[] {
  const text = unwrapped(source);
  const cuts: number[] = [];
  for (const { at, depth } of symbols(text)) {
    if (depth > 0) continue;
    if (text.startsWith('||', at) || text[at] === '?') return [text];
    if (text.startsWith('&&', at)) cuts.push(at);
  }
  if (cuts.length === 0) return [text];
  const starts = [0, ...cuts.map((at) => at + 2)];
  return starts.flatMap((start, index) => conjuncts(text.slice(start, cuts[index])));
}

function unwrapped(source: string): string {
  const text = source.trim();
  if (!text.startsWith('(')) return text;
  for (const { at, depth } of symbols(text)) {
    if (text[at] === ')' && depth === 0) return at === text.length - 1 ? unwrapped(text.slice(1, -1)) : text;
  }
  return text;
}

/** Every character outside of texts and comments, with the depth of parentheses around it. */
function* symbols(text: string): Generator<{ at: number; depth: number }> {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '"' || character === "'") {
      at = endOfText(text, at);
      continue;
    }
    if (text.startsWith('//', at)) {
      const line = text.indexOf('\n', at);
      if (line < 0) return;
      at = line;
      continue;
    }
    if (')]}'.includes(character)) depth--;
    yield { at, depth };
    if ('([{'.includes(character)) depth++;
  }
}

/** Position of the last character of the text literal that begins at `from`. */
function endOfText(text: string, from: number): number {
  const quote = text[from] as string;
  const triple = quote.repeat(3);
  const close = text.startsWith(triple, from) ? triple : quote;
  const raw = /[rR]/.test(text[from - 1] ?? '') && !/\w/.test(text[from - 2] ?? '');
  for (let at = from + close.length; at < text.length; at++) {
    if (text[at] === '\\' && !raw) at++;
    else if (text.startsWith(close, at)) return at + close.length - 1;
  }
  return text.length;
}
