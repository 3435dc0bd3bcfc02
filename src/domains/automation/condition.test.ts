import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCondition, conjuncts } from './condition.ts';

const columns = {
  type: 'string',
  'data.skill': 'double',
  'data.n': 'int',
  a: 'bool',
  b: 'bool',
  c: 'bool',
} as const;

describe('the parts of a condition', () => {
  it.each([
    ['a && b && c', ['a', 'b', 'c']],
    ['(a && (b && c))', ['a', 'b', 'c']],
    ['(a || b) && c', ['a || b', 'c']],
    ['a && b || c', ['a && b || c']],
    ['a ? b && c : c', ['a ? b && c : c']],
    ["type == 'x && y' && a", ["type == 'x && y'", 'a']],
    [`type == "it's (" && b`, [`type == "it's ("`, 'b']],
    [String.raw`type == 'it\'s && ' && b`, [String.raw`type == 'it\'s && '`, 'b']],
    [String.raw`type == r'\' && b`, [String.raw`type == r'\'`, 'b']],
    ['!(a && b) && c', ['!(a && b)', 'c']],
    ['a // && b\n && c', ['a // && b', 'c']],
  ])('%s', (source, parts) => {
    expect(conjuncts(source)).toEqual(parts);
  });

  const formula = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('a', 'b', 'c', 'true', "type == '&&'"),
      fc
        .tuple(tie('node'), fc.constantFrom('&&', '||'), tie('node'))
        .map(([l, op, r]) => `(${l}) ${op} ${r}`),
      tie('node').map((inner) => `!(${inner})`),
    ),
  })).node;

  it('hold together exactly when the whole does', () => {
    fc.assert(
      fc.property(formula, fc.boolean(), fc.boolean(), fc.boolean(), (source, a, b, c) => {
        const { met, parts } = compileCondition(source, columns).judge({ type: '&&', a, b, c });
        expect(parts.every((part) => part.value === true)).toBe(met);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a condition', () => {
  it('says of each part what it read, and takes an absent value for not true', () => {
    const condition = compileCondition(
      "data.skill < 0.02 && data.n > 100 && type == 'alert.opened'",
      columns,
    );
    expect(condition.judge({ type: 'alert.opened', 'data.skill': 0.01 })).toEqual({
      met: false,
      parts: [
        { expression: 'data.skill < 0.02', value: true, values: { 'data.skill': 0.01 } },
        { expression: 'data.n > 100', value: null, values: { 'data.n': null } },
        { expression: "type == 'alert.opened'", value: true, values: { type: 'alert.opened' } },
      ],
    });
  });

  it.each(['data.n + 1', 'data.unknown > 1', 'data.skill <'])('refuses %s', (source) => {
    expect(() => compileCondition(source, columns)).toThrow(
      expect.objectContaining({ code: 'INVALID' }) as Error,
    );
  });
});
