import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  categoryBins,
  countCategories,
  countNumeric,
  numericBins,
  quantileOf,
  slotOf,
  slotsOf,
  sortedValues,
} from './bins.ts';
import * as drift from './drift.ts';
import { DRIFT_GOLDEN } from './drift.golden.ts';

const a = sortedValues(DRIFT_GOLDEN.a);
const b = sortedValues(DRIFT_GOLDEN.b);

describe('drift distances', () => {
  it('equal scipy', () => {
    const { reference, current, positions } = DRIFT_GOLDEN;
    expect(drift.ksDistance(a, b)).toBeCloseTo(DRIFT_GOLDEN.ks, 14);
    expect(drift.ksPValue(drift.ksDistance(a, b), a.length, b.length)).toBeCloseTo(DRIFT_GOLDEN.ksP, 12);
    expect(drift.wassersteinDistance(a, b)).toBeCloseTo(DRIFT_GOLDEN.wasserstein, 12);
    expect(drift.jensenShannon(reference, current)).toBeCloseTo(DRIFT_GOLDEN.jensenShannon, 12);
    expect(drift.chiSquare(reference, current).statistic).toBeCloseTo(DRIFT_GOLDEN.chiSquare.statistic, 10);
    expect(drift.chiSquare(reference, current).df).toBe(DRIFT_GOLDEN.chiSquare.df);
    expect(drift.chiSquare(reference, current).p).toBeCloseTo(DRIFT_GOLDEN.chiSquare.p, 12);
    expect(drift.wassersteinOfBins(reference, current, positions)).toBeCloseTo(
      DRIFT_GOLDEN.binnedWasserstein,
      12,
    );
  });

  it('psi follows its definition', () => {
    const expected = (0.5 - 0.2) * Math.log(0.5 / 0.2) + (0.5 - 0.8) * Math.log(0.5 / 0.8);
    expect(drift.psi([50, 50, 0], [20, 80, 0])).toBeCloseTo(expected, 12);
    expect(Number.isFinite(drift.psi([100, 0], [0, 100]))).toBe(true);
  });

  it('are symmetric, 0 on equal data and NaN on none', () => {
    const values = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, values, (x, y) => {
        const [p, q] = [sortedValues(x), sortedValues(y)];
        for (const distance of [drift.ksDistance, drift.wassersteinDistance]) {
          expect(distance(p, p)).toBe(0);
          expect(distance(p, q)).toBeCloseTo(distance(q, p), 12);
        }
        const shifted = p.map((value) => value + 2);
        expect(drift.wassersteinDistance(p, shifted)).toBeCloseTo(2, 10);
      }),
    );
    const kinds: drift.BinnedDistance[] = ['ks', 'wasserstein', 'psi', 'jensen-shannon', 'chi-square'];
    for (const kind of kinds) {
      expect(drift.binnedDistance(kind, [3, 4, 5], [6, 8, 10], [0, 1, 2])).toBeCloseTo(0, 12);
      expect(drift.binnedDistance(kind, [3, 4, 5], [0, 0, 0], [0, 1, 2])).toBeNaN();
    }
    expect(drift.ksDistance(a, new Float64Array(0))).toBeNaN();
  });

  it('binned forms approach the exact ones', () => {
    const bins = numericBins(a, 39);
    const counts = [countNumeric(bins, a).counts, countNumeric(bins, b).counts] as const;
    expect(drift.ksOfBins(...counts)).toBeLessThanOrEqual(drift.ksDistance(a, b) + 1e-12);
    expect(drift.ksOfBins(...counts)).toBeGreaterThan(drift.ksDistance(a, b) - 0.06);
  });
});

describe('bins', () => {
  it('count every value once, outside values apart', () => {
    const bins = numericBins(
      Float64Array.from({ length: 1000 }, (_, i) => i),
      10,
    );
    expect(bins.edges).toHaveLength(11);
    const { counts, missing } = countNumeric(bins, [-1, 0, 999, 1000, 500, Number.NaN, null, undefined]);
    expect(counts[0]).toBe(1);
    expect(counts[1]).toBe(1);
    expect(counts.at(-1)).toBe(1);
    expect(missing).toBe(3);
    expect([
      ...countNumeric(
        bins,
        Float64Array.from({ length: 1000 }, (_, i) => i),
      ).counts,
    ]).toEqual([0, ...Array(10).fill(100), 0]);
  });

  it('give few distinct values a slot each', () => {
    const bins = numericBins([1, 1, 2, 5, 5, 5, Number.NaN]);
    const { counts } = countNumeric(bins, [1, 2, 5, 0, 9]);
    expect([...counts]).toEqual([1, 1, 1, 1, 1]);
    expect(bins.positions.slice(1, -1)).toEqual([1, 2, 5]);
    const constant = numericBins([7, 7]);
    expect([...countNumeric(constant, [6, 7, 7, 8]).counts]).toEqual([3, 1]);
    expect(() => numericBins([Number.NaN])).toThrow(RangeError);
  });

  it('slots agree with a linear scan, and positions ascend', () => {
    const numbers = fc.array(fc.double({ noNaN: true, min: -100, max: 100 }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        numbers,
        fc.double({ noNaN: true, min: -120, max: 120 }),
        fc.integer({ min: 1, max: 12 }),
        (reference, value, inner) => {
          const bins = numericBins(reference, inner);
          const { edges, positions } = bins;
          const scan =
            value === edges[0] && edges.length > 1 ? 1 : edges.filter((edge) => edge < value).length;
          expect(slotOf(edges, value)).toBe(scan);
          expect(positions).toHaveLength(slotsOf(bins));
          expect(positions.every((position, i) => i === 0 || position >= positions[i - 1]!)).toBe(true);
          expect(countNumeric(bins, reference).counts.reduce((x, y) => x + y, 0)).toBe(reference.length);
        },
      ),
    );
  });

  it('categories: the top ones and the rest', () => {
    const bins = categoryBins(['b', 'a', 'a', 'c', null, 'b', 'd'], 2);
    expect(bins.categories).toEqual(['a', 'b']);
    const { counts, missing } = countCategories(bins, ['a', 'z', 'c', null, 'b', 'b']);
    expect([...counts]).toEqual([1, 2, 2]);
    expect(missing).toBe(1);
  });

  it('quantiles are type 7', () => {
    expect(quantileOf([1, 2, 4, 8], 0.5)).toBe(3);
    expect(quantileOf([1, 2, 4, 8], 0.9)).toBeCloseTo(6.8, 12);
    expect(quantileOf([], 0.5)).toBeNaN();
  });
});
