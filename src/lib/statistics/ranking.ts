import { addValue, emptyMoments, varianceOf } from './moments.ts';
import type { Moments } from './moments.ts';
import { around, ascendingOrder, requireEqual } from './metrics.ts';
import type { Column, Estimate } from './metrics.ts';

/**
 * Area under the ROC curve, exact with ties, with DeLong's interval (1988; computed from mid-ranks as in Sun and Xu 2014),
 * cut to [0, 1]. NaN when one class is absent. At exactly 0 or 1 the interval shrinks to a point.
 */
export function auc(labels: Column, scores: Column, confidence?: number): Estimate {
  requireEqual(labels.length, scores.length);
  const order = ascendingOrder(scores);
  const positives = order.filter((row) => labels[row] === 1);
  const negatives = order.filter((row) => labels[row] !== 1);
  const [m, n] = [positives.length, negatives.length];
  if (m === 0 || n === 0) return around(Number.NaN, Number.NaN, labels.length, confidence);
  const overall = midRanks(order, scores);
  const ofPositives = placements(positives, overall, midRanks(positives, scores), n);
  const ofNegatives = placements(negatives, overall, midRanks(negatives, scores), m);
  const standardError = Math.sqrt(varianceOf(ofPositives) / m + varianceOf(ofNegatives) / n);
  const estimate = around(ofPositives.mean, standardError, labels.length, confidence);
  return { ...estimate, low: Math.max(0, estimate.low), high: Math.min(1, estimate.high) };
}

export interface RocPoint {
  threshold: number;
  truePositiveRate: number;
  falsePositiveRate: number;
}

/** The ROC curve from (0, 0) to (1, 1), one point per distinct score, thinned evenly to at most `maxPoints`. */
export function rocCurve(labels: Column, scores: Column, maxPoints = 200): RocPoint[] {
  requireEqual(labels.length, scores.length);
  const order = ascendingOrder(scores).reverse();
  const m = order.filter((row) => labels[row] === 1).length;
  const n = order.length - m;
  if (m === 0 || n === 0) return [];
  const points: RocPoint[] = [
    { threshold: Number.POSITIVE_INFINITY, truePositiveRate: 0, falsePositiveRate: 0 },
  ];
  let hits = 0;
  for (const [i, row] of order.entries()) {
    if (labels[row] === 1) hits++;
    const threshold = scores[row] as number;
    if (i + 1 < order.length && scores[order[i + 1] as number] === threshold) continue;
    points.push({ threshold, truePositiveRate: hits / m, falsePositiveRate: (i + 1 - hits) / n });
  }
  return thin(points, maxPoints);
}

/** Mid-rank (ties share the mean of their ranks) per row, 1-based, among the rows of `order`. */
function midRanks(order: Uint32Array, scores: Column): Float64Array {
  const ranks = new Float64Array(scores.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && scores[order[end] as number] === scores[order[start] as number]) end++;
    for (let i = start; i < end; i++) ranks[order[i] as number] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** Per row of one class, the share of the other class that ranks below it (ties half). */
function placements(rows: Uint32Array, overall: Float64Array, within: Float64Array, others: number): Moments {
  const moments = emptyMoments();
  for (const row of rows) addValue(moments, ((overall[row] as number) - (within[row] as number)) / others);
  return moments;
}

function thin<T>(points: T[], limit: number): T[] {
  if (points.length <= limit) return points;
  const step = (points.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, i) => points[Math.round(i * step)] as T);
}
