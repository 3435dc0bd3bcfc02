import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { npmiOf } from './npmi.ts';

describe('normalised pointwise mutual information', () => {
  it('is what the formula says', () => {
    // p(x) = 0.2, p(y) = 0.15, p(x,y) = 0.1: ln(0.1 / 0.03) / -ln 0.1.
    const { npmi, smoothed } = npmiOf({ total: 100, first: 20, second: 15, both: 10 });
    expect(npmi).toBeCloseTo(Math.log(0.1 / 0.03) / -Math.log(0.1), 12);
    const n = 102;
    const [p, x, y] = [10.5 / n, 21 / n, 16 / n];
    expect(smoothed).toBeCloseTo(Math.log(p / (x * y)) / -Math.log(p), 12);
  });

  it('knows its ends: always together, never together, independent, undefined', () => {
    expect(npmiOf({ total: 4, first: 4, second: 4, both: 4 }).npmi).toBe(1);
    expect(npmiOf({ total: 8, first: 4, second: 4, both: 4 }).npmi).toBeCloseTo(1, 12);
    expect(npmiOf({ total: 8, first: 4, second: 4, both: 0 }).npmi).toBe(-1);
    expect(npmiOf({ total: 8, first: 4, second: 4, both: 2 }).npmi).toBeCloseTo(0, 12);
    for (const none of [
      { total: 0, first: 0, second: 0, both: 0 },
      { total: 5, first: 0, second: 3, both: 0 },
      { total: 5, first: 3, second: 0, both: 0 },
    ])
      expect(npmiOf(none)).toEqual({ npmi: Number.NaN, smoothed: Number.NaN });
  });

  it('lies between -1 and 1 and does not ask which filter is the first', () => {
    const cell = fc.integer({ min: 0, max: 1000 });
    fc.assert(
      fc.property(cell, cell, cell, cell, (both, onlyFirst, onlySecond, neither) => {
        const first = both + onlyFirst;
        const second = both + onlySecond;
        const total = first + onlySecond + neither;
        const found = npmiOf({ total, first, second, both });
        const turned = npmiOf({ total, first: second, second: first, both });
        for (const [value, other] of [
          [found.npmi, turned.npmi],
          [found.smoothed, turned.smoothed],
        ] as const) {
          if (first === 0 || second === 0) expect(value).toBeNaN();
          else expect(Math.abs(value)).toBeLessThanOrEqual(1);
          if (!Number.isNaN(value)) expect(other).toBeCloseTo(value, 9);
        }
      }),
    );
  });
});
