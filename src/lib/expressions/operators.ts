import type { ASTNode } from '@marcbachmann/cel-js';
import * as int64 from './int64.ts';
import { bind, finite, finiteSql, toDouble, typeError, unify } from './node.ts';
import type { Int, Node, Row, Scope, Value } from './node.ts';
import { compareText } from './text.ts';

type Arithmetic = '+' | '-' | '*' | '/' | '%';
type Ordering = '<' | '<=' | '>' | '>=';

export function arithmetic(scope: Scope, ast: ASTNode, op: Arithmetic, a: Node, b: Node): Node {
  if (op === '+' && a.type === 'string' && b.type === 'string') {
    const run = lift<string>(a, b, (x, y) => x + y);
    return { ast, type: 'string', run, sql: `(${a.sql} || ${b.sql})`, nan: false };
  }
  if (!isNumeric(a) || !isNumeric(b)) throw noOperator(ast, op, a, b);
  if (a.type === 'int' && b.type === 'int') {
    const run = lift<Int>(a, b, INT_OPERATIONS[op]);
    return { ast, type: 'int', run, sql: `TRY(${a.sql} ${op === '/' ? '//' : op} ${b.sql})`, nan: false };
  }
  if (op === '%') throw typeError(ast, 'A remainder of doubles', 'Use % on ints, for example int(x) % 2.');
  return doubleArithmetic(scope, ast, op, toDouble(a), toDouble(b));
}

export function negate(ast: ASTNode, a: Node): Node {
  if (a.type === 'double') return { ...a, ast, run: map<number>(a, (x) => -x), sql: `(-(${a.sql}))` };
  if (a.type === 'int') return { ...a, ast, run: map<Int>(a, int64.negateInt), sql: `TRY(-(${a.sql}))` };
  throw typeError(ast, `No - for ${a.type}`);
}

export function equality(scope: Scope, ast: ASTNode, op: '==' | '!=', a: Node, b: Node): Node {
  if (a.type === 'null' || b.type === 'null') return nullTest(ast, op, a.type === 'null' ? b : a);
  const both = unify([a, b]);
  if (!both) throw noOperator(ast, op, a, b);
  const [x, y] = both.nodes as [Node, Node];
  const equal = lift<Exclude<Value, null>>(x, y, (p, q) => p === q);
  const unequal = lift<Exclude<Value, null>>(x, y, (p, q) => p !== q);
  const symbol = op === '==' ? '=' : '<>';
  const sql =
    x.nan && y.nan ? guardNan(scope, symbol, x, y, y, op === '!=') : `(${x.sql} ${symbol} ${y.sql})`;
  return { ast, type: 'bool', run: op === '==' ? equal : unequal, sql, nan: false };
}

export function ordering(scope: Scope, ast: ASTNode, op: Ordering, a: Node, b: Node): Node {
  const both = unify([a, b]);
  if (!both || both.type === 'null' || a.type === 'null' || b.type === 'null')
    throw noOperator(ast, op, a, b);
  const [x, y] = both.nodes as [Node, Node];
  const run = both.type === 'string' ? lift<string>(x, y, TEXT_ORDER[op]) : lift<Int>(x, y, NUMBER_ORDER[op]);
  // DuckDB holds NaN above every number, so only the side that may be the larger one misleads.
  const larger = op.startsWith('<') ? y : x;
  const sql = larger.nan ? guardNan(scope, op, x, y, larger, false) : `(${x.sql} ${op} ${y.sql})`;
  return { ast, type: 'bool', run, sql, nan: false };
}

export function logic(ast: ASTNode, op: '&&' | '||', a: Node, b: Node): Node {
  requireBool(a, `The left side of ${op}`);
  requireBool(b, `The right side of ${op}`);
  const decisive = op === '||';
  const run = (row: Row) => {
    const x = a.run(row);
    if (x === decisive) return decisive;
    const y = b.run(row);
    if (y === decisive) return decisive;
    return x === null || y === null ? null : !decisive;
  };
  return {
    ast,
    type: 'bool',
    run,
    sql: `(${boolSql(a)} ${decisive ? 'OR' : 'AND'} ${boolSql(b)})`,
    nan: false,
  };
}

export function not(ast: ASTNode, a: Node): Node {
  requireBool(a, 'The operand of !');
  return { ast, type: 'bool', run: map<boolean>(a, (x) => !x), sql: `(NOT ${boolSql(a)})`, nan: false };
}

/** A condition that is null gives null: nothing is known then. */
export function conditional(ast: ASTNode, condition: Node, yes: Node, no: Node): Node {
  requireBool(condition, 'A condition');
  const both = unify([yes, no]);
  if (!both) throw typeError(ast, `Branches of different types (${yes.type} and ${no.type})`);
  const [x, y] = both.nodes as [Node, Node];
  const run = (row: Row) => {
    const holds = condition.run(row);
    return holds === null ? null : holds ? x.run(row) : y.run(row);
  };
  const sql = `CASE ${boolSql(condition)} WHEN TRUE THEN ${x.sql} WHEN FALSE THEN ${y.sql} END`;
  return { ast, type: both.type, run, sql: `(${sql})`, nan: x.nan || y.nan };
}

/** `x in [a, b]`: true if one is equal, else null if one comparison is, else false. */
export function membership(scope: Scope, ast: ASTNode, a: Node, list: Node): Node {
  if (!list.items) throw typeError(list.ast, 'A list is needed after in');
  if (a.type === 'null' || a.type === 'list') throw noOperator(ast, 'in', a, list);
  const both = unify([a, ...list.items]);
  if (!both) throw noOperator(ast, 'in', a, list);
  const [x, ...items] = both.nodes as [Node, ...Node[]];
  const run = (row: Row) => anyEqual(x.run(row), items, row);
  if (items.length === 0) return { ast, type: 'bool', run, sql: 'FALSE', nan: false };
  const ieee = (name: string) =>
    items.map((item) => equality(scope, ast, '==', { ...x, sql: name }, item).sql).join(' OR ');
  const guard = x.nan && items.some((item) => item.nan);
  const sql = guard ? bind(scope, x.sql, ieee) : `${x.sql} IN (${items.map((item) => item.sql).join(', ')})`;
  return { ast, type: 'bool', run, sql: `(${sql})`, nan: false };
}

/** `[a, b][i]`: null when i is null or out of range. */
export function element(scope: Scope, ast: ASTNode, list: Node, index: Node): Node {
  if (!list.items) throw typeError(ast, `An index into ${list.type}`, 'Only literal lists have elements.');
  if (index.type !== 'int')
    throw typeError(index.ast, `An index of type ${index.type}`, 'Convert it: int(x).');
  const both = unify(list.items);
  if (!both || both.type === 'null') throw typeError(list.ast, 'A list without one element type');
  const { nodes } = both;
  const run = (row: Row) => {
    const i = index.run(row);
    return typeof i === 'number' ? (nodes[i]?.run(row) ?? null) : null;
  };
  const place = bind(
    scope,
    index.sql,
    (i) => `CASE WHEN ${i} BETWEEN 0 AND ${nodes.length - 1} THEN ${i} + 1 END`,
  );
  const sql = `([${nodes.map((node) => node.sql).join(', ')}])[${place}]`;
  return { ast, type: both.type, run, sql, nan: nodes.some((node) => node.nan) };
}

/** A function of two values that is null when either is. */
export function lift<T extends Value>(a: Node, b: Node, apply: (x: T, y: T) => Value): (row: Row) => Value {
  const left = a.run;
  const right = b.run;
  return (row) => {
    const x = left(row);
    if (x === null) return null;
    const y = right(row);
    return y === null ? null : apply(x as T, y as T);
  };
}

/** A function of one value that is null when the value is. */
export function map<T extends Value>(a: Node, apply: (x: T) => Value): (row: Row) => Value {
  const { run } = a;
  return (row) => {
    const x = run(row);
    return x === null ? null : apply(x as T);
  };
}

export const isNumeric = (node: Node): boolean => node.type === 'int' || node.type === 'double';

export const boolSql = (node: Node): string => (node.type === 'null' ? 'CAST(NULL AS BOOLEAN)' : node.sql);

const INT_OPERATIONS: Record<Arithmetic, (a: Int, b: Int) => Int | null> = {
  '+': int64.addInt,
  '-': int64.subtractInt,
  '*': int64.multiplyInt,
  '/': int64.divideInt,
  '%': int64.remainderInt,
};

const DOUBLE_OPERATIONS: Record<Exclude<Arithmetic, '%'>, (a: number, b: number) => number | null> = {
  '+': (a, b) => finite(a + b),
  '-': (a, b) => finite(a - b),
  '*': (a, b) => finite(a * b),
  '/': (a, b) => (b === 0 ? null : finite(a / b)),
};

const NUMBER_ORDER: Record<Ordering, (a: Int, b: Int) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const TEXT_ORDER: Record<Ordering, (a: string, b: string) => boolean> = {
  '<': (a, b) => compareText(a, b) < 0,
  '<=': (a, b) => compareText(a, b) <= 0,
  '>': (a, b) => compareText(a, b) > 0,
  '>=': (a, b) => compareText(a, b) >= 0,
};

function doubleArithmetic(scope: Scope, ast: ASTNode, op: Exclude<Arithmetic, '%'>, a: Node, b: Node): Node {
  const raw =
    op === '/'
      ? bind(scope, b.sql, (divisor) => `CASE WHEN ${divisor} = 0e0 THEN NULL ELSE ${a.sql} / ${divisor} END`)
      : `(${a.sql} ${op} ${b.sql})`;
  const run = lift<number>(a, b, DOUBLE_OPERATIONS[op]);
  return { ast, type: 'double', run, sql: `(${finiteSql(scope, raw)})`, nan: true };
}

/** True if one item equals, else null if a side of one comparison is null, else false. */
function anyEqual(value: Value, items: readonly Node[], row: Row): boolean | null {
  let result: boolean | null = false;
  for (const item of items) {
    const other = item.run(row);
    if (value === null || other === null) result = null;
    else if (value === other) return true;
  }
  return result;
}

/** The comparison as IEEE has it where `suspect` is NaN, still null where the other side is. */
function guardNan(scope: Scope, symbol: string, a: Node, b: Node, suspect: Node, answer: boolean): string {
  const guarded = bind(scope, a.sql, (x) =>
    bind(scope, b.sql, (y) => {
      const [risky, other] = suspect === a ? [x, y] : [y, x];
      const unordered = `CASE WHEN ${other} IS NULL THEN NULL ELSE ${answer ? 'TRUE' : 'FALSE'} END`;
      return `CASE WHEN isnan(${risky}) THEN ${unordered} ELSE ${x} ${symbol} ${y} END`;
    }),
  );
  return `(${guarded})`;
}

function nullTest(ast: ASTNode, op: '==' | '!=', node: Node): Node {
  if (node.type === 'list') throw typeError(ast, 'A list compared with null');
  const { run } = node;
  const wanted = op === '==';
  const sql = `(${node.sql} IS ${wanted ? '' : 'NOT '}NULL)`;
  return { ast, type: 'bool', run: (row) => (run(row) === null) === wanted, sql, nan: false };
}

function requireBool(node: Node, what: string): void {
  if (node.type !== 'bool' && node.type !== 'null')
    throw typeError(node.ast, `${what} must be bool, not ${node.type},`);
}

const noOperator = (ast: ASTNode, op: string, a: Node, b: Node) =>
  typeError(
    ast,
    `No operator ${op} for ${a.type} and ${b.type}`,
    'Convert one side: int(x), double(x) or string(x).',
  );
