import { expect, it } from 'vitest';
import type { Metric } from '../schema.ts';
import { metricRows } from './metric-grid.ts';

const metric = (key: string, points: number): Metric => ({ key, value: 1, timestamp: 1, step: 0, points });
const across = { curves: 2, numbers: 4 };
const shape = (metrics: readonly Metric[]) =>
  metricRows(metrics, across).map((row) => `${row.kind} ${row.metrics.map(({ key }) => key).join('')}`);

it('puts a few numbers before the curves, each kind in rows of its own and in its order', () => {
  const mixed = 'abcdefgh'.split('').map((key, at) => metric(key, at % 2 === 0 ? 1 : 5));
  expect(shape(mixed)).toEqual(['numbers aceg', 'curves bd', 'curves fh']);
});

it('puts many numbers behind the curves', () => {
  const many = 'abcdefghijklm'.split('').map((key) => metric(key, 1));
  expect(shape([...many, metric('z', 2)])).toEqual([
    'curves z',
    'numbers abcd',
    'numbers efgh',
    'numbers ijkl',
    'numbers m',
  ]);
});
