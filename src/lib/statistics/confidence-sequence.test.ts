import { describe, expect, it } from 'vitest';
import {
  MIN_ROWS,
  differenceOfMeans,
  pairedSequence,
  relativeDifference,
  sequenceInterval,
  tuneRho,
} from './confidence-sequence.ts';
import { addValue, emptyMoments, momentsFromSums, momentsOf } from './moments.ts';
import { planTest, rowsNeeded, splitDeviation } from './power.ts';
import { createRandom, normal } from './random.ts';

// Test data of gbstats; the values for nStar 1000 are published there.
const champion = momentsFromSums(3000, 1396.87, 52377.9767);
const candidate = momentsFromSums(3461, 2422.7, 134698.29);

describe('confidence sequence', () => {
  it.each([
    {
      nStar: 1000,
      rho: 0.0890850975,
      half: 1.061801591,
      low: -0.5584405051,
      high: 1.5651626768,
      e: 0.4229809414,
    },
    {
      nStar: 5000,
      rho: 0.0398400668,
      half: 1.0130788468,
      low: -0.5097177609,
      high: 1.5164399326,
      e: 0.8419543677,
    },
  ])('matches gbstats at nStar $nStar', ({ nStar, rho, half, low, high, e }) => {
    const estimate = relativeDifference(champion, candidate);
    expect(estimate.effect).toBeCloseTo(0.5033610859, 9);
    expect(estimate.standardError).toBeCloseTo(0.3334122146, 9);
    const result = sequenceInterval(estimate, { nStar });
    expect(tuneRho(nStar, 0.05)).toBeCloseTo(rho, 9);
    expect(result.halfWidth).toBeCloseTo(half, 9);
    expect(result.low).toBeCloseTo(low, 9);
    expect(result.high).toBeCloseTo(high, 9);
    expect(result.e).toBeCloseTo(e, 9);
    expect(result.p).toBe(1);
    expect(result.decided).toBe(false);
  });

  it('excludes 0 exactly when e reaches 1/alpha', () => {
    for (let effect = 0.01; effect < 0.5; effect += 0.01) {
      const result = sequenceInterval({ n: 1000, effect, standardError: 0.05 }, { alpha: 0.05 });
      expect(result.decided).toBe(result.e >= 20);
    }
  });

  it('is tightest at nStar', () => {
    const width = (nStar: number) =>
      sequenceInterval({ n: 800, effect: 0, standardError: 1 }, { nStar }).halfWidth;
    expect(width(800)).toBeLessThan(width(700));
    expect(width(800)).toBeLessThan(width(900));
  });

  it('says nothing without variance or rows', () => {
    for (const rows of [[], [1], [0, 0, 0]]) {
      expect(pairedSequence(momentsOf(rows))).toMatchObject({
        e: 1,
        p: 1,
        decided: false,
        low: Number.NEGATIVE_INFINITY,
      });
    }
    const clear = Array.from({ length: MIN_ROWS - 1 }, (_, i) => 100 + (i % 2));
    expect(pairedSequence(momentsOf(clear), { nStar: 50 }).low).toBeGreaterThan(0);
    expect(pairedSequence(momentsOf(clear), { nStar: 50 }).decided).toBe(false);
  });

  it('subtracts champion from candidate', () => {
    const { effect, n } = differenceOfMeans(champion, candidate);
    expect(effect).toBeCloseTo(0.7 - 1396.87 / 3000, 6);
    expect(n).toBe(6461);
  });
});

describe('continuous peeking at paired differences', () => {
  // Per trial: look after every row and stop at the first verdict.
  const everDecided = (
    trials: number,
    rows: number,
    draw: (random: () => number) => number,
    nStar: number,
  ) => {
    const random = createRandom(`peeking ${nStar}`);
    let decided = 0;
    for (let trial = 0; trial < trials; trial++) {
      const moments = emptyMoments();
      for (let i = 0; i < rows; i++) {
        addValue(moments, draw(random));
        if (i >= MIN_ROWS - 1 && pairedSequence(moments, { nStar }).decided) {
          decided++;
          break;
        }
      }
    }
    return decided / trials;
  };

  it.each([
    ['normal differences', (random: () => number) => normal(random)],
    ['skewed differences', (random: () => number) => -Math.log(1 - random()) - 1],
    ['mostly equal rows', (random: () => number) => (random() < 0.2 ? (random() < 0.5 ? 1 : -1) : 0)],
  ])('A/A: %s decide at most alpha of the time', (_, draw) => {
    expect(everDecided(1000, 1000, draw, 1000)).toBeLessThanOrEqual(0.05);
  });

  it('finds a real effect within the planned rows about as often as planned', () => {
    const rows = rowsNeeded({ effect: 0.2, sd: 1, power: 0.8 });
    const found = everDecided(300, rows, (random) => 0.2 + normal(random), rows);
    expect(found).toBeGreaterThan(0.75);
    expect(found).toBeLessThan(0.95);
  });
});

describe('power', () => {
  it('solves the half-width formula', () => {
    const nStar = 3000;
    const rows = rowsNeeded({ effect: 0.1, sd: 1, power: 0.5, nStar });
    const half = (n: number) =>
      sequenceInterval({ n, effect: 0, standardError: 1 / Math.sqrt(n) }, { nStar }).halfWidth;
    expect(half(rows)).toBeLessThanOrEqual(0.1);
    expect(half(rows - 1)).toBeGreaterThan(0.1);
  });

  it('needs least when the sequence is tuned to the answer', () => {
    const question = { effect: 0.05, sd: 0.6 };
    const best = rowsNeeded(question);
    expect(rowsNeeded({ ...question, nStar: best })).toBeGreaterThanOrEqual(best - 1);
    expect(rowsNeeded({ ...question, nStar: best })).toBeLessThanOrEqual(best + 1);
    expect(rowsNeeded({ ...question, nStar: best * 4 })).toBeGreaterThan(best);
  });

  it('refuses a plan that cannot decide and says what it could find', () => {
    const plan = planTest({ effect: 0.01, sd: 1, horizonRows: 10_000 });
    expect(plan.canDecide).toBe(false);
    expect(plan.rows).toBeGreaterThan(10_000);
    expect(rowsNeeded({ effect: plan.detectableEffect, sd: 1 })).toBeLessThanOrEqual(10_001);
    expect(planTest({ effect: 0.2, sd: 1, horizonRows: 10_000 }).canDecide).toBe(true);
    expect(rowsNeeded({ effect: 0, sd: 1 })).toBe(Number.POSITIVE_INFINITY);
  });

  it('a split needs more rows than pairs', () => {
    expect(splitDeviation(1, 0.5)).toBe(2);
    expect(splitDeviation(1, 0.1)).toBeGreaterThan(3.3);
  });
});
