import { Environment } from '@marcbachmann/cel-js';
import type { ASTNode } from '@marcbachmann/cel-js';
import { call } from './functions.ts';
import { column, literal } from './leaves.ts';
import { expressionError, typeError, unify } from './node.ts';
import type { ColumnType, Node, Scope } from './node.ts';
import * as operators from './operators.ts';

export type { ColumnType } from './node.ts';

export interface CompiledExpression {
  source: string;
  type: ColumnType;
  /** Columns the expression reads, in alphabetical order. */
  columns: string[];
  /**
   * The value for one row; absent and unusable values count as null. An int comes back as a number when safe, else as a
   * bigint; a timestamp as milliseconds since 1970 UTC.
   */
  run(row: Record<string, unknown>): unknown;
  /** A DuckDB scalar expression over columns of the same names. Timestamps are TIMESTAMP in UTC. */
  sql: string;
}

/**
 * Compiles CEL source over typed columns to JavaScript and DuckDB SQL with one meaning:
 * null, division by zero and overflow give null; NaN compares as in IEEE; `int` is 64-bit and `/` on it truncates;
 * text compares by code point; `x == null` asks for null; int and double mix as double.
 * Only log() and exp() may differ in the last bit. Throws INVALID with `details.position`.
 */
export function compileExpression(source: string, columns: Record<string, ColumnType>): CompiledExpression {
  const scope: Scope = { columns, used: new Set(), names: 0 };
  const node = compile(scope, parse(source), 0);
  if (node.type === 'null' || node.type === 'list') {
    throw typeError(
      node.ast,
      `A result of type ${node.type}`,
      'An expression gives an int, double, string, bool or timestamp.',
    );
  }
  const sql = node.type === 'timestamp' ? `make_timestamp_ms(${node.sql})` : node.sql;
  return {
    source,
    type: node.type,
    columns: [...scope.used].sort((a, b) => (a < b ? -1 : 1)),
    run: node.run,
    sql,
  };
}

const MAX_SOURCE = 20_000;
const MAX_DEPTH = 60;

const parser = new Environment({
  unlistedVariablesAreDyn: true,
  limits: { maxAstNodes: 5000, maxDepth: MAX_DEPTH },
});

function parse(source: string): ASTNode {
  if (source.length > MAX_SOURCE) {
    throw expressionError({ start: MAX_SOURCE, end: source.length }, `More than ${MAX_SOURCE} characters`);
  }
  try {
    return parser.parse(source).ast;
  } catch (thrown) {
    const { range, summary } = thrown as { range?: { start: number; end: number }; summary?: string };
    const text = summary
      ?.replace('Unexpected token: EOF', 'Unexpected end')
      .replace(', got EOF', ', got the end');
    throw expressionError(range ?? { start: 0, end: source.length }, text ?? 'Not an expression');
  }
}

function compile(scope: Scope, ast: ASTNode, depth: number): Node {
  if (depth > MAX_DEPTH)
    throw typeError(ast, `More than ${MAX_DEPTH} levels`, 'Split the expression into several columns.');
  const inner = (child: ASTNode) => compile(scope, child, depth + 1);
  switch (ast.op) {
    case 'value':
      return literal(ast, ast.args);
    case 'id':
    case '.':
      return column(scope, ast);
    case '-_':
      if (ast.args.op === 'value' && typeof ast.args.args !== 'string') return negative(ast, ast.args);
      return operators.negate(ast, inner(ast.args));
    case '!_':
      return operators.not(ast, inner(ast.args));
    case '&&':
    case '||':
      return operators.logic(ast, ast.op, inner(ast.args[0]), inner(ast.args[1]));
    case '?:':
      return operators.conditional(ast, inner(ast.args[0]), inner(ast.args[1]), inner(ast.args[2]));
    case 'list':
      return list(ast, ast.args.map(inner));
    case '[]':
      return operators.element(scope, ast, inner(ast.args[0]), inner(ast.args[1]));
    case 'call':
      return call(scope, ast, ast.args[0], ast.args[1].map(inner), false);
    case 'rcall':
      refuseMacro(ast, ast.args[0]);
      return call(scope, ast, ast.args[0], [ast.args[1], ...ast.args[2]].map(inner), true);
    default:
      return binary(scope, ast, inner);
  }
}

function binary(scope: Scope, ast: ASTNode, inner: (child: ASTNode) => Node): Node {
  switch (ast.op) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return operators.arithmetic(scope, ast, ast.op, inner(ast.args[0]), inner(ast.args[1]));
    case '==':
    case '!=':
      return operators.equality(scope, ast, ast.op, inner(ast.args[0]), inner(ast.args[1]));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return operators.ordering(scope, ast, ast.op, inner(ast.args[0]), inner(ast.args[1]));
    case 'in':
      return operators.membership(scope, ast, inner(ast.args[0]), inner(ast.args[1]));
    default:
      throw typeError(
        ast,
        'A construct that data columns do not have',
        'Maps and optional fields are not supported.',
      );
  }
}

/** A sign before a number is part of the number. */
function negative(ast: ASTNode, value: Extract<ASTNode, { op: 'value' }>): Node {
  if (typeof value.args !== 'number' && typeof value.args !== 'bigint')
    throw typeError(ast, 'No - for this value');
  return literal(ast, value.args, true);
}

function list(ast: ASTNode, items: Node[]): Node {
  if (!unify(items)) throw typeError(ast, 'A list with elements of different types');
  return { ast, type: 'list', run: () => null, sql: '', nan: false, items };
}

const MACROS = ['all', 'exists', 'exists_one', 'map', 'filter'];

function refuseMacro(ast: ASTNode, name: string): void {
  if (MACROS.includes(name))
    throw typeError(ast, `${name}() is not supported`, 'Use in, or several conditions.');
}
