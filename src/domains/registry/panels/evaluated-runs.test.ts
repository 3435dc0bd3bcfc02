import { expect, it } from 'vitest';
import type { Evaluation } from '../schema/evaluation.ts';
import { evaluatedRuns, metricsOf } from './evaluated-runs.ts';

const evaluation = (id: number, version: number, champion: number | null): Evaluation =>
  ({
    id,
    version,
    champion,
    loss: 'log_loss',
    reports: { candidate: { metrics: { auc: {}, log_loss: {} } } },
  }) as unknown as Evaluation;
const versions = [
  { version: 1, run: 'a' },
  { version: 2, run: 'b' },
  { version: 3, run: 'b' },
];

it('pairs a run with the baseline run from whichever side was scored beside the other', () => {
  const newestFirst = [evaluation(9, 3, 1), evaluation(5, 1, null)];
  const [a, b, c] = evaluatedRuns(['a', 'b', 'c'], 'a', versions, newestFirst);
  expect(b).toMatchObject({ version: 3, evaluation: { id: 9 }, paired: { id: 9 }, turned: false });
  expect(c).toMatchObject({ version: undefined, evaluation: undefined, paired: undefined });
  expect(a?.evaluation?.id).toBe(5);
  const [other] = evaluatedRuns(['a'], 'b', versions, newestFirst);
  expect(other).toMatchObject({ paired: { id: 9 }, turned: true });
});

it('does not pair versions that were scored on other rows', () => {
  const columns = evaluatedRuns(['a', 'b'], 'a', versions, [evaluation(9, 3, 2), evaluation(5, 1, null)]);
  expect(columns.map((each) => each.paired)).toEqual([undefined, undefined]);
  expect(metricsOf(columns)).toEqual(['log_loss', 'auc']);
});
