import type { ASTNode } from '@marcbachmann/cel-js';
import { invalid } from '../errors.ts';

/** Types of columns and results. At run time: int is a number when safe, else a bigint; a timestamp is milliseconds since 1970 UTC. */
export type ColumnType = 'int' | 'double' | 'string' | 'bool' | 'timestamp';

export type Int = number | bigint;
export type Value = Int | string | boolean | null;
export type Row = Record<string, unknown>;

/** A compiled part of an expression: the same meaning as a closure and as DuckDB SQL. */
export interface Node {
  type: ColumnType | 'null' | 'list';
  run: (row: Row) => Value;
  sql: string;
  /** Whether the value can be NaN; DuckDB orders NaN, IEEE does not. */
  nan: boolean;
  /** The elements, when the type is `list`. */
  items?: Node[];
  ast: ASTNode;
}

/** What one compilation knows. */
export interface Scope {
  columns: Record<string, ColumnType>;
  used: Set<string>;
  names: number;
}

/** An error that points at a character (1-based in the text, 0-based in the details). */
export function expressionError(at: { start: number; end: number }, text: string, hint?: string) {
  const details = { position: at.start, end: at.end };
  return invalid(`${text} at character ${at.start + 1} of the expression.`, hint, details);
}

export const typeError = (node: ASTNode, text: string, hint?: string) =>
  expressionError(node.range, text, hint);

const SHORT_SQL = 120;

/**
 * Uses a piece of SQL several times. Short pieces are repeated (DuckDB computes equal ones once), long ones become the
 * parameter of a lambda, so that the text grows linearly with the depth of the expression.
 */
export function bind(scope: Scope, sql: string, use: (name: string) => string): string {
  if (sql.length <= SHORT_SQL) return use(sql);
  scope.names += 1;
  const name = `let_${scope.names}_of_rondo`;
  return `list_transform([${sql}], lambda ${name}: ${use(name)})[1]`;
}

/** SQL of a double with an infinite result made null. */
export const finiteSql = (scope: Scope, sql: string): string =>
  bind(scope, sql, (value) => `CASE WHEN isinf(${value}) THEN NULL ELSE ${value} END`);

export const finite = (value: number): number | null =>
  value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? null : value;

export function toDouble(node: Node): Node {
  if (node.type === 'double') return node;
  const { run } = node;
  const convert = (row: Row) => {
    const value = run(row);
    return value === null ? null : Number(value);
  };
  return { ...node, type: 'double', run: convert, sql: `CAST(${node.sql} AS DOUBLE)`, nan: false };
}

const SQL_TYPES = {
  int: 'BIGINT',
  double: 'DOUBLE',
  string: 'VARCHAR',
  bool: 'BOOLEAN',
  timestamp: 'BIGINT',
};

/** Brings branches to one type: null takes the other's, int and double meet as double. Undefined when they do not meet. */
export function unify(nodes: readonly Node[]): { type: ColumnType | 'null'; nodes: Node[] } | undefined {
  const types = new Set(nodes.map((node) => node.type).filter((type) => type !== 'null'));
  if (types.has('list')) return undefined;
  const numeric = types.size === 2 && types.has('int') && types.has('double');
  if (types.size > 1 && !numeric) return undefined;
  const type = numeric ? 'double' : ([...types][0] as ColumnType | undefined);
  if (!type) return { type: 'null', nodes: [...nodes] };
  const brought = nodes.map((node): Node => {
    if (node.type === 'null') return { ...node, type, sql: `CAST(NULL AS ${SQL_TYPES[type]})` };
    return type === 'double' ? toDouble(node) : node;
  });
  return { type, nodes: brought };
}
