import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { compileExpression } from './compile.ts';
import type { ColumnType } from './compile.ts';
import { compareText, doubleText } from './text.ts';

const columns: Record<string, ColumnType> = {
  n: 'int',
  m: 'int',
  delay: 'double',
  x: 'double',
  origin: 'string',
  late: 'bool',
  t: 'timestamp',
  s: 'timestamp',
  'metrics.auc': 'double',
};
const run = (source: string, row: Record<string, unknown> = {}) =>
  compileExpression(source, columns).run(row);

describe('compileExpression', () => {
  it.each<[string, Record<string, unknown>, unknown]>([
    ['n / 2', { n: -7 }, -3],
    ['n % 4', { n: -7 }, -3],
    ['n / 0', { n: 7 }, null],
    ['delay / 0.0', { delay: 1 }, null],
    ['delay / x', { delay: 1e300, x: 1e-300 }, null],
    ['n + 1', { n: null }, null],
    ['n + 1', {}, null],
    ['n + 1', { n: Number.MAX_SAFE_INTEGER }, 2n ** 53n],
    ['n - 1', { n: 2n ** 53n }, Number.MAX_SAFE_INTEGER],
    ['n * m', { n: 2n ** 40n, m: 2n ** 40n }, null],
    ['n + 1', { n: 2n ** 63n - 1n }, null],
    ['-n', { n: -(2n ** 63n) }, null],
    ['-9223372036854775808 / -1', {}, null],
    ['-9223372036854775808', {}, -(2n ** 63n)],
    ['n * 0', { n: -5 }, 0],
    ['n / 2 + 1', { n: 7n }, 4],
    ['delay > 15 && origin in ["ORD", "JFK"]', { delay: 20, origin: 'JFK' }, true],
    ['delay > 15 && origin == "ORD"', { delay: null, origin: 'JFK' }, false],
    ['delay > 15 || origin == "ORD"', { delay: null, origin: 'JFK' }, null],
    ['delay > 15 ? 0.8 : 0.2', { delay: null }, null],
    ['delay == null ? 0.0 : delay', { delay: null }, 0],
    ['late ? null : 1', { late: false }, 1],
    ['late ? 1 : 2.5', { late: true }, 1],
    ['delay == delay', { delay: Number.NaN }, false],
    ['delay != delay', { delay: Number.NaN }, true],
    ['delay > 1', { delay: Number.NaN }, false],
    ['isNaN(delay)', { delay: Number.NaN }, true],
    ['metrics.auc > 0.5', { 'metrics.auc': 0.7 }, true],
    ['origin.startsWith("O") && !origin.contains("R") && origin.endsWith("D")', { origin: 'OAD' }, true],
    ['origin.size() + size(origin)', { origin: 'a🤦' }, 4],
    ['origin < "😀"', { origin: '\uffee' }, true],
    ['int("12") + int(delay)', { delay: -3.9 }, 9],
    ['int("12.5")', {}, null],
    ['int(delay)', { delay: 1e19 }, null],
    ['double("1e3") + double(n)', { n: 1 }, 1001],
    ['double("1e999")', {}, null],
    ['string(n) + ":" + string(delay) + string(late)', { n: 5, delay: 2, late: true }, '5:2.0true'],
    ['round(-2.5) + round(2.5) + round(0.49999999999999994)', {}, 0],
    ['min(3, 1, 2) + max(1, 2)', {}, 3],
    ['min(delay, 1.0)', { delay: Number.NaN }, Number.NaN],
    ['log(0.0)', {}, null],
    ['sqrt(-1.0)', {}, null],
    ['exp(1000.0)', {}, null],
    ['floor(1.5) + ceil(1.2) + abs(-3)', {}, 6],
    ['[0.1, 0.2, 0.3][n]', { n: 2 }, 0.3],
    ['[0.1, 0.2, 0.3][n]', { n: 3 }, null],
    ['[0.1, 0.2, 0.3][n]', { n: -1 }, null],
    ['n in []', { n: null }, false],
    ['n in [1, null]', { n: 2 }, null],
    ['coalesce(delay, x, 0.0)', { x: 4 }, 4],
    ['t.getHours() * 100 + t.getMinutes()', { t: new Date('2001-01-01T17:05:00Z') }, 1705],
    ['t.getDayOfWeek()', { t: Date.UTC(2001, 0, 7) }, 0],
    ['t.getMonth()', { t: Date.UTC(2001, 0, 7) }, 0],
    ['t.getDate() + t.getFullYear()', { t: Date.UTC(2001, 0, 7) }, 2008],
    ['minutesBetween(s, t)', { s: 0, t: 90_000 }, 1.5],
    ['t > timestamp("2001-01-01T00:00:00Z")', { t: new Date('2001-01-02') }, true],
    ['n', { n: '7' }, null],
    ['delay', { delay: true }, null],
  ])('%s of %o', (source, row, expected) => expect(run(source, row)).toEqual(expected));

  it('reports type, columns and sql', () => {
    const compiled = compileExpression('delay > 15 && origin == "O\'Hare"', columns);
    expect(compiled).toMatchObject({ type: 'bool', columns: ['delay', 'origin'] });
    expect(compiled.sql).toContain("'O''Hare'");
    expect(compileExpression('t', columns)).toMatchObject({
      type: 'timestamp',
      sql: 'make_timestamp_ms(epoch_ms("t"))',
    });
  });

  it.each<[string, number, RegExp]>([
    ['delay >', 7, /Unexpected end at character 8/],
    ['(delay', 6, /got the end at character 7/],
    ['delay > foo', 8, /Unknown column 'foo' at character 9/],
    ['delay > 15 and late', 11, /character 12/],
    ['metrics.loss > 1.0', 0, /Unknown column 'metrics.loss'/],
    ['delay + origin', 0, /No operator \+ for double and string/],
    ['origin > 5', 0, /No operator > for string and int/],
    ['late ? 1 : "a"', 0, /different types/],
    ['delay && late', 0, /must be bool, not double/],
    ['1 + frob(n)', 4, /Unknown function frob/],
    ['origin.trim()', 0, /Unknown method trim/],
    ['n + 9223372036854775808', 4, /beyond 64 bits/],
    ['[1, "a"][0]', 0, /different types/],
    ['n[0]', 0, /index into int/],
    ['[1, 2]', 0, /result of type list/],
    ['null', 0, /result of type null/],
    ['[1].exists(v, v > 0)', 0, /not supported/],
    ['{"a": 1}', 0, /do not have/],
    ['"abc', 0, /Unterminated string/],
    ['timestamp("yesterday")', 10, /Not a time/],
    ['t - s', 0, /No operator -/],
    ['x % 2.0', 0, /remainder of doubles/],
    ['min(1)', 0, /at least two/],
    ['__proto__', 0, /Reserved identifier/],
    ['toString', 0, /Unknown column 'toString'/],
    ['constructor(1)', 0, /Unknown function/],
    ['', 0, /Unexpected end/],
  ])('%s is refused at %d', (source, position, message) => {
    const thrown = (() => {
      try {
        compileExpression(source, columns);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(AppError);
    expect(thrown).toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(message),
      details: { position },
    });
  });

  it('bounds length and depth', () => {
    expect(() => compileExpression(`${'('.repeat(500)}1${')'.repeat(500)}`, {})).toThrow(AppError);
    expect(() => compileExpression(Array(400).fill('1').join('+'), {})).toThrow(/levels/);
    expect(() => compileExpression(' '.repeat(30_000), {})).toThrow(/More than 20000/);
  });
});

describe('text', () => {
  it('orders by code point', () => {
    const words = ['', 'a', 'ab', 'b', 'é', '\ud7ff', '\ue000', '\uffee', '😀', '😁', 'a😀', 'a\uffee'];
    const utf8 = [...words].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect([...words].sort(compareText)).toEqual(utf8);
  });

  it.each([
    [1, '1.0'],
    [0.1, '0.1'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.5e-5, '1.5e-05'],
    [0.0001, '0.0001'],
    [-1.25, '-1.25'],
    [1.2345678901234568e17, '1.2345678901234568e+17'],
    [-0, '-0.0'],
    [5e-324, '5e-324'],
  ])('prints %d', (value, printed) => expect(doubleText(value)).toBe(printed));
});
