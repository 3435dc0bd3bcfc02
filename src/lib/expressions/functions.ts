import type { ASTNode } from '@marcbachmann/cel-js';
import * as int64 from './int64.ts';
import { constant } from './leaves.ts';
import { bind, expressionError, finite, finiteSql, toDouble, typeError, unify } from './node.ts';
import type { Int, Node, Row, Scope, Value } from './node.ts';
import { isNumeric, lift, map } from './operators.ts';
import * as text from './text.ts';

type Builder = (scope: Scope, ast: ASTNode, args: Node[]) => Node;

/** Calls a function or, with the receiver as first argument, a method. */
export function call(scope: Scope, ast: ASTNode, name: string, args: Node[], isMethod: boolean): Node {
  const table = isMethod ? METHODS : FUNCTIONS;
  const build = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!build) {
    const kind = isMethod ? 'method' : 'function';
    throw typeError(ast, `Unknown ${kind} ${name}()`, `Known: ${Object.keys(table).join(', ')}.`);
  }
  return build(scope, ast, args);
}

const doubleFunction =
  (apply: (x: number) => number | null, sql: (x: string) => string): Builder =>
  (scope, ast, args) => {
    const x = toDouble(numeric(ast, args, 1)[0] as Node);
    return { ast, type: 'double', run: map(x, apply), sql: `(${bind(scope, x.sql, sql)})`, nan: true };
  };

/** Rounding leaves ints alone and keeps doubles doubles. */
const rounding =
  (apply: (x: number) => number, name: string): Builder =>
  (_, ast, args) => {
    const x = numeric(ast, args, 1)[0] as Node;
    if (x.type === 'int') return { ...x, ast };
    return { ast, type: 'double', run: map(x, apply), sql: `${name}(${x.sql})`, nan: x.nan };
  };

const extreme =
  (name: string, symbol: '<=' | '>='): Builder =>
  (scope, ast, args) => {
    if (args.length < 2) throw typeError(ast, `${name}() needs at least two values`);
    const nodes = unify(numeric(ast, args, args.length))?.nodes as Node[];
    return nodes.reduce((a, b) => extremeOf(scope, ast, symbol, a, b));
  };

const textTest =
  (apply: (x: string, y: string) => boolean, name: string): Builder =>
  (_, ast, args) => {
    const [x, y] = typed(ast, args, ['string', 'string']) as [Node, Node];
    // DuckDB turns a call on a constant null into an untyped NULL, for which it cannot choose among overloads.
    const sql = `${name}(CAST(${x.sql} AS VARCHAR), CAST(${y.sql} AS VARCHAR))`;
    return { ast, type: 'bool', run: lift(x, y, apply), sql, nan: false };
  };

const datePart =
  (apply: (date: Date) => number, sql: (timestamp: string) => string): Builder =>
  (_, ast, args) => {
    const [x] = typed(ast, args, ['timestamp']) as [Node];
    const run = map<number>(x, (ms) => apply(new Date(ms)));
    return { ast, type: 'int', run, sql: sql(`make_timestamp_ms(${x.sql})`), nan: false };
  };

const timeBetween =
  (unit: number): Builder =>
  (_, ast, args) => {
    const [from, to] = typed(ast, args, ['timestamp', 'timestamp']) as [Node, Node];
    const run = lift<number>(from, to, (x, y) => (y - x) / unit);
    return {
      ast,
      type: 'double',
      run,
      sql: `(CAST(${to.sql} - ${from.sql} AS DOUBLE) / ${unit}e0)`,
      nan: false,
    };
  };

const absolute: Builder = (_, ast, args) => {
  const x = numeric(ast, args, 1)[0] as Node;
  if (x.type === 'int') return { ...x, ast, run: map<Int>(x, int64.absoluteInt), sql: `TRY(abs(${x.sql}))` };
  return { ...x, ast, run: map<number>(x, Math.abs), sql: `abs(${x.sql})` };
};

const size: Builder = (_, ast, args) => {
  const [x] = typed(ast, args, ['string']) as [Node];
  return { ast, type: 'int', run: map(x, text.codePoints), sql: `length(${x.sql})`, nan: false };
};

const coalesce: Builder = (_, ast, args) => {
  const both = unify(args);
  if (args.length === 0 || !both) throw typeError(ast, 'coalesce() needs values of one type');
  const run = (row: Row): Value => {
    for (const node of both.nodes) {
      const value = node.run(row);
      if (value !== null) return value;
    }
    return null;
  };
  const sql = `coalesce(${both.nodes.map((node) => node.sql).join(', ')})`;
  return { ast, type: both.type, run, sql, nan: both.nodes.some((node) => node.nan) };
};

const isNan: Builder = (_, ast, args) => {
  const x = toDouble(numeric(ast, args, 1)[0] as Node);
  return { ast, type: 'bool', run: map<number>(x, Number.isNaN), sql: `isnan(${x.sql})`, nan: false };
};

const toInt: Builder = (scope, ast, args) => {
  const [x] = exactly(ast, args, 1) as [Node];
  if (x.type === 'int') return { ...x, ast };
  if (x.type === 'double') {
    const sql = `TRY_CAST(trunc(${x.sql}) AS BIGINT)`;
    return { ast, type: 'int', run: map(x, int64.intOfDouble), sql, nan: false };
  }
  if (x.type !== 'string') throw noConversion(ast, x, 'int');
  const run = map<string>(x, (value) => (text.isWhole(value) ? int64.toInt(BigInt(value)) : null));
  const sql = bind(
    scope,
    x.sql,
    (s) => `CASE WHEN regexp_full_match(${s}, ${text.WHOLE_SQL}) THEN TRY_CAST(${s} AS BIGINT) END`,
  );
  return { ast, type: 'int', run, sql: `(${sql})`, nan: false };
};

const toDoubleCall: Builder = (scope, ast, args) => {
  const [x] = exactly(ast, args, 1) as [Node];
  if (isNumeric(x)) return { ...toDouble(x), ast };
  if (x.type !== 'string') throw noConversion(ast, x, 'double');
  const run = map<string>(x, (value) => (text.isDecimal(value) ? finite(Number(value)) : null));
  const sql = bind(
    scope,
    x.sql,
    (s) => `CASE WHEN regexp_full_match(${s}, ${text.DECIMAL_SQL}) THEN TRY_CAST(${s} AS DOUBLE) END`,
  );
  return { ast, type: 'double', run, sql: `(${finiteSql(scope, sql)})`, nan: false };
};

const toText: Builder = (scope, ast, args) => {
  const [x] = exactly(ast, args, 1) as [Node];
  if (x.type === 'string') return { ...x, ast };
  if (x.type === 'timestamp') {
    const run = map<number>(x, (ms) => new Date(ms).toISOString());
    return {
      ast,
      type: 'string',
      run,
      sql: `strftime(make_timestamp_ms(${x.sql}), '%Y-%m-%dT%H:%M:%S.%gZ')`,
      nan: false,
    };
  }
  if (x.type === 'null' || x.type === 'list') throw noConversion(ast, x, 'string');
  const run = x.type === 'double' ? map(x, text.doubleText) : map(x, String);
  // NaN has a sign that DuckDB prints and JavaScript does not know.
  const sql = x.nan
    ? bind(scope, x.sql, (v) => `CASE WHEN isnan(${v}) THEN 'nan' ELSE CAST(${v} AS VARCHAR) END`)
    : `CAST(${x.sql} AS VARCHAR)`;
  return { ast, type: 'string', run, sql: `(${sql})`, nan: false };
};

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;

const timestamp: Builder = (_, ast, args) => {
  const [x] = exactly(ast, args, 1) as [Node];
  const value = x.ast.op === 'value' ? x.ast.args : undefined;
  const ms = typeof value === 'string' && ISO.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw typeError(x.ast, 'Not a time', 'Write timestamp("2001-06-01T00:00:00Z").');
  return constant(ast, 'timestamp', ms, `CAST(${ms} AS BIGINT)`);
};

const FUNCTIONS: Record<string, Builder> = {
  abs: absolute,
  floor: rounding(Math.floor, 'floor'),
  ceil: rounding(Math.ceil, 'ceil'),
  round: rounding(roundAway, 'round'),
  min: extreme('min', '<='),
  max: extreme('max', '>='),
  log: doubleFunction(
    (x) => (x <= 0 ? null : finite(Math.log(x))),
    (x) => `CASE WHEN ${x} > 0e0 AND NOT isinf(${x}) THEN ln(${x}) END`,
  ),
  exp: doubleFunction(
    (x) => finite(Math.exp(x)),
    (x) =>
      `CASE WHEN ${x} < 709.8e0 OR isnan(${x}) THEN CASE WHEN isinf(exp(${x})) THEN NULL ELSE exp(${x}) END END`,
  ),
  sqrt: doubleFunction(
    (x) => (x < 0 ? null : finite(Math.sqrt(x))),
    (x) => `CASE WHEN ${x} >= 0e0 AND NOT isinf(${x}) THEN sqrt(${x}) END`,
  ),
  size,
  int: toInt,
  double: toDoubleCall,
  string: toText,
  timestamp,
  minutesBetween: timeBetween(60_000),
  hoursBetween: timeBetween(3_600_000),
  daysBetween: timeBetween(86_400_000),
  coalesce,
  isNaN: isNan,
};

const METHODS: Record<string, Builder> = {
  startsWith: textTest((x, y) => x.startsWith(y), 'starts_with'),
  endsWith: textTest((x, y) => x.endsWith(y), 'ends_with'),
  contains: textTest((x, y) => x.includes(y), 'contains'),
  size,
  getFullYear: datePart(
    (date) => date.getUTCFullYear(),
    (t) => `year(${t})`,
  ),
  getMonth: datePart(
    (date) => date.getUTCMonth(),
    (t) => `(month(${t}) - 1)`,
  ),
  getDate: datePart(
    (date) => date.getUTCDate(),
    (t) => `day(${t})`,
  ),
  getDayOfMonth: datePart(
    (date) => date.getUTCDate() - 1,
    (t) => `(day(${t}) - 1)`,
  ),
  getDayOfWeek: datePart(
    (date) => date.getUTCDay(),
    (t) => `dayofweek(${t})`,
  ),
  getHours: datePart(
    (date) => date.getUTCHours(),
    (t) => `hour(${t})`,
  ),
  getMinutes: datePart(
    (date) => date.getUTCMinutes(),
    (t) => `minute(${t})`,
  ),
  getSeconds: datePart(
    (date) => date.getUTCSeconds(),
    (t) => `second(${t})`,
  ),
};

/** Half away from zero, as in C and SQL. */
function roundAway(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

/** The smaller or larger of two; NaN if one is, null if one is. */
function extremeOf(scope: Scope, ast: ASTNode, symbol: '<=' | '>=', a: Node, b: Node): Node {
  const run = lift<Int>(a, b, (x, y) => {
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
    return (symbol === '<=' ? x <= y : x >= y) ? x : y;
  });
  const sql = bind(scope, a.sql, (x) =>
    bind(scope, b.sql, (y) => {
      const nan = a.nan || b.nan ? `WHEN isnan(${x}) OR isnan(${y}) THEN CAST('nan' AS DOUBLE) ` : '';
      return `CASE WHEN ${x} IS NULL OR ${y} IS NULL THEN NULL ${nan}WHEN ${x} ${symbol} ${y} THEN ${x} ELSE ${y} END`;
    }),
  );
  return { ast, type: a.type, run, sql: `(${sql})`, nan: a.nan || b.nan };
}

function exactly(ast: ASTNode, args: Node[], count: number): Node[] {
  if (args.length === count) return args;
  throw expressionError(ast.range, `A call with ${args.length} arguments where ${count} are needed`);
}

function numeric(ast: ASTNode, args: Node[], count: number): Node[] {
  for (const arg of exactly(ast, args, count)) {
    if (!isNumeric(arg)) throw typeError(arg.ast, `A number is needed, not ${arg.type},`);
  }
  return args;
}

function typed(ast: ASTNode, args: Node[], types: Node['type'][]): Node[] {
  for (const [i, arg] of exactly(ast, args, types.length).entries()) {
    if (arg.type !== types[i]) throw typeError(arg.ast, `A ${types[i]} is needed, not ${arg.type},`);
  }
  return args;
}

const noConversion = (ast: ASTNode, from: Node, to: string) =>
  typeError(ast, `No conversion of ${from.type} to ${to}`);
