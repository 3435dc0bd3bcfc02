import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import type { Evaluation } from '../schema/evaluation.ts';
import { gainText, judged, metricRows, versionLead } from './evaluation-words.ts';

const gain = (low: number, high: number) => ({ value: (low + high) / 2, low, high, n: 100 });
const evaluation = {
  version: 3,
  champion: 2,
  loss: 'log_loss',
  n: 48_210,
  pairs: { champion: { gain: gain(0.001, 0.003), sd: 0.1 }, baseline: { gain: gain(0.04, 0.05), sd: 0.3 } },
  slices: [
    { column: 'origin', value: 'AK', n: 812, loss: gain(0.4, 0.5), gains: { champion: gain(-0.03, -0.01) } },
  ],
  reports: {
    candidate: { metrics: { log_loss: gain(0.41, 0.42) } },
    baseline: { metrics: { log_loss: { value: 0.46, low: null, high: null, n: 10 } } },
  },
} as unknown as Evaluation;
const text = (of: Evaluation | undefined) => lead(...versionLead(of, 3)).text;

it('says better only when the interval does', () => {
  expect(judged(gain(0.001, 0.003))).toBe('better');
  expect(judged(gain(-0.001, 0.003))).toBe('no clear difference');
  expect(judged({ value: 1, low: null, high: null, n: 1 })).toBeUndefined();
  expect(gainText(undefined)).toBeUndefined();
});

it('leads with the comparison, the baseline and the harm', () => {
  expect(text(evaluation)).toBe(
    'Better than v2 in log loss: gain 0.0020 (0.0010 to 0.0030) on 48,210 held-out rows. It beats the baseline by 0.0450 (0.0400 to 0.0500). It is worse on 1 of 1 slices.',
  );
  expect(text(undefined)).toContain('was not evaluated');
  expect(text({ ...evaluation, champion: null, slices: [] })).toContain('no champion to compare with');
});

it('draws only sides with an interval', () => {
  expect(metricRows(evaluation, 'log_loss').map((row) => row.label)).toEqual(['v3']);
});
