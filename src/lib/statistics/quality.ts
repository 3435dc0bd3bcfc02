import {
  absoluteErrorRows,
  brierRows,
  calibration,
  type Column,
  confusion,
  logLossRows,
  mae,
  meanEstimate,
  pairedDifference,
  r2,
  rmse,
  squaredErrorRows,
} from './metrics.ts';
import { auc, rocCurve } from './ranking.ts';
import { momentsOf, varianceOf } from './moments.ts';

/** A per-row loss whose mean is the goal; lower is better, and rows of two models can be paired. */
export type Loss = 'log_loss' | 'brier' | 'squared_error' | 'absolute_error';
export type Task = 'binary_classification' | 'regression';

/** An estimate as it is stored and shown: numbers that do not exist are null, never 0. */
export interface Estimated {
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

export interface QualityReport {
  n: number;
  metrics: Record<string, Estimated>;
  /** Reliability: mean probability against observed share, bins of equal size. Classification only. */
  calibration: { mean: number; observed: Estimated; n: number }[];
  roc: { fpr: number; tpr: number }[];
  confusion: {
    threshold: number;
    tp: number;
    fp: number;
    tn: number;
    fn: number;
    cost_per_1000: number | null;
  } | null;
  /** Histogram of the answers over equal steps, for the card. */
  scores: { edges: number[]; counts: number[] };
}

export interface PairReport {
  /** Mean loss of the other minus mean loss of this model on the same rows: positive is better. */
  gain: Estimated;
  /** Standard deviation of one row's difference: what a power plan needs. */
  sd: number | null;
}

export interface SliceReport {
  column: string;
  value: string;
  n: number;
  loss: Estimated;
  /** Gain over each other model in this slice. */
  gains: Record<string, Estimated>;
}

const LOSSES: Record<Loss, (labels: Column, scores: Column) => Float64Array> = {
  log_loss: logLossRows,
  brier: brierRows,
  squared_error: squaredErrorRows,
  absolute_error: absoluteErrorRows,
};

export const lossRows = (loss: Loss, labels: Column, scores: Column): Float64Array =>
  LOSSES[loss](labels, scores);

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

export const toEstimated = (of: { value: number; low: number; high: number; n: number }): Estimated => ({
  value: finite(of.value),
  low: finite(of.low),
  high: finite(of.high),
  n: of.n,
});

/** Everything a model card shows about one model on one set of rows. */
export function qualityReport(
  task: Task,
  labels: Column,
  scores: Column,
  costs?: { false_positive: number; false_negative: number },
): QualityReport {
  const base = { n: labels.length, scores: histogram(scores) };
  if (task === 'regression') {
    return {
      ...base,
      metrics: {
        mae: toEstimated(mae(labels, scores)),
        rmse: toEstimated(rmse(labels, scores)),
        squared_error: toEstimated(meanEstimate(squaredErrorRows(labels, scores))),
        absolute_error: toEstimated(meanEstimate(absoluteErrorRows(labels, scores))),
        r2: { value: finite(r2(labels, scores)), low: null, high: null, n: labels.length },
      },
      calibration: [],
      roc: [],
      confusion: null,
    };
  }
  const threshold = costs ? costs.false_positive / (costs.false_positive + costs.false_negative) : 0.5;
  const outcome = confusion(labels, scores, threshold);
  const reliability = calibration(labels, scores);
  return {
    ...base,
    metrics: {
      log_loss: toEstimated(meanEstimate(logLossRows(labels, scores))),
      brier: toEstimated(meanEstimate(brierRows(labels, scores))),
      auc: toEstimated(auc(labels, scores)),
      accuracy: toEstimated(outcome.accuracy),
      precision: toEstimated(outcome.precision),
      recall: toEstimated(outcome.recall),
      ece: { value: finite(reliability.ece), low: null, high: null, n: labels.length },
    },
    calibration: reliability.bins.map((bin) => ({
      mean: bin.meanProbability,
      observed: toEstimated(bin.observed),
      n: bin.rows,
    })),
    roc: rocCurve(labels, scores, 100).map((point) => ({
      fpr: point.falsePositiveRate,
      tpr: point.truePositiveRate,
    })),
    confusion: {
      threshold,
      tp: outcome.truePositives,
      fp: outcome.falsePositives,
      tn: outcome.trueNegatives,
      fn: outcome.falseNegatives,
      cost_per_1000: costs
        ? finite(
            (1000 *
              (outcome.falsePositives * costs.false_positive +
                outcome.falseNegatives * costs.false_negative)) /
              labels.length,
          )
        : null,
    },
  };
}

export function pairReport(loss: Loss, labels: Column, scores: Column, other: Column): PairReport {
  const mine = lossRows(loss, labels, scores);
  const theirs = lossRows(loss, labels, other);
  const differences = Float64Array.from(mine, (value, row) => (theirs[row] as number) - value);
  return {
    gain: toEstimated(pairedDifference(theirs, mine)),
    sd: finite(Math.sqrt(varianceOf(momentsOf(differences)))),
  };
}

/** Loss and gains per value of a column, the `top` most frequent values, the rest left out. */
export function sliceReports(options: {
  loss: Loss;
  column: string;
  values: ArrayLike<unknown>;
  labels: Column;
  scores: Column;
  others: Record<string, Column>;
  top?: number;
}): SliceReport[] {
  const rows = new Map<string, number[]>();
  for (let i = 0; i < options.labels.length; i++) {
    const key = String(options.values[i] ?? 'null');
    const list = rows.get(key);
    if (list) list.push(i);
    else rows.set(key, [i]);
  }
  const mine = lossRows(options.loss, options.labels, options.scores);
  const theirs = Object.entries(options.others).map(
    ([name, scores]) => [name, lossRows(options.loss, options.labels, scores)] as const,
  );
  const largest = [...rows]
    .sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
    .slice(0, options.top ?? 12);
  return largest.map(([value, indices]) => {
    const pick = (column: Float64Array) => Float64Array.from(indices, (row) => column[row] as number);
    const loss = pick(mine);
    return {
      column: options.column,
      value,
      n: indices.length,
      loss: toEstimated(meanEstimate(loss)),
      gains: Object.fromEntries(
        theirs.map(([name, column]) => [name, toEstimated(pairedDifference(pick(column), loss))]),
      ),
    };
  });
}

function histogram(values: Column, steps = 20): { edges: number[]; counts: number[] } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > low))
    return {
      edges: Number.isFinite(low) ? [low, low] : [],
      counts: Number.isFinite(low) ? [values.length] : [],
    };
  const width = (high - low) / steps;
  const counts = Array.from({ length: steps }, () => 0);
  for (let i = 0; i < values.length; i++) {
    const slot = Math.min(steps - 1, Math.floor(((values[i] as number) - low) / width));
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  return { edges: Array.from({ length: steps + 1 }, (_, i) => low + i * width), counts };
}
