import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import type { Run } from '../schema.ts';
import { betterOf, metricOf, runsLead, valueColumns } from './run-words.ts';

const run = (status: string, metrics: [string, number | string][], params: [string, string][]) =>
  ({
    info: { status },
    data: {
      metrics: metrics.map(([key, value]) => ({ key, value, timestamp: 0, step: 0 })),
      params: params.map(([key, value]) => ({ key, value })),
    },
  }) as unknown as Run;
const runs = [
  run(
    'FINISHED',
    [
      ['auc', 0.7],
      ['log_loss', 'NaN'],
    ],
    [
      ['depth', '8'],
      ['solver', 'hist'],
    ],
  ),
  run('RUNNING', [['auc', 0.6]], [['depth', '6']]),
];

it('makes a column of each key, the commonest first, and keeps NaN out of numbers', () => {
  const columns = valueColumns(runs, { metrics: 1, params: 1 });
  expect(columns.map((column) => [column.id, column.hidden ?? false])).toEqual([
    ['metrics.auc', false],
    ['metrics.log_loss', true],
    ['params.depth', false],
    ['params.solver', true],
  ]);
  const [first] = runs as [Run, Run];
  expect(metricOf(first, 'log_loss')).toBeNull();
  expect(columns[2]?.value(first)).toBe(8);
  expect(columns[3]?.value(first)).toBe('hist');
});

it('knows which way common metrics are better, and does not guess the rest', () => {
  expect(betterOf('valid/log_loss')).toBe('lower');
  expect(betterOf('auc')).toBe('higher');
  expect(betterOf('trees')).toBeUndefined();
});

it('counts what runs and what failed', () => {
  expect(lead(...runsLead('p', runs, false)).text).toBe('2 runs; 1 is running and none failed.');
});
