import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileExpression } from './compile.ts';
import type { ColumnType } from './compile.ts';

const COLUMNS: Record<string, ColumnType> = {
  n: 'int',
  m: 'int',
  x: 'double',
  y: 'double',
  s: 'string',
  u: 'string',
  b: 'bool',
  c: 'bool',
  t: 'timestamp',
  v: 'timestamp',
  'metrics.auc': 'double',
};
const SQL_TYPES = {
  int: 'BIGINT',
  double: 'DOUBLE',
  string: 'VARCHAR',
  bool: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
};

const INTS = [
  null,
  0,
  1,
  -1,
  2,
  7,
  -3,
  23,
  1000,
  2 ** 31,
  Number.MAX_SAFE_INTEGER,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  3_037_000_500,
];
const DOUBLES = [
  null,
  0,
  -0,
  1,
  -1.5,
  0.1,
  2.5,
  -2.5,
  15,
  1e308,
  -1e308,
  5e-324,
  1e16,
  1e-5,
  Number.NaN,
  2 ** 63,
  123456.789,
  Number.POSITIVE_INFINITY,
];
const TEXTS = [
  null,
  '',
  'a',
  'ORD',
  'ord',
  "O'Hare",
  '12',
  '-7',
  '1.5',
  '1e3',
  ' 3',
  '1e999',
  'é',
  '\uffee',
  '😀a',
  '%_',
  'a\nb',
  '99999999999999999999',
];
const BOOLS = [null, true, false];
const TIMES = [null, 0, 978_307_200_123, 1_583_020_799_999, -86_400_001, 4_102_444_800_000];

type Cell = number | bigint | string | boolean | null;
const rows = Array.from({ length: 60 }, (_, i): Record<string, Cell> => {
  const pick = <T>(values: T[], step: number) =>
    values[(i * step + Math.floor(i / values.length)) % values.length] as T;
  return {
    n: pick(INTS, 1),
    m: pick(INTS, 4),
    x: pick(DOUBLES, 1),
    y: pick(DOUBLES, 5),
    s: pick(TEXTS, 1),
    u: pick(TEXTS, 7),
    b: pick(BOOLS, 1),
    c: pick(BOOLS, 2),
    t: pick(TIMES, 1),
    v: pick(TIMES, 5),
    'metrics.auc': pick(DOUBLES, 7),
  };
});

let connection: DuckDBConnection;
let close = () => {};

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  connection = await instance.connect();
  close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  const fields = Object.entries(COLUMNS).map(([name, type]) => `"${name}" ${SQL_TYPES[type]}`);
  await connection.run(`CREATE TABLE rows (id INTEGER, ${fields.join(', ')})`);
  const tuples = rows.map(
    (row, i) =>
      `(${i}, ${Object.keys(COLUMNS)
        .map((name) => cellSql(row[name] as Cell, COLUMNS[name]!))
        .join(', ')})`,
  );
  await connection.run(`INSERT INTO rows VALUES ${tuples.join(', ')}`);
});

afterAll(() => close());

function cellSql(value: Cell, type: ColumnType): string {
  if (value === null) return 'NULL';
  if (type === 'timestamp') return `make_timestamp_ms(${value})`;
  if (type === 'string') return `'${String(value).replaceAll("'", "''")}'`;
  if (type === 'double') return `CAST('${Object.is(value, -0) ? '-0.0' : value}' AS DOUBLE)`;
  return type === 'int' ? `CAST(${value} AS BIGINT)` : String(value);
}

/** Both answers for all rows. */
async function answers(source: string) {
  const compiled = compileExpression(source, COLUMNS);
  const sql = compiled.type === 'timestamp' ? `epoch_ms(${compiled.sql})` : compiled.sql;
  const reader = await connection.runAndReadAll(`SELECT ${sql} FROM rows ORDER BY id`);
  const fromSql = reader.getRows().map(([value]) => plain(value));
  const fromJs = rows.map((row) => plain(compiled.run(row)));
  return { compiled, fromSql, fromJs };
}

const plain = (value: unknown) => {
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  return Object.is(value, -0) ? 0 : value;
};

type Sources = Record<ColumnType, string>;
const binary = (operators: string[], a: fc.Arbitrary<string>, b = a) =>
  fc.tuple(a, fc.constantFrom(...operators), b).map(([x, op, y]) => `(${x} ${op} ${y})`);
const comparison = ['<', '<=', '>', '>=', '==', '!='];

/** Expressions of every type; `tie` refers back, so depth is bounded by fast-check. */
const generated = fc.letrec<Sources>((tie) => {
  const int = tie('int');
  const double = tie('double');
  const string = tie('string');
  const bool = tie('bool');
  const timestamp = tie('timestamp');
  const number = fc.oneof(int, double);
  const method = (receiver: fc.Arbitrary<string>, names: string[]) =>
    fc.tuple(receiver, fc.constantFrom(...names)).map(([x, name]) => `${x}.${name}()`);
  const calls = (names: string[], ...args: fc.Arbitrary<string>[]) =>
    fc.tuple(fc.constantFrom(...names), ...args).map(([name, ...values]) => `${name}(${values.join(', ')})`);
  const branch = (a: fc.Arbitrary<string>) =>
    fc.tuple(bool, a, fc.oneof(a, fc.constant('null'))).map(([p, x, y]) => `(${p} ? ${x} : ${y})`);
  const list = (a: fc.Arbitrary<string>) =>
    fc.array(a, { minLength: 1, maxLength: 4 }).map((items) => `[${items.join(', ')}]`);
  const at = (a: fc.Arbitrary<string>) => fc.tuple(list(a), int).map(([items, i]) => `${items}[${i}]`);
  const parts = [
    'getHours',
    'getDayOfWeek',
    'getDate',
    'getMonth',
    'getFullYear',
    'getMinutes',
    'getSeconds',
    'getDayOfMonth',
  ];
  const deep = { depthSize: 'small', withCrossShrink: true } as const;
  return {
    int: fc.oneof(
      deep,
      fc.constantFrom(
        'n',
        'm',
        '0',
        '1',
        '-1',
        '7',
        '-9223372036854775808',
        '9223372036854775807',
        '4611686018427387904',
      ),
      binary(['+', '-', '*', '/', '%'], int),
      calls(['int'], fc.oneof(double, string)),
      method(timestamp, parts),
      branch(int),
      at(int),
      calls(['min', 'max', 'coalesce'], int, int),
      calls(['abs', 'floor', 'round'], int),
      calls(['size'], string),
      int.map((x) => `-(${x})`),
    ),
    double: fc.oneof(
      deep,
      fc.constantFrom('x', 'y', 'metrics.auc', '0.0', '-0.0', '1.5', '2.5e300', '1e-300', '0.1'),
      binary(['+', '-', '*', '/'], double),
      binary(['+', '-', '*', '/'], int, double),
      calls(['double'], fc.oneof(number, string)),
      branch(double),
      at(double),
      calls(['abs', 'floor', 'ceil', 'round', 'sqrt'], double),
      calls(['min', 'max', 'coalesce'], number, double),
      calls(['minutesBetween', 'daysBetween'], timestamp, timestamp),
      double.map((x) => `-(${x})`),
    ),
    string: fc.oneof(
      deep,
      fc.constantFrom('s', 'u', '""', '"ORD"', '"O\'H"', '"12"', '"\uffee"', '"é"'),
      binary(['+'], string),
      calls(['string'], fc.oneof(number, string, bool, timestamp)),
      branch(string),
      calls(['coalesce'], string, string),
    ),
    bool: fc.oneof(
      deep,
      fc.constantFrom('b', 'c', 'true', 'false'),
      binary(['&&', '||'], bool),
      binary(comparison, number),
      binary(comparison, string),
      binary(comparison, timestamp),
      binary(['==', '!='], bool),
      bool.map((x) => `!(${x})`),
      branch(bool),
      fc
        .oneof(number, string, bool, timestamp)
        .chain((x) => fc.constantFrom(`(${x} == null)`, `(null != ${x})`)),
      fc.tuple(number, list(fc.oneof(number, fc.constant('null')))).map(([x, items]) => `(${x} in ${items})`),
      fc.tuple(string, list(string)).map(([x, items]) => `(${x} in ${items})`),
      fc
        .tuple(string, fc.constantFrom('startsWith', 'endsWith', 'contains'), string)
        .map(([x, name, y]) => `${x}.${name}(${y})`),
      calls(['isNaN'], number),
    ),
    timestamp: fc.oneof(
      deep,
      fc.constantFrom('t', 'v', 'timestamp("2001-06-01T12:30:00Z")'),
      branch(timestamp),
      calls(['coalesce'], timestamp, timestamp),
    ),
  };
});

const anySource = fc.oneof(
  generated.int,
  generated.double,
  generated.string,
  generated.bool,
  generated.timestamp,
);

describe('JavaScript and DuckDB', () => {
  it('give equal answers', async () => {
    await fc.assert(
      fc.asyncProperty(anySource, async (source) => {
        const { fromSql, fromJs } = await answers(source);
        expect(fromJs).toEqual(fromSql);
      }),
      { numRuns: 800, seed: 20010101 },
    );
  });

  it.each(['log(x)', 'exp(x)', 'log(abs(x) + 1.0)', 'exp(y / 100.0)', 'log(double(n))'])(
    'agree on %s to the last bits',
    async (source) => {
      const { fromSql, fromJs } = await answers(source);
      for (const [i, value] of fromJs.entries()) {
        const other = fromSql[i];
        if (typeof value !== 'number' || !Number.isFinite(value)) expect(other).toEqual(value);
        else expect(Math.abs(value - (other as number))).toBeLessThanOrEqual(1e-15 * Math.abs(value));
      }
    },
  );

  it('agree on nested expressions up to the allowed depth', async () => {
    const chain = (first: string, step: string) =>
      Array(50)
        .fill(step)
        .reduce((inner, next) => `(${inner}${next})`, first);
    for (const source of [
      chain('x', ' * 1.5'),
      chain('x', ' / y'),
      chain('n', ' + m'),
      chain('b', ' == c'),
      `${'-('.repeat(50)}x${')'.repeat(50)}`,
    ]) {
      const { fromSql, fromJs, compiled } = await answers(source);
      expect(fromJs).toEqual(fromSql);
      expect(compiled.sql.length).toBeLessThan(20_000);
    }
  });
});

describe('types', () => {
  it('are those of CEL wherever CEL accepts the expression', () => {
    const cel = new Environment({ unlistedVariablesAreDyn: false });
    const names = {
      int: 'int',
      double: 'double',
      string: 'string',
      bool: 'bool',
      timestamp: 'google.protobuf.Timestamp',
    } as const;
    for (const [name, type] of Object.entries(COLUMNS))
      if (!name.includes('.')) cel.registerVariable(name, names[type]);
    cel.registerVariable({ name: 'metrics', schema: { auc: 'double' } });
    let compared = 0;
    fc.assert(
      fc.property(anySource, (source) => {
        const { valid, type } = cel.check(source);
        if (!valid) return;
        compared++;
        expect(names[compileExpression(source, COLUMNS).type]).toBe(type);
      }),
      { numRuns: 1500, seed: 20010101 },
    );
    expect(compared).toBeGreaterThan(300);
  });
});
