import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import type { Run } from '../schema.ts';
import { keyColumn } from './run-columns.tsx';
import { betterOf, runsLead } from './run-words.ts';

it('knows which way common metrics are better, and does not guess the rest', () => {
  expect(betterOf('valid/log_loss')).toBe('lower');
  expect(betterOf('auc')).toBe('higher');
  expect(betterOf('trees')).toBeUndefined();
});

it('counts what runs and what failed, and how many there are without the filter', () => {
  const counts = { matching: 2, total: 9, by_status: { FINISHED: 1, RUNNING: 1 } };
  expect(lead(...runsLead('p', counts, false)).text).toBe('2 runs; 1 is running and none failed.');
  expect(lead(...runsLead('p', counts, true)).text).toBe(
    '2 runs match the filter, of 9; 1 is running and none failed.',
  );
});

it('reads values under keys, the best beside the last, and keeps NaN out of numbers', () => {
  const run = {
    info: { run_id: 'a' },
    data: {
      metrics: [
        { key: 'loss', value: 'NaN', timestamp: 0, step: 0, min: 0.1, max: 3 },
        { key: 'auc', value: 0.5, timestamp: 0, step: 0, min: 0.4, max: 0.7 },
      ],
      params: [{ key: 'depth', value: '8' }],
      tags: [{ key: 'a.b', value: 'x' }],
    },
  } as unknown as Run;
  const value = (id: string) => keyColumn(id)?.value(run);
  expect(
    ['metrics.loss', 'best.loss', 'metrics.auc', 'best.auc', 'params.depth', 'tags.a.b'].map(value),
  ).toEqual([null, 0.1, 0.5, 0.7, 8, 'x']);
  expect([keyColumn('name'), keyColumn('metrics.'), keyColumn('x.y')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
