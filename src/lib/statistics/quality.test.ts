import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { pairReport, qualityReport, sliceReports } from './quality.ts';

const random = createRandom('quality');
const truth = Float64Array.from({ length: 4000 }, () => random());
const labels = truth.map((p) => (random() < p ? 1 : 0));
const constant = truth.map(() => 0.5);

describe('quality report', () => {
  it('finds a true probability calibrated, better than chance, and no NaN in JSON', () => {
    const report = qualityReport('binary_classification', labels, truth, {
      false_positive: 1,
      false_negative: 3,
    });
    expect(report.metrics.log_loss?.value).toBeCloseTo(0.5, 1);
    expect(report.metrics.auc?.value).toBeGreaterThan(0.8);
    expect(report.metrics.ece?.value).toBeLessThan(0.04);
    expect(report.confusion?.threshold).toBe(0.25);
    expect(report.scores.counts.reduce((a, b) => a + b)).toBe(4000);
    expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity/);
  });

  it('says null, not 0, where a number does not exist', () => {
    const report = qualityReport('binary_classification', [1, 1], [0.9, 0.8]);
    expect(report.metrics.auc?.value).toBeNull();
    expect(qualityReport('binary_classification', [], []).metrics.log_loss?.value).toBeNull();
  });

  it('measures the gain on the same rows with its spread', () => {
    const pair = pairReport('log_loss', labels, truth, constant);
    expect(pair.gain.value).toBeCloseTo(Math.LN2 - 0.5, 1);
    expect(pair.gain.low).toBeGreaterThan(0);
    expect(pairReport('log_loss', labels, truth, truth).gain.value).toBe(0);
  });

  it('splits the rows by a column, largest first', () => {
    const values = Array.from(truth, (p) => (p < 0.7 ? 'low' : 'high'));
    const slices = sliceReports({
      loss: 'log_loss',
      column: 'band',
      values,
      labels,
      scores: truth,
      others: { baseline: constant },
    });
    expect(slices.map((slice) => slice.value)).toEqual(['low', 'high']);
    expect(slices.reduce((sum, slice) => sum + slice.n, 0)).toBe(4000);
    expect(slices[1]?.gains.baseline?.low).toBeGreaterThan(0);
  });
});
