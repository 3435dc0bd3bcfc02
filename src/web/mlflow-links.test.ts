import { expect, it } from 'vitest';
import { pageOfMlflow } from './mlflow-links.ts';

it.each([
  ['#/experiments', '/p/default/experiments'],
  ['#/experiments/3', '/p/default/experiments?experiment=3'],
  ['/experiments/3/runs/ab12', '/p/default/runs/ab12'],
  ['#/experiments/3/runs/ab12/artifacts/plots', '/p/default/runs/ab12?tab=artifacts'],
  ['#/experiments/3/runs/ab12/model-metrics', '/p/default/runs/ab12?tab=metrics'],
  ['#/experiments/3/runs/ab12?workspace=team%20a', '/p/team%20a/runs/ab12'],
  ['#/experiments/3/traces?selectedEvaluationId=tr-1', '/p/default/traces/tr-1'],
  ['#/models/late%20flights/versions/2', '/p/default/models/late%20flights/2'],
  ['#/models/a', '/p/default/models/a'],
  ['#/prompts/greeting', '/p/default/prompts/greeting'],
])('leads from %s of MLflow to the page of the same thing', (hash, page) => {
  expect(pageOfMlflow(hash)).toBe(page);
});

it.each(['', '#', '#top', '#/nowhere', '#/%zz'])('knows no page for %s', (hash) => {
  expect(pageOfMlflow(hash)).toBeUndefined();
});
