import { invalid } from '../../lib/errors.ts';
import { type ColumnType, compileExpression, type CompiledExpression } from '../../lib/expressions/index.ts';

export type Fill = (row: Record<string, unknown>) => unknown;

const TEMPLATE = /\$\{([^}]*)\}/g;

/**
 * Compiles every `${expression}` inside a JSON value. A text that is one template becomes the expression's value with its
 * type; several, or text around one, make a text. Filling throws INVALID when an expression has no value for the event.
 */
export function compileTemplate(value: unknown, columns: Record<string, ColumnType>): Fill {
  if (typeof value === 'string') return textTemplate(value, columns);
  if (Array.isArray(value)) {
    const items = value.map((item) => compileTemplate(item, columns));
    return (row) => items.map((fill) => fill(row));
  }
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).map(
      ([key, inner]) => [key, compileTemplate(inner, columns)] as const,
    );
    return (row) => Object.fromEntries(entries.map(([key, fill]) => [key, fill(row)]));
  }
  return () => value;
}

function textTemplate(text: string, columns: Record<string, ColumnType>): Fill {
  const pieces: (string | CompiledExpression)[] = [];
  let end = 0;
  for (const match of text.matchAll(TEMPLATE)) {
    if (match.index > end) pieces.push(text.slice(end, match.index));
    pieces.push(compileExpression(match[1] as string, columns));
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined && typeof only !== 'string')
    return (row) => valueOf(only, row);
  return (row) =>
    pieces.map((piece) => (typeof piece === 'string' ? piece : String(valueOf(piece, row)))).join('');
}

function valueOf(expression: CompiledExpression, row: Record<string, unknown>): unknown {
  const value = expression.run(row);
  if (value === null || value === undefined) {
    throw invalid(
      `\${${expression.source}} has no value in this event.`,
      'The event does not carry the field; ask for it in the condition, for example with `!= null`.',
    );
  }
  return typeof value === 'bigint' ? String(value) : value;
}
