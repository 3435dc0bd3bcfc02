import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as m from './moments.ts';

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 40 });
const near = (a: number, b: number, scale: number) =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * (1 + scale));

describe('moments', () => {
  it('equal the two-pass formulas', () => {
    const moments = m.momentsOf([2, 4, 4, 4, 5, 5, 7, 9]);
    expect(moments.mean).toBe(5);
    expect(m.varianceOf(moments)).toBeCloseTo(32 / 7, 12);
    expect(m.standardErrorOf(moments)).toBeCloseTo(Math.sqrt(32 / 56), 12);
    expect(m.varianceOf(m.momentsOf([1]))).toBeNaN();
  });

  it('merge to the moments of the whole', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const whole = m.momentsOf([...a, ...b]);
        const merged = m.mergeMoments(m.momentsOf(a), m.momentsOf(b));
        expect(merged.n).toBe(whole.n);
        near(merged.mean, whole.mean, 1e6);
        near(merged.m2, whole.m2, 1e14);
      }),
    );
  });

  it('come from sums (gbstats test data)', () => {
    expect(m.varianceOf(m.momentsFromSums(3000, 1396.87, 52377.9767))).toBeCloseTo(17.2482699014, 9);
    expect(m.momentsFromSums(0, 0, 0)).toEqual(m.emptyMoments());
  });

  it('co-moments merge and give covariance and correlation', () => {
    const build = (pairs: [number, number][]) => {
      const co = m.emptyCoMoments();
      for (const [x, y] of pairs) m.addPair(co, x, y);
      return co;
    };
    const pairs: [number, number][] = [
      [1, 2],
      [2, 4.5],
      [3, 5],
      [4, 9],
      [7, 11],
    ];
    const whole = build(pairs);
    const merged = m.mergeCoMoments(build(pairs.slice(0, 2)), build(pairs.slice(2)));
    expect(m.covarianceOf(whole)).toBeCloseTo(7.975, 12);
    expect(m.covarianceOf(merged)).toBeCloseTo(7.975, 12);
    expect(m.correlationOf(merged)).toBeCloseTo(m.correlationOf(whole), 12);
    expect(m.mergeCoMoments(m.emptyCoMoments(), whole)).toEqual(whole);
  });
});
