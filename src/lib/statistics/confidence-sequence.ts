import { varianceOf } from './moments.ts';
import type { Moments } from './moments.ts';

/**
 * Always-valid inference: look after every row, stop when you like, and the chance of ever excluding a true effect
 * stays below alpha. Source: Waudby-Smith et al., arXiv 2103.06476, in the form GrowthBook uses.
 * The guarantee is asymptotic in the rows; below `MIN_ROWS` the variance is hardly known, so no verdict is given.
 */
export interface SequenceResult {
  n: number;
  effect: number;
  low: number;
  high: number;
  halfWidth: number;
  /** Evidence against "no effect"; its expectation under no effect is at most 1. */
  e: number;
  p: number;
  /** The interval excludes 0 (equivalently e ≥ 1/alpha) and n is at least `MIN_ROWS`. */
  decided: boolean;
}

export interface EffectEstimate {
  /** All rows that went into the estimate. */
  n: number;
  effect: number;
  standardError: number;
}

export interface SequenceOptions {
  /** Chance of ever being wrong, two-sided; default 0.05. */
  alpha?: number;
  /** Rows at which the interval is tightest; default 5000. */
  nStar?: number;
}

export const MIN_ROWS = 50;
export const DEFAULT_ALPHA = 0.05;
export const DEFAULT_N_STAR = 5000;

/** The tuning parameter that makes the interval tightest at `nStar` rows. */
export const tuneRho = (nStar: number, alpha: number): number => Math.sqrt(tuningConstant(alpha) / nStar);

/** -2·ln α + ln(1 - 2·ln α): the product ρ²·n at the tightest point. */
export const tuningConstant = (alpha: number): number =>
  -2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha));

/** Half-width of the interval after n rows whose standard deviation per row is `sd`. */
export function sequenceHalfWidth(n: number, sd: number, alpha: number, rho: number): number {
  const spread = n * rho * rho + 1;
  return sd * Math.sqrt(((2 * spread) / (n * rho) ** 2) * Math.log(Math.sqrt(spread) / alpha));
}

/** The interval, E and p of any asymptotically normal estimate. Without a standard error nothing is known: the interval is the whole line. */
export function sequenceInterval(estimate: EffectEstimate, options: SequenceOptions = {}): SequenceResult {
  const { n, effect, standardError } = estimate;
  const alpha = options.alpha ?? DEFAULT_ALPHA;
  if (!(n >= 2) || !(standardError > 0) || !Number.isFinite(effect)) return unknown(n, effect);
  const rho = tuneRho(options.nStar ?? DEFAULT_N_STAR, alpha);
  const halfWidth = sequenceHalfWidth(n, standardError * Math.sqrt(n), alpha, rho);
  const spread = n * rho * rho + 1;
  const e = Math.exp((rho * rho * n * (effect / standardError) ** 2) / (2 * spread)) / Math.sqrt(spread);
  const excludesZero = Math.abs(effect) >= halfWidth;
  return {
    n,
    effect,
    low: effect - halfWidth,
    high: effect + halfWidth,
    halfWidth,
    e,
    p: Math.min(1, 1 / e),
    decided: excludesZero && n >= MIN_ROWS,
  };
}

/** Paired or one-sample form: every row gives one number, for example the loss of the champion minus that of the candidate. */
export const pairedSequence = (differences: Moments, options: SequenceOptions = {}): SequenceResult =>
  sequenceInterval(
    {
      n: differences.n,
      effect: differences.mean,
      standardError: Math.sqrt(varianceOf(differences) / differences.n),
    },
    options,
  );

/** Candidate mean minus champion mean of two separate groups. */
export const differenceOfMeans = (champion: Moments, candidate: Moments): EffectEstimate => ({
  n: champion.n + candidate.n,
  effect: candidate.mean - champion.mean,
  standardError: Math.sqrt(varianceOf(champion) / champion.n + varianceOf(candidate) / candidate.n),
});

/** Relative change of the candidate's mean against the champion's, by the delta method. */
export function relativeDifference(champion: Moments, candidate: Moments): EffectEstimate {
  const base = champion.mean;
  const ofCandidate = varianceOf(candidate) / candidate.n / base ** 2;
  const ofChampion = ((varianceOf(champion) / champion.n) * candidate.mean ** 2) / base ** 4;
  return {
    n: champion.n + candidate.n,
    effect: (candidate.mean - base) / base,
    standardError: Math.sqrt(ofCandidate + ofChampion),
  };
}

function unknown(n: number, effect: number): SequenceResult {
  const infinite = Number.POSITIVE_INFINITY;
  return { n, effect, low: -infinite, high: infinite, halfWidth: infinite, e: 1, p: 1, decided: false };
}
