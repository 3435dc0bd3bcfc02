import { varianceOf } from './moments.ts';
import type { Moments } from './moments.ts';
import { chi2Sf, normalMultiplier, normalSf, tIsf, tSf } from './special.ts';

/** Fixed-horizon tests: valid for one look at a size fixed before. For repeated looks use `confidence-sequence.ts`. */
export interface TestResult {
  effect: number;
  low: number;
  high: number;
  statistic: number;
  /** Degrees of freedom; absent for normal tests. */
  df?: number;
  /** Two-sided. */
  p: number;
}

export interface Interval {
  value: number;
  low: number;
  high: number;
  n: number;
}

/** Welch's t-test of candidate mean minus champion mean; needs two rows on each side. */
export function welch(champion: Moments, candidate: Moments, confidence = 0.95): TestResult {
  const a = varianceOf(champion) / champion.n;
  const b = varianceOf(candidate) / candidate.n;
  const effect = candidate.mean - champion.mean;
  const standardError = Math.sqrt(a + b);
  const df = (a + b) ** 2 / (a ** 2 / (champion.n - 1) + b ** 2 / (candidate.n - 1));
  const statistic = effect / standardError;
  const half = tIsf((1 - confidence) / 2, df) * standardError;
  return {
    effect,
    low: effect - half,
    high: effect + half,
    statistic,
    df,
    p: 2 * tSf(Math.abs(statistic), df),
  };
}

export interface Proportion {
  successes: number;
  n: number;
}

/**
 * Difference of two proportions, candidate minus champion: pooled z for the p-value,
 * Newcombe's hybrid score interval (1998, method 10) for the bounds, which stays right for rare events.
 */
export function twoProportions(champion: Proportion, candidate: Proportion, confidence = 0.95): TestResult {
  const a = wilson(champion.successes, champion.n, confidence);
  const b = wilson(candidate.successes, candidate.n, confidence);
  const effect = b.value - a.value;
  const pooled = (champion.successes + candidate.successes) / (champion.n + candidate.n);
  const standardError = Math.sqrt(pooled * (1 - pooled) * (1 / champion.n + 1 / candidate.n));
  const statistic = standardError === 0 ? 0 : effect / standardError;
  return {
    effect,
    low: effect - Math.hypot(b.value - b.low, a.high - a.value),
    high: effect + Math.hypot(b.high - b.value, a.value - a.low),
    statistic,
    p: 2 * normalSf(Math.abs(statistic)),
  };
}

export interface NonInferiority {
  /** Whether the bound stays inside the margin. */
  holds: boolean;
  /** One-sided upper confidence bound of the harm. */
  bound: number;
  margin: number;
  /** Against "the harm is at least the margin". */
  p: number;
}

/**
 * Non-inferiority of an estimate where *larger is worse* (a rise in latency or loss): holds when the one-sided
 * upper bound at level alpha is below the margin.
 */
export function nonInferior(
  harm: { effect: number; standardError: number },
  margin: number,
  alpha = 0.05,
): NonInferiority {
  const bound = harm.effect + normalMultiplier(1 - 2 * alpha) * harm.standardError;
  return { holds: bound < margin, bound, margin, p: normalSf((margin - harm.effect) / harm.standardError) };
}

/** Non-inferiority of a rate of bad events; the bound is Newcombe's, the p-value the unpooled z. */
export function nonInferiorProportions(
  champion: Proportion,
  candidate: Proportion,
  margin: number,
  alpha = 0.05,
): NonInferiority {
  const { effect, high } = twoProportions(champion, candidate, 1 - 2 * alpha);
  const variance = (rate: Proportion) => ((rate.successes / rate.n) * (1 - rate.successes / rate.n)) / rate.n;
  const standardError = Math.sqrt(variance(champion) + variance(candidate));
  return { holds: high < margin, bound: high, margin, p: normalSf((margin - effect) / standardError) };
}

/** Wilson's score interval of a proportion. Without rows it is 0 to 1 around NaN. */
export function wilson(successes: number, n: number, confidence = 0.95): Interval {
  if (n === 0) return { value: Number.NaN, low: 0, high: 1, n };
  const z = normalMultiplier(confidence);
  const rate = successes / n;
  const scale = 1 + (z * z) / n;
  const centre = (rate + (z * z) / (2 * n)) / scale;
  const half = (z / scale) * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  const low = successes === 0 ? 0 : centre - half;
  const high = successes === n ? 1 : centre + half;
  return { value: rate, low, high, n };
}

export interface SampleRatio {
  statistic: number;
  df: number;
  p: number;
  /** p < 0.001: something removes units from one arm, so no comparison of the arms can be trusted. */
  mismatch: boolean;
}

/** Chi-square test of observed arm counts against configured weights (any scale, all above 0). */
export function sampleRatio(
  observed: readonly number[],
  weights: readonly number[],
  threshold = 0.001,
): SampleRatio {
  const total = observed.reduce((sum, count) => sum + count, 0);
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0);
  let statistic = 0;
  if (total > 0) {
    for (const [i, count] of observed.entries()) {
      const expected = (total * (weights[i] as number)) / weightSum;
      statistic += (count - expected) ** 2 / expected;
    }
  }
  const df = observed.length - 1;
  const p = chi2Sf(statistic, df);
  return { statistic, df, p, mismatch: p < threshold };
}

/** McNemar's test on the pairs where exactly one side is right, without continuity correction; p = 1 without such pairs. */
export function mcnemar(
  onlyChampionRight: number,
  onlyCandidateRight: number,
): { statistic: number; p: number } {
  const discordant = onlyChampionRight + onlyCandidateRight;
  if (discordant === 0) return { statistic: 0, p: 1 };
  const statistic = (onlyCandidateRight - onlyChampionRight) ** 2 / discordant;
  return { statistic, p: chi2Sf(statistic, 1) };
}

/** p-values adjusted by Holm (1979), in the order given: reject where adjusted ≤ alpha, and the chance of any false rejection is ≤ alpha. */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = pValues.slice();
  let running = 0;
  for (const [rank, index] of ascending(pValues).entries()) {
    running = Math.max(running, (pValues.length - rank) * (pValues[index] as number));
    adjusted[index] = Math.min(1, running);
  }
  return adjusted;
}

/** p-values adjusted by Benjamini and Hochberg (1995): reject where adjusted ≤ q, and the expected share of false ones is ≤ q. */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const adjusted = pValues.slice();
  const order = ascending(pValues);
  let running = 1;
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const index = order[rank] as number;
    running = Math.min(running, ((pValues[index] as number) * pValues.length) / (rank + 1));
    adjusted[index] = running;
  }
  return adjusted;
}

const ascending = (values: readonly number[]): number[] =>
  values.map((_, i) => i).sort((a, b) => (values[a] as number) - (values[b] as number));
