import fc from 'fast-check';
import { expect, it } from 'vitest';
import { relativeDistance } from './agreement.ts';

it('is relative, and absolute near zero', () => {
  expect(relativeDistance(0.5, 0.51)).toBeCloseTo(0.02, 12);
  expect(relativeDistance(-200, -202)).toBeCloseTo(0.01, 12);
  expect(relativeDistance(0, 1e-5)).toBeCloseTo(0.01, 12);
  expect(relativeDistance(1e-9, 1e-5)).toBeCloseTo(0.01, 5);
});

it('takes what is no finite number for equal to itself alone', () => {
  const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: low } = Number;
  for (const value of [nan, inf, low]) expect(relativeDistance(value, value)).toBe(0);
  for (const [a, b] of [
    [nan, 1],
    [1, nan],
    [inf, 1],
    [1, inf],
    [inf, low],
    [nan, inf],
  ] as const)
    expect(relativeDistance(a, b)).toBe(inf);
});

it('is never negative, and 0 for equal values alone', () => {
  fc.assert(
    fc.property(fc.double(), fc.double(), (a, b) => {
      const distance = relativeDistance(a, b);
      return distance >= 0 && (distance > 0 || Object.is(a, b) || a === b || Math.abs(a - b) < 1e-300);
    }),
  );
});
