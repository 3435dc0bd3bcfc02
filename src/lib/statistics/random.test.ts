import { describe, expect, it } from 'vitest';
import { binomial, createRandom, hashToUnit, multinomial, normal, sampleIndices, shuffle } from './random.ts';
import { momentsOf, varianceOf } from './moments.ts';
import { chi2Sf } from './special.ts';

const draws = (n: number, draw: () => number) => Float64Array.from({ length: n }, draw);

describe('random', () => {
  it('repeats for a seed and differs between seeds', () => {
    const first = draws(5, createRandom('a'));
    expect(draws(5, createRandom('a'))).toEqual(first);
    expect(draws(5, createRandom('b'))).not.toEqual(first);
    expect(createRandom(7)()).toBe(createRandom('7')());
  });

  it('is uniform', () => {
    const counts = new Float64Array(100);
    const random = createRandom('uniform');
    for (let i = 0; i < 100_000; i++) counts[Math.floor(random() * 100)]! += 1;
    const statistic = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi2Sf(statistic, 99)).toBeGreaterThan(0.001);
  });

  it('draws normal numbers', () => {
    const random = createRandom('normal');
    const moments = momentsOf(draws(50_000, () => normal(random)));
    expect(Math.abs(moments.mean)).toBeLessThan(0.02);
    expect(varianceOf(moments)).toBeCloseTo(1, 1);
  });

  it.each([
    [12, 0.3],
    [1000, 0.002],
    [1000, 0.4],
    [50_000, 0.97],
  ])('binomial(%d, %d) has its mean and variance', (n, p) => {
    const random = createRandom(`binomial ${n}`);
    const moments = momentsOf(draws(20_000, () => binomial(random, n, p)));
    const deviation = Math.sqrt(n * p * (1 - p));
    expect(Math.abs(moments.mean - n * p) / deviation).toBeLessThan(4 / Math.sqrt(20_000));
    expect(varianceOf(moments) / deviation ** 2).toBeGreaterThan(0.95);
    expect(varianceOf(moments) / deviation ** 2).toBeLessThan(1.05);
  });

  it('rejection sampling of the binomial fits its probabilities', () => {
    const random = createRandom('btrs');
    const counts = new Map<number, number>();
    for (let i = 0; i < 40_000; i++) {
      const k = binomial(random, 40, 0.4);
      counts.set(k, (counts.get(k) ?? 0) + 1);
    }
    let statistic = 0;
    let df = -1;
    let probability = 0.6 ** 40;
    for (let k = 0; k <= 40; k++) {
      const expected = 40_000 * probability;
      if (expected > 10) {
        statistic += ((counts.get(k) ?? 0) - expected) ** 2 / expected;
        df++;
      }
      probability *= ((40 - k) / (k + 1)) * (0.4 / 0.6);
    }
    expect(chi2Sf(statistic, df)).toBeGreaterThan(0.001);
  });

  it('multinomial counts add up, skip empty categories and follow the weights', () => {
    const random = createRandom('multinomial');
    const total = new Float64Array(4);
    for (let i = 0; i < 2000; i++) {
      const counts = multinomial(random, 100, [1, 0, 3, 0]);
      expect(counts.reduce((a, b) => a + b, 0)).toBe(100);
      counts.forEach((count, j) => (total[j]! += count));
    }
    expect(total[1]).toBe(0);
    expect(total[3]).toBe(0);
    expect(total[0]! / 200_000).toBeCloseTo(0.25, 2);
  });

  it('samples without replacement', () => {
    const random = createRandom('sample');
    const hits = new Float64Array(10);
    for (let i = 0; i < 5000; i++) {
      const chosen = sampleIndices(random, 10, 3);
      expect(new Set(chosen).size).toBe(3);
      for (const index of chosen) hits[index]! += 1;
    }
    for (const hit of hits) expect(Math.abs(hit - 1500)).toBeLessThan(150);
    expect([...sampleIndices(random, 3, 9)]).toEqual([0, 1, 2]);
    expect(new Set(shuffle(random, [1, 2, 3, 4]))).toEqual(new Set([1, 2, 3, 4]));
  });

  it('hashes keys to uniform, independent units', () => {
    const counts = new Float64Array(64);
    for (let i = 0; i < 64_000; i++) counts[Math.floor(hashToUnit('s', `row-${i}`) * 64)]! += 1;
    const statistic = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi2Sf(statistic, 63)).toBeGreaterThan(0.001);
    expect(hashToUnit('a', 'bc')).not.toBe(hashToUnit('ab', 'c'));
  });
});
