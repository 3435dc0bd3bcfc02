import type { ASTNode } from '@marcbachmann/cel-js';
import { toInt } from './int64.ts';
import { expressionError, typeError } from './node.ts';
import type { ColumnType, Node, Row, Scope, Value } from './node.ts';
import { sqlText } from './text.ts';

/** A literal. `negative` folds the sign in, so that the smallest 64-bit integer can be written. */
export function literal(ast: ASTNode, value: unknown, negative = false): Node {
  const sign = negative ? '-' : '';
  if (typeof value === 'bigint') {
    const int = toInt(negative ? -value : value);
    if (int === null) throw typeError(ast, 'A number beyond 64 bits');
    return constant(ast, 'int', int, `CAST(${sign}${value} AS BIGINT)`);
  }
  if (typeof value === 'number')
    return constant(ast, 'double', negative ? -value : value, doubleSql(negative ? -value : value));
  if (typeof value === 'string') return constant(ast, 'string', value, sqlText(value));
  if (typeof value === 'boolean') return constant(ast, 'bool', value, value ? 'TRUE' : 'FALSE');
  if (value === null) return constant(ast, 'null', null, 'NULL');
  throw typeError(ast, 'A literal of an unsupported type', 'Use numbers, texts, true, false or null.');
}

/** `name` or `a.b.c`: the column of exactly that (dotted) name. */
export function column(scope: Scope, ast: ASTNode): Node {
  const name = dottedName(ast);
  if (name === undefined)
    throw typeError(ast, 'A field of a computed value', 'A dot may only join the parts of a column name.');
  const type = Object.hasOwn(scope.columns, name) ? scope.columns[name] : undefined;
  if (!type) throw expressionError(ast.range, `Unknown column '${name}'`, knownColumns(scope));
  scope.used.add(name);
  const quoted = `"${name.replaceAll('"', '""')}"`;
  return { ast, type, run: READERS[type](name), sql: COLUMN_SQL[type](quoted), nan: type === 'double' };
}

/** `a.b.c` as one name; undefined when it does not start with a name. */
export function dottedName(ast: ASTNode): string | undefined {
  if (ast.op === 'id') return ast.args;
  if (ast.op !== '.') return undefined;
  const owner = dottedName(ast.args[0]);
  return owner === undefined ? undefined : `${owner}.${ast.args[1]}`;
}

export function constant(ast: ASTNode, type: Node['type'], value: Value, sql: string): Node {
  return { ast, type, run: () => value, sql, nan: false };
}

/** With an exponent DuckDB reads a DOUBLE; without one it would go through DECIMAL. */
const doubleSql = (value: number): string => {
  const text = String(value);
  return text.includes('e') ? text : Object.is(value, -0) ? '(-0e0)' : `${text}e0`;
};

const COLUMN_SQL: Record<ColumnType, (quoted: string) => string> = {
  int: (quoted) => `CAST(${quoted} AS BIGINT)`,
  double: (quoted) => `CAST(${quoted} AS DOUBLE)`,
  string: (quoted) => `CAST(${quoted} AS VARCHAR)`,
  bool: (quoted) => `CAST(${quoted} AS BOOLEAN)`,
  timestamp: (quoted) => `epoch_ms(${quoted})`,
};

/** Reading is forgiving to types that mean the same and gives null for everything else. */
const READERS: Record<ColumnType, (name: string) => (row: Row) => Value> = {
  int: (name) => (row) => {
    const value = row[name];
    if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : wholeBeyondSafe(value);
    return typeof value === 'bigint' ? toInt(value) : null;
  },
  double: (name) => (row) => {
    const value = row[name];
    if (typeof value === 'number') return value;
    return typeof value === 'bigint' ? Number(value) : null;
  },
  string: (name) => (row) => (typeof row[name] === 'string' ? row[name] : null),
  bool: (name) => (row) => (typeof row[name] === 'boolean' ? row[name] : null),
  timestamp: (name) => (row) => {
    const value = row[name];
    const ms = value instanceof Date ? value.getTime() : typeof value === 'bigint' ? Number(value) : value;
    return typeof ms === 'number' && Number.isFinite(ms) ? Math.floor(ms) : null;
  },
};

const wholeBeyondSafe = (value: number) => (Number.isInteger(value) ? toInt(BigInt(value)) : null);

function knownColumns(scope: Scope): string {
  const names = Object.keys(scope.columns);
  if (names.length === 0) return 'There are no columns here.';
  const shown = names.slice(0, 20).join(', ');
  return `Columns: ${shown}${names.length > 20 ? ` and ${names.length - 20} more` : ''}.`;
}
