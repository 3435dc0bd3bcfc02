import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as metrics from './metrics.ts';
import { createRandom, normal } from './random.ts';
import { auc, rocCurve } from './ranking.ts';

const labels = Uint8Array.from([1, 0, 1, 1, 0, 0, 1, 0]);
const probabilities = Float64Array.from([0.9, 0.2, 0.6, 0.4, 0.4, 0.7, 0.8, 0.1]);

describe('losses', () => {
  it('log loss and Brier are means of their rows', () => {
    const rows = [0.9, 0.8, 0.6, 0.4, 0.6, 0.3, 0.8, 0.9].map((p) => -Math.log(p));
    const mean = rows.reduce((a, b) => a + b, 0) / 8;
    const deviation = Math.sqrt(rows.reduce((sum, row) => sum + (row - mean) ** 2, 0) / 7);
    const estimate = metrics.logLoss(labels, probabilities);
    expect(estimate.value).toBeCloseTo(mean, 12);
    expect(estimate.high - mean).toBeCloseTo((1.959963984540054 * deviation) / Math.sqrt(8), 12);
    expect(metrics.brier(labels, probabilities).value).toBeCloseTo(
      (0.01 + 0.04 + 0.16 + 0.36 + 0.16 + 0.49 + 0.04 + 0.01) / 8,
      12,
    );
  });

  it('clip certainty that was wrong', () => {
    expect(metrics.logLossRows([1, 0], [0, 1])[0]).toBeCloseTo(-Math.log(1e-15), 6);
    expect(metrics.logLossRows([1, 0], [0, 1])[1]).toBeCloseTo(-Math.log(1e-15), 1);
  });

  it('several classes', () => {
    const rows = metrics.multiclassLogLossRows([2, 0], [0.1, 0.2, 0.7, 0.5, 0.25, 0.25], 3);
    expect(rows[0]).toBeCloseTo(-Math.log(0.7), 12);
    expect(rows[1]).toBeCloseTo(-Math.log(0.5), 12);
    expect(metrics.accuracy([2, 0, 1], [2, 1, 1]).value).toBeCloseTo(2 / 3, 12);
  });

  it('skill is the loss of the baseline minus that of the model on the same rows', () => {
    const baseline = new Float64Array(8).fill(0.5);
    const result = metrics.skill(labels, probabilities, baseline);
    expect(result.value).toBeCloseTo(Math.log(2) - metrics.logLoss(labels, probabilities).value, 12);
    expect(metrics.skill(labels, baseline, baseline)).toMatchObject({ value: 0, low: 0, high: 0 });
  });

  it('intervals cover the truth about as often as they say', () => {
    const random = createRandom('cover');
    let covered = 0;
    for (let trial = 0; trial < 400; trial++) {
      const { low, high } = metrics.meanEstimate(
        Float64Array.from({ length: 200 }, () => 3 + normal(random)),
      );
      if (low <= 3 && 3 <= high) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.92);
    expect(covered / 400).toBeLessThan(0.98);
  });

  it('refuse columns of different length and say nothing without rows', () => {
    expect(() => metrics.logLoss([1], [0.5, 0.5])).toThrow(RangeError);
    expect(metrics.logLoss([], [])).toMatchObject({ value: Number.NaN, low: Number.NEGATIVE_INFINITY, n: 0 });
    expect(metrics.meanEstimate([4])).toMatchObject({ value: 4, high: Number.POSITIVE_INFINITY });
  });
});

describe('ranking', () => {
  const pairwise = (truth: number[], scores: number[]) => {
    const at = (value: number) => scores.filter((_, i) => truth[i] === value);
    const wins = at(1).map((p) => at(0).map((q): number => (p > q ? 1 : p === q ? 0.5 : 0)));
    const mean = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;
    const variance = (xs: number[]) => xs.reduce((sum, x) => sum + (x - mean(xs)) ** 2, 0) / (xs.length - 1);
    const v10 = wins.map(mean);
    const v01 = at(0).map((_, j) => mean(wins.map((row) => row[j]!)));
    return {
      value: mean(v10),
      standardError: Math.sqrt(variance(v10) / v10.length + variance(v01) / v01.length),
    };
  };

  it('AUC and DeLong equal the pairwise definition, ties included', () => {
    const row = fc.record({ label: fc.integer({ min: 0, max: 1 }), score: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 6, maxLength: 40 }), (rows) => {
        const truth = rows.map((r) => r.label);
        const scores = rows.map((r) => r.score / 10);
        const positives = truth.filter((label) => label === 1).length;
        fc.pre(positives > 1 && positives < truth.length - 1);
        const estimate = auc(truth, scores);
        const expected = pairwise(truth, scores);
        expect(estimate.value).toBeCloseTo(expected.value, 12);
        expect(estimate.standardError).toBeCloseTo(expected.standardError, 12);
      }),
    );
    expect(auc([1, 1], [0.5, 0.6]).value).toBeNaN();
  });

  it('the ROC curve encloses the AUC and is thinned with its ends', () => {
    const random = createRandom('roc');
    const truth = Array.from({ length: 2000 }, () => (random() < 0.3 ? 1 : 0));
    const scores = truth.map((label) => Math.round(20 * (label + normal(random))) / 20);
    const area = (points: ReturnType<typeof rocCurve>) =>
      points.slice(1).reduce((sum, point, i) => {
        const before = points[i]!;
        const width = point.falsePositiveRate - before.falsePositiveRate;
        return sum + (width * (point.truePositiveRate + before.truePositiveRate)) / 2;
      }, 0);
    expect(area(rocCurve(truth, scores, 1e6))).toBeCloseTo(auc(truth, scores).value, 12);
    const thinned = rocCurve(truth, scores, 20);
    expect(thinned).toHaveLength(20);
    expect(thinned[0]).toMatchObject({ truePositiveRate: 0, falsePositiveRate: 0 });
    expect(thinned.at(-1)).toMatchObject({ truePositiveRate: 1, falsePositiveRate: 1 });
    expect(rocCurve([1], [1])).toEqual([]);
  });
});

describe('classification and regression', () => {
  it('confusion at a threshold', () => {
    const result = metrics.confusion(labels, probabilities, 0.5);
    expect(result).toMatchObject({
      truePositives: 3,
      falseNegatives: 1,
      falsePositives: 1,
      trueNegatives: 3,
    });
    expect(result.precision.value).toBe(0.75);
    expect(result.recall.value).toBe(0.75);
    expect(result.f1).toBe(0.75);
    expect(metrics.confusion(labels, probabilities, 0.4).truePositives).toBe(4);
  });

  it('calibration: honest probabilities have a small error, boasting ones a large', () => {
    const random = createRandom('calibration');
    const honest = Float64Array.from({ length: 20_000 }, () => random());
    const truth = Float64Array.from(honest, (p) => (random() < p ? 1 : 0));
    const boasting = honest.map((p) => (p > 0.5 ? 0.99 : 0.01));
    expect(metrics.calibration(truth, honest).ece).toBeLessThan(0.015);
    expect(metrics.calibration(truth, boasting).ece).toBeGreaterThan(0.2);
    const { bins } = metrics.calibration(truth, honest, 10);
    expect(bins).toHaveLength(10);
    expect(bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(20_000);
    expect(metrics.calibration(truth, boasting, 10).bins).toHaveLength(2);
    expect(metrics.calibration([], []).ece).toBeNaN();
  });

  it('regression errors', () => {
    const targets = [3, -0.5, 2, 7];
    const predictions = [2.5, 0, 2, 8];
    expect(metrics.rmse(targets, predictions).value).toBeCloseTo(Math.sqrt(0.375), 12);
    expect(metrics.mae(targets, predictions).value).toBeCloseTo(0.5, 12);
    // scikit-learn's documented example of r2_score.
    expect(metrics.r2(targets, predictions)).toBeCloseTo(0.9486081370449679, 12);
    expect(metrics.r2([1, 1], [1, 1])).toBeNaN();
    expect(metrics.rmse(targets, predictions).low).toBeGreaterThanOrEqual(0);
  });
});
