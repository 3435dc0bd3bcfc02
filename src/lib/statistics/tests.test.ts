import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { momentsOf } from './moments.ts';
import { createRandom } from './random.ts';
import { eventRateAbove, eventRatioAbove } from './rare-events.ts';
import {
  benjaminiHochberg,
  holm,
  mcnemar,
  nonInferior,
  nonInferiorProportions,
  sampleRatio,
  twoProportions,
  welch,
  wilson,
} from './tests.ts';

const SCIPY_WELCH = { t: 1.9019049171371816, p: 0.09185047608799965, df: 8.422860047363667 };

describe('fixed-horizon tests', () => {
  // scipy.stats.ttest_ind([1.1,2.3,2.9,4.2,5.5], [2.0,3.9,5.1,6.6,7.2,9.9], equal_var=False), sign turned.
  it('welch', () => {
    const result = welch(momentsOf([1.1, 2.3, 2.9, 4.2, 5.5]), momentsOf([2.0, 3.9, 5.1, 6.6, 7.2, 9.9]));
    expect(result.statistic).toBeCloseTo(SCIPY_WELCH.t, 12);
    expect(result.p).toBeCloseTo(SCIPY_WELCH.p, 12);
    expect(result.df).toBeCloseTo(SCIPY_WELCH.df, 10);
    expect(result.low).toBeLessThan(0);
    expect(result.high - result.effect).toBeCloseTo(result.effect - result.low, 12);
  });

  it('two proportions: Newcombe 1998, table II, method 10', () => {
    const result = twoProportions({ successes: 48, n: 80 }, { successes: 56, n: 70 });
    expect(result.effect).toBeCloseTo(0.2, 12);
    expect(result.low).toBeCloseTo(0.0524, 4);
    expect(result.high).toBeCloseTo(0.3339, 4);
    expect(result.statistic).toBeCloseTo(0.2 / Math.sqrt((104 / 150) * (46 / 150) * (1 / 80 + 1 / 70)), 12);
    const none = twoProportions({ successes: 0, n: 10 }, { successes: 0, n: 20 });
    expect(none.p).toBe(1);
    expect(none.low).toBeCloseTo(-0.2775, 4);
    expect(none.high).toBeCloseTo(0.1611, 4);
  });

  it('wilson: Newcombe 1998, single proportion', () => {
    expect(wilson(81, 263).low).toBeCloseTo(0.2553, 4);
    expect(wilson(81, 263).high).toBeCloseTo(0.3662, 4);
    expect(wilson(0, 20)).toMatchObject({ low: 0, value: 0 });
    expect(wilson(0, 20).high).toBeCloseTo(0.1611, 4);
    expect(wilson(29, 29).low).toBeCloseTo(0.883, 4);
    expect(wilson(0, 0)).toMatchObject({ low: 0, high: 1 });
  });

  it('non-inferiority', () => {
    expect(nonInferior({ effect: 0, standardError: 1 }, 1.7).holds).toBe(true);
    const tight = nonInferior({ effect: 0, standardError: 1 }, 1.6);
    expect(tight.holds).toBe(false);
    expect(tight.bound).toBeCloseTo(1.6448536, 6);
    expect(tight.p).toBeCloseTo(0.0547993, 6);
    expect(nonInferiorProportions({ successes: 5, n: 5000 }, { successes: 6, n: 5000 }, 0.003).holds).toBe(
      true,
    );
    expect(nonInferiorProportions({ successes: 1, n: 50 }, { successes: 1, n: 50 }, 0.003).holds).toBe(false);
  });

  it('sample ratio', () => {
    // 821,588 against 815,482 at 50/50: the textbook case of Kohavi, Tang and Xu.
    const textbook = sampleRatio([821_588, 815_482], [1, 1]);
    expect(textbook.mismatch).toBe(true);
    expect(textbook.p).toBeCloseTo(1.8e-6, 6);
    expect(sampleRatio([1000, 4000], [20, 80]).p).toBe(1);
    expect(sampleRatio([0, 0], [1, 1]).mismatch).toBe(false);
    expect(sampleRatio([30, 20, 10], [3, 2, 1]).df).toBe(2);
  });

  it('mcnemar', () => {
    expect(mcnemar(0, 0).p).toBe(1);
    expect(mcnemar(6, 16).statistic).toBeCloseTo(100 / 22, 12);
  });

  it('holm and benjamini-hochberg adjust as R does', () => {
    // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm" / "BH")
    holm([0.01, 0.04, 0.03, 0.005]).forEach((p, i) =>
      expect(p).toBeCloseTo([0.03, 0.06, 0.06, 0.02][i]!, 12),
    );
    benjaminiHochberg([0.01, 0.04, 0.03, 0.005]).forEach((p, i) =>
      expect(p).toBeCloseTo([0.02, 0.04, 0.04, 0.02][i]!, 12),
    );
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (p) => {
        holm(p).forEach((adjusted, i) => {
          expect(adjusted).toBeGreaterThanOrEqual(p[i]!);
          expect(adjusted).toBeLessThanOrEqual(Math.min(1, p[i]! * p.length) || adjusted);
        });
      }),
    );
  });
});

describe('rare events', () => {
  it('equals the sum over its beta-binomial mixture', () => {
    // By numeric integration over (limit, 1] with a flat prior.
    const [hits, misses, limit] = [9, 4, 0.4];
    let sum = 0;
    const steps = 200_000;
    for (let i = 0; i < steps; i++) {
      const q = limit + ((i + 0.5) * (1 - limit)) / steps;
      sum += (q / limit) ** hits * ((1 - q) / (1 - limit)) ** misses;
    }
    const { e } = eventRatioAbove({ candidate: hits, champion: misses }, 0.4);
    expect(e).toBeCloseTo(sum / steps, 6);
  });

  it('needs few events where the excess is large, and never fires without events', () => {
    expect(eventRateAbove(0, 100_000, 0.001).e).toBeLessThan(1);
    expect(eventRateAbove(8, 500, 0.001).exceeded).toBe(true);
    expect(eventRateAbove(110, 100_000, 0.001).exceeded).toBe(false);
    expect(eventRatioAbove({ champion: 0, candidate: 0 }, 0.1)).toMatchObject({
      e: 1,
      p: 1,
      exceeded: false,
    });
    expect(eventRatioAbove({ champion: 5, candidate: 15 }, 0.1).exceeded).toBe(true);
    expect(eventRatioAbove({ champion: 5, candidate: 15 }, 0.5, 4).exceeded).toBe(false);
  });

  it('raises at most alpha false alarms although it looks after every trial', () => {
    const random = createRandom('rare');
    let rate = 0;
    let ratio = 0;
    const trials = 1000;
    for (let trial = 0; trial < trials; trial++) {
      const events = { champion: 0, candidate: 0 };
      let bad = 0;
      let alarm = { rate: false, ratio: false };
      for (let i = 1; i <= 3000; i++) {
        if (random() >= 0.01) continue;
        bad++;
        if (random() < 0.2) events.candidate++;
        else events.champion++;
        alarm = {
          rate: alarm.rate || eventRateAbove(bad, i, 0.01).exceeded,
          ratio: alarm.ratio || eventRatioAbove(events, 0.2).exceeded,
        };
      }
      if (alarm.rate) rate++;
      if (alarm.ratio) ratio++;
    }
    expect(rate / trials).toBeLessThanOrEqual(0.05);
    expect(ratio / trials).toBeLessThanOrEqual(0.05);
    expect(rate).toBeGreaterThan(0);
  });
});
