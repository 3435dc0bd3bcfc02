import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testTracking, type TestTracking } from '../../../test/harness/tracking.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import { assemblePage, assembleRuns } from './assemble.ts';

describe.each(ENGINES)('a page of runs on %s', (engine) => {
  let test: TestTracking;
  const numbers: number[] = [];
  beforeAll(async () => {
    test = await testTracking(engine);
    const { tracking, ground } = test;
    const texts = ['plain', 'with \u0001 and "quotes"', 'Grüße 😀', '{"key":1}', ''];
    for (const [index, value] of texts.entries()) {
      const { info } = await tracking.createRun(ANONYMOUS, 'default', {
        run_name: `run ${index}`,
        tags: [{ key: 'note', value }],
      });
      const run = info.run_id;
      await tracking.logBatch(ANONYMOUS, 'default', run, {
        metrics: [Number.NaN, 0.1 + 0.2, Number.POSITIVE_INFINITY].map((value, step) => ({
          key: `m${step}`,
          value,
          step,
          timestamp: 5,
        })),
        params: [{ key: 'p', value: value || 'none' }],
      });
      const dataset = { name: 'd', digest: 'x', source_type: 'local', source: '{}' };
      if (index % 2 === 1)
        await tracking.logInputs(ANONYMOUS, 'default', run, { datasets: [{ dataset, tags: [] }] });
      const { id } = await ground.database.read
        .selectFrom('runs')
        .select('id')
        .where('run_id', '=', run)
        .executeTakeFirstOrThrow();
      numbers.push(id);
    }
  });
  afterAll(() => test.end());

  it('is in the order asked for and says of each run what is said of it alone', async () => {
    const { database } = test.ground;
    const all = await assembleRuns(database, numbers);
    expect(all.map(({ inputs }) => inputs?.dataset_inputs?.length ?? 0)).toEqual([0, 1, 0, 1, 0]);
    expect(all.map(({ data }) => data.tags?.find(({ key }) => key === 'note')?.value)).toContain(
      'with \u0001 and "quotes"',
    );
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(numbers), fc.boolean(), async (ids, some) => {
        const detail = some
          ? { projection: { metrics: ['m1'], params: [], tags: ['note'], inputs: false } }
          : {};
        const page = await assemblePage(database, [...ids, 999_999], detail);
        expect(JSON.parse(`[${page.join('')}]`)).toEqual(await assembleRuns(database, ids, detail));
      }),
      { numRuns: 40 },
    );
    expect(await assemblePage(database, [])).toEqual([]);
  });
});
