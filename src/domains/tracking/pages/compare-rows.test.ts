import { expect, it } from 'vitest';
import type { Run } from '../schema.ts';
import { comparedRows } from './compare-rows.ts';

const run = (data: Partial<Run['data']>) => ({ info: {}, data }) as unknown as Run;

it('puts what runs logged side by side and tells what differs', () => {
  const rows = comparedRows([
    run({
      params: [{ key: 'lr', value: '0.1' }],
      metrics: [
        { key: 'importance/hour', value: 0.2 },
        { key: 'loss', value: 0.45 },
      ] as Run['data']['metrics'],
    }),
    run({
      params: [
        { key: 'lr', value: '0.1' },
        { key: 'depth', value: '6' },
      ],
      metrics: [{ key: 'loss', value: 0.44 }] as Run['data']['metrics'],
      tags: [{ key: 'mlflow.user', value: 'ana' }],
    }),
  ]);
  expect(rows.map((row) => [row.key, row.differs])).toEqual([
    ['lr', false],
    ['depth', true],
    ['loss', true],
    ['importance/hour', true],
  ]);
  expect(rows[1]?.values).toEqual([null, '6']);
});
