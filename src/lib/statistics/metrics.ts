import { addValue, emptyMoments, standardErrorOf } from './moments.ts';
import type { Moments } from './moments.ts';
import { normalMultiplier } from './special.ts';
import { wilson } from './tests.ts';
import type { Interval } from './tests.ts';

/**
 * Model quality from columns of equal length: `labels` are 0 or 1 (or class numbers, or targets), `probabilities` are those of class 1.
 * A length mismatch throws RangeError. No rows give NaN with an infinite interval, never 0.
 */
export type Column = ArrayLike<number>;

/** A mean with its normal interval. */
export interface Estimate extends Interval {
  standardError: number;
}

const CLIP = 1e-15;

/** -ln of the probability given to the truth, per row; probabilities are clipped to [1e-15, 1 - 1e-15]. */
export function logLossRows(labels: Column, probabilities: Column): Float64Array {
  return mapRows(labels, probabilities, (label, probability) => {
    const clipped = Math.min(1 - CLIP, Math.max(CLIP, probability));
    return label === 1 ? -Math.log(clipped) : -Math.log1p(-clipped);
  });
}

/** As `logLossRows` for several classes: row i holds its `classes` probabilities from i · classes on. */
export function multiclassLogLossRows(labels: Column, probabilities: Column, classes: number): Float64Array {
  requireEqual(labels.length * classes, probabilities.length);
  return Float64Array.from({ length: labels.length }, (_, i) => {
    const probability = probabilities[i * classes + (labels[i] as number)] ?? Number.NaN;
    return -Math.log(Math.min(1 - CLIP, Math.max(CLIP, probability)));
  });
}

export const brierRows = (labels: Column, probabilities: Column): Float64Array =>
  mapRows(labels, probabilities, (label, probability) => (label - probability) ** 2);

export const squaredErrorRows = (targets: Column, predictions: Column): Float64Array =>
  mapRows(targets, predictions, (target, prediction) => (target - prediction) ** 2);

export const absoluteErrorRows = (targets: Column, predictions: Column): Float64Array =>
  mapRows(targets, predictions, (target, prediction) => Math.abs(target - prediction));

/** Mean of per-row numbers ± z · standard error. */
export function meanEstimate(rows: Column, confidence = 0.95): Estimate {
  const moments = emptyMoments();
  for (let i = 0; i < rows.length; i++) addValue(moments, rows[i] as number);
  return estimateOf(moments, confidence);
}

/** As `meanEstimate`, from merged moments. */
export function estimateOf(moments: Moments, confidence = 0.95): Estimate {
  const value = moments.n === 0 ? Number.NaN : moments.mean;
  return around(value, standardErrorOf(moments), moments.n, confidence);
}

export const logLoss = (labels: Column, probabilities: Column, confidence?: number): Estimate =>
  meanEstimate(logLossRows(labels, probabilities), confidence);

export const brier = (labels: Column, probabilities: Column, confidence?: number): Estimate =>
  meanEstimate(brierRows(labels, probabilities), confidence);

/** Mean of a - b over the same rows: how much lower b's loss is. Far tighter than comparing two intervals. */
export const pairedDifference = (a: Column, b: Column, confidence?: number): Estimate =>
  meanEstimate(
    mapRows(a, b, (x, y) => x - y),
    confidence,
  );

/** Skill: log loss of the baseline minus that of the model on the same rows. Above 0, the model is better. */
export const skill = (labels: Column, model: Column, baseline: Column, confidence?: number): Estimate =>
  pairedDifference(logLossRows(labels, baseline), logLossRows(labels, model), confidence);

/** Share of equal entries (class numbers), with Wilson's interval. */
export function accuracy(labels: Column, predicted: Column, confidence?: number): Interval {
  requireEqual(labels.length, predicted.length);
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predicted[i]) right++;
  return wilson(right, labels.length, confidence);
}

export interface Confusion {
  threshold: number;
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
  accuracy: Interval;
  precision: Interval;
  recall: Interval;
  specificity: Interval;
  f1: number;
}

/** Outcomes when a row is called positive from `threshold` on. */
export function confusion(
  labels: Column,
  probabilities: Column,
  threshold = 0.5,
  confidence?: number,
): Confusion {
  requireEqual(labels.length, probabilities.length);
  const counts = [0, 0, 0, 0] as [number, number, number, number];
  for (let i = 0; i < labels.length; i++) {
    const slot = (labels[i] === 1 ? 2 : 0) + ((probabilities[i] as number) >= threshold ? 1 : 0);
    counts[slot as 0 | 1 | 2 | 3] += 1;
  }
  const [trueNegatives, falsePositives, falseNegatives, truePositives] = counts;
  return {
    threshold,
    truePositives,
    falsePositives,
    trueNegatives,
    falseNegatives,
    accuracy: wilson(truePositives + trueNegatives, labels.length, confidence),
    precision: wilson(truePositives, truePositives + falsePositives, confidence),
    recall: wilson(truePositives, truePositives + falseNegatives, confidence),
    specificity: wilson(trueNegatives, trueNegatives + falsePositives, confidence),
    f1: (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives),
  };
}

/** Root of the mean squared error; its interval is that of the mean, under the root. */
export function rmse(targets: Column, predictions: Column, confidence?: number): Interval {
  const squared = meanEstimate(squaredErrorRows(targets, predictions), confidence);
  const root = (x: number) => Math.sqrt(Math.max(0, x));
  return { value: Math.sqrt(squared.value), low: root(squared.low), high: root(squared.high), n: squared.n };
}

export const mae = (targets: Column, predictions: Column, confidence?: number): Estimate =>
  meanEstimate(absoluteErrorRows(targets, predictions), confidence);

/** Coefficient of determination; NaN when the targets do not vary. It has no closed interval. */
export function r2(targets: Column, predictions: Column): number {
  const spread = emptyMoments();
  for (let i = 0; i < targets.length; i++) addValue(spread, targets[i] as number);
  const residual = squaredErrorRows(targets, predictions).reduce((sum, square) => sum + square, 0);
  return spread.m2 === 0 ? Number.NaN : 1 - residual / spread.m2;
}

export interface ReliabilityBin {
  rows: number;
  meanProbability: number;
  /** Share of positives among the rows of the bin. */
  observed: Interval;
}

export interface Calibration {
  /** Bins of about equal size in ascending probability; equal probabilities are never torn apart. */
  bins: ReliabilityBin[];
  /** Expected calibration error: mean gap between probability and share, weighted by rows. */
  ece: number;
}

/** Reliability of probabilities in bins of equal size, with Wilson's interval per bin. */
export function calibration(
  labels: Column,
  probabilities: Column,
  bins = 10,
  confidence?: number,
): Calibration {
  requireEqual(labels.length, probabilities.length);
  const n = labels.length;
  const order = ascendingOrder(probabilities);
  const result: ReliabilityBin[] = [];
  let gap = 0;
  for (let start = 0, bin = 1; start < n; bin++) {
    let end = Math.max(start + 1, Math.round((n * bin) / bins));
    while (end < n && probabilities[order[end] as number] === probabilities[order[end - 1] as number]) end++;
    let positives = 0;
    let sum = 0;
    for (const row of order.subarray(start, end)) {
      positives += labels[row] as number;
      sum += probabilities[row] as number;
    }
    const rows = end - start;
    gap += Math.abs(positives - sum);
    result.push({ rows, meanProbability: sum / rows, observed: wilson(positives, rows, confidence) });
    start = end;
  }
  return { bins: result, ece: n === 0 ? Number.NaN : gap / n };
}

/** Row numbers in ascending order of a column. */
export const ascendingOrder = (values: Column): Uint32Array =>
  Uint32Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => (values[a] as number) - (values[b] as number),
  );

export function around(value: number, standardError: number, n: number, confidence = 0.95): Estimate {
  const half = normalMultiplier(confidence) * standardError;
  if (Number.isNaN(half)) {
    return { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, n, standardError };
  }
  return { value, low: value - half, high: value + half, n, standardError };
}

export function requireEqual(a: number, b: number): void {
  if (a !== b) throw new RangeError(`Columns differ in length: ${a} and ${b}.`);
}

function mapRows(a: Column, b: Column, row: (x: number, y: number) => number): Float64Array {
  requireEqual(a.length, b.length);
  const result = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = row(a[i] as number, b[i] as number);
  return result;
}
