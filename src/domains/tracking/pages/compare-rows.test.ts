import { expect, it } from 'vitest';
import type { Run } from '../schema.ts';
import { comparedRows } from './compare-rows.ts';
import { comparedRuns } from './compared-runs.ts';

const run = (data: Partial<Run['data']>, inputs: Run['inputs'] = {}) =>
  ({ info: { run_id: 'r', run_name: 'r' }, data, inputs }) as unknown as Run;
const rowsOf = (...runs: Run[]) => comparedRows(comparedRuns(runs, { kind: 'last' }, new Map()));

it('puts what runs logged side by side and tells what differs', () => {
  const rows = rowsOf(
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
  );
  expect(rows.map((row) => [row.key, row.differs])).toEqual([
    ['lr', false],
    ['depth', true],
    ['loss', true],
    ['importance/hour', true],
  ]);
  expect(rows[1]?.values).toEqual([null, '6']);
});

it('compares code, what was changed since the commit, data by digest, and tags that say nothing else', () => {
  const dataset = (digest: string) => ({
    dataset: { name: 'flights', digest, source_type: '', source: '' },
  });
  const tagged = (tags: Record<string, string>) => ({
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  });
  const rows = rowsOf(
    run(
      tagged({
        'mlflow.source.git.commit': 'a41f',
        'mlflow.git.diff': '--- a\n+++ b\n-lr = 1\n+lr = 2',
        team: 'ops',
      }),
      { dataset_inputs: [dataset('7c1e'), dataset('0001')] },
    ),
    run(tagged({ 'mlflow.source.git.commit': 'a41f', team: 'ops', 'mlflow.docker.image.name': 'py:3' }), {
      dataset_inputs: [dataset('7c1e')],
    }),
  );
  expect(rows.map((row) => [row.kind, row.key, row.values])).toEqual([
    ['data', 'flights', ['0001, 7c1e', '7c1e']],
    ['code', 'commit', ['a41f', 'a41f']],
    ['code', 'changed lines', [expect.stringMatching(/^2, text [0-9a-f]{8}$/), null]],
    ['environment', 'mlflow.docker.image.name', [null, 'py:3']],
    ['tag', 'team', ['ops', 'ops']],
  ]);
});
