import type { Bucket } from '../schema.ts';

export type XAxis = 'step' | 'time' | 'relative';

/** Columns of a chart, from buckets: x, the last value of each, and the extremes around it. */
export interface Line {
  x: number[];
  last: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  points: number;
  nan: number;
}

/** Values that stand for the infinities are infinite again, so that a chart marks them instead of drawing them. */
const real = (value: number | null): number | null =>
  value !== null && Math.abs(value) >= Number.MAX_VALUE ? Math.sign(value) * Number.POSITIVE_INFINITY : value;

/** `began` in epoch ms; relative x is in seconds. */
export function lineOf(buckets: readonly Bucket[], axis: XAxis, began: number): Line {
  const at = ({ step, ts }: Bucket) => (axis === 'step' ? step : axis === 'time' ? ts : (ts - began) / 1000);
  const sorted = buckets.toSorted((a, b) => at(a) - at(b));
  return {
    x: sorted.map(at),
    last: sorted.map((bucket) => (bucket.last === null && bucket.nan > 0 ? Number.NaN : real(bucket.last))),
    low: sorted.map((bucket) => real(bucket.low)),
    high: sorted.map((bucket) => real(bucket.high)),
    points: sorted.reduce((sum, bucket) => sum + bucket.points, 0),
    nan: sorted.reduce((sum, bucket) => sum + bucket.nan, 0),
  };
}

/** Coarse columns outside a zoomed range and fine ones inside it, so that one can zoom out again at once. */
export function withFiner(
  coarse: readonly Bucket[],
  fine: readonly Bucket[],
  axis: 'step' | 'time',
): readonly Bucket[] {
  const [first, last] = [fine[0], fine.at(-1)];
  if (!first || !last) return coarse;
  const at = (bucket: Bucket) => (axis === 'step' ? bucket.step : bucket.ts);
  const before = coarse.filter((bucket) => at(bucket) < at(first));
  const after = coarse.filter((bucket) => at(bucket) > at(last));
  return [...before, ...fine, ...after];
}

/**
 * Exponential mean, weighted by the distance between points: evenly spaced points get `weight` of what was before, points
 * further apart less. Gaps and what is no number stay as they are.
 */
export function smoothed(
  x: readonly number[],
  values: readonly (number | null | undefined)[],
  weight: number,
): (number | null | undefined)[] {
  if (weight <= 0 || x.length < 2) return [...values];
  const spacing = ((x.at(-1) ?? 0) - (x[0] ?? 0)) / (x.length - 1) || 1;
  let mean: number | undefined;
  let before = x[0] ?? 0;
  return values.map((value, index) => {
    if (value === null || value === undefined || !Number.isFinite(value)) return value;
    const at = x[index] ?? 0;
    const kept = mean === undefined ? 0 : weight ** Math.max(0, (at - before) / spacing);
    mean = kept * (mean ?? 0) + (1 - kept) * value;
    before = at;
    return mean;
  });
}
