import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import { placeholders, run } from '../../../database/statements.ts';
import { BY_STEP, downsample } from './downsample.ts';

const POINTS = 10_000;
const COLUMNS = 500;

describe('a long curve on SQLite', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase('sqlite');
    await test.database.write(async (tx) => {
      await run(
        tx,
        placeholders(
          'sqlite',
          `insert into metric_points (run, key, step, ts, value, is_nan)
          with recursive n (i) as (select 0 union all select i + 1 from n where i + 1 < ?) select 1, 1, i, i, i % 7, 0 from n`,
        ),
        [POINTS],
      );
    });
  });
  afterAll(() => test.end());

  it.each([
    ['nothing is known of the table', []],
    ['its statistics are known', ['analyze']],
  ])(
    'is read by one range of the primary key per column, not by all columns per point: %s',
    async (_when, before) => {
      await test.database.write(async (tx) => {
        for (const statement of before) await run(tx, statement, []);
      });
      const plan = await run<{ detail: string }>(
        test.database.read,
        placeholders('sqlite', `explain query plan ${BY_STEP}`),
        [0, 20, 20, POINTS, 1, 1, 20, POINTS],
      );
      const steps = plan.map(({ detail }) => detail);
      const outer = steps.findIndex((step) => step.startsWith('SCAN cells') && !step.includes('TEMP'));
      const inner = steps.findIndex((step) =>
        step.startsWith('SEARCH metric_points USING PRIMARY KEY (run=? AND key=? AND step>? AND step<?)'),
      );
      expect(steps.filter((step) => step.includes('metric_points'))).toHaveLength(1);
      expect(outer).toBeGreaterThanOrEqual(0);
      expect(inner, steps.join('\n')).toBeGreaterThan(outer);
      expect(steps.slice(inner).filter((step) => step.includes('cells'))).toEqual([]);
    },
  );

  it('keeps its ends, its extremes and the count of its points', async () => {
    const { read } = test.database;
    const { buckets, points } = await downsample(read, 'sqlite', 1, 1, COLUMNS, { axis: 'step' });
    expect(points).toBe(POINTS);
    expect(buckets).toHaveLength(COLUMNS);
    expect(buckets.reduce((sum, bucket) => sum + bucket.points, 0)).toBe(POINTS);
    expect(buckets.at(-1)).toMatchObject({ step: POINTS - 1, last: (POINTS - 1) % 7, low: 0, high: 6 });
  });
});
