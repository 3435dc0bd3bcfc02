import { DEFAULT_ALPHA, sequenceHalfWidth, tuneRho, tuningConstant } from './confidence-sequence.ts';
import { normalQuantile } from './special.ts';

export interface PowerQuestion {
  /** Smallest true effect that must be found, in the unit of the rows. */
  effect: number;
  /** Standard deviation of one row (paired: of one difference; split: `splitDeviation`). */
  sd: number;
  alpha?: number;
  /** Chance of finding the effect by then; default 0.8. */
  power?: number;
  /** Tune the sequence to this many rows; by default to the answer itself, which is the best choice. */
  nStar?: number;
}

export interface TestPlan {
  /** Labelled rows after which the stated effect has been found with the stated chance. */
  rows: number;
  /** Pass this to the sequence. */
  nStar: number;
  horizonRows: number;
  /** False: refuse to start. The horizon ends before the plan can be expected to decide. */
  canDecide: boolean;
  /** Smallest effect that the horizon would allow to find. */
  detectableEffect: number;
  alpha: number;
  power: number;
}

const DEFAULT_POWER = 0.8;
const MAX_ROWS = 2 ** 50;

/** Labelled rows needed until the always-valid interval excludes 0. Infinity when the effect is 0. */
export function rowsNeeded(question: PowerQuestion): number {
  const { effect, sd, alpha = DEFAULT_ALPHA, power = DEFAULT_POWER, nStar } = question;
  const size = Math.abs(effect);
  if (!(size > 0) || !(sd >= 0)) return Number.POSITIVE_INFINITY;
  if (nStar === undefined) return Math.ceil(((sd * tightestFactor(alpha, power)) / size) ** 2);
  const rho = tuneRho(nStar, alpha);
  const reach = (n: number) =>
    sequenceHalfWidth(n, sd, alpha, rho) + (normalQuantile(power) * sd) / Math.sqrt(n);
  return smallestRows((n) => reach(n) <= size);
}

/** Says before a test starts how many labelled rows it needs and whether the horizon allows that. */
export function planTest(question: PowerQuestion & { horizonRows: number }): TestPlan {
  const { alpha = DEFAULT_ALPHA, power = DEFAULT_POWER, horizonRows, sd } = question;
  const rows = rowsNeeded(question);
  const detectableEffect = (sd * tightestFactor(alpha, power)) / Math.sqrt(horizonRows);
  const nStar = question.nStar ?? Math.max(1, Math.min(rows, horizonRows));
  return { rows, nStar, horizonRows, canDecide: rows <= horizonRows, detectableEffect, alpha, power };
}

/** Per-row deviation of the difference of two groups, so that its standard error is this over √(all rows). */
export const splitDeviation = (sd: number, candidateShare: number): number =>
  sd * Math.sqrt(1 / candidateShare + 1 / (1 - candidateShare));

/** (half-width + power margin) · √n / sd at the row count the sequence is tuned to, where it does not depend on n. */
function tightestFactor(alpha: number, power: number): number {
  return sequenceHalfWidth(1, 1, alpha, Math.sqrt(tuningConstant(alpha))) + normalQuantile(power);
}

function smallestRows(enough: (n: number) => boolean): number {
  let high = 2;
  while (!enough(high) && high < MAX_ROWS) high *= 2;
  if (high >= MAX_ROWS) return Number.POSITIVE_INFINITY;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
