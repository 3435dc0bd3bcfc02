import { describe, expect, test } from 'vitest';
import { type Column, compileColumn, refusal } from './signature.ts';

const column = (type: Column['type'], required = true): Column => ({ name: 'c', type, required });

describe('a column', () => {
  const accepted: [Column, unknown, unknown][] = [
    [column('integer'), 405, 405],
    [column('integer'), -2147483648, -2147483648],
    [column('long'), 9007199254740991, 9007199254740991],
    [column('long'), 9007199254740993n, 9007199254740993n],
    [column('float'), 1.5, 1.5],
    [column('double'), 1e300, 1e300],
    [column('boolean'), false, false],
    [column('string'), '', ''],
    [column('string'), '__proto__', '__proto__'],
    [column('datetime'), '2001-02-03T04:05:06Z', 981173106000],
    [column('datetime'), '2001-02-03 04:05:06', 981173106000],
    [column('datetime'), 981173106000, 981173106000],
    [column('integer', false), null, null],
    [column('double', false), Number.NaN, null],
    [column('string', false), undefined, null],
  ];
  test.each(accepted)('%o takes %o', (spec, value, wanted) => {
    expect(compileColumn(spec)(value)).toBe(wanted);
  });

  const refused: [Column, unknown][] = [
    [column('integer'), 405.5],
    [column('integer'), '405'],
    [column('integer'), true],
    [column('integer'), 2147483648],
    [column('integer'), null],
    [column('long'), JSON.parse('9007199254740993')],
    [column('long'), 2n ** 63n],
    [column('long'), 1.5],
    [column('float'), 1e39],
    [column('float'), Number.NaN],
    [column('float'), Infinity],
    [column('float', false), -Infinity],
    [column('double'), JSON.parse('1e400')],
    [column('double'), '1'],
    [column('double'), true],
    [column('boolean'), 1],
    [column('boolean'), 'true'],
    [column('string'), 5],
    [column('datetime'), 'yesterday'],
    [column('datetime'), '2001-02-30T99:00:00Z'],
    [column('string'), undefined],
    [column('double'), [1]],
  ];
  test.each(refused)('%o refuses %o', (spec, value) => {
    expect(compileColumn(spec)(value)).toBeUndefined();
    expect(refusal(spec, value, 3)).toMatchObject({ status: 422, message: expect.stringContaining('"c"') });
  });
});
