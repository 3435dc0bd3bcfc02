import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { searchOf, type SearchText } from './search-text.ts';
import { searchRunNumbers } from './store/run-search.ts';

const RUNS = 240;
/** No look at the best first. */
const PLAIN = { first: 0, most: 0 };

describe.each(ENGINES)('runs in the order of a metric on %s', (engine) => {
  let test: TestDatabase;
  let experiments: number[];
  beforeAll(async () => {
    test = await testDatabase(engine);
    await test.database.write(async (tx) => {
      const now = 1_700_000_000_000;
      const keys = await tx
        .insertInto('metric_keys')
        .values([{ name: 'loss' }, { name: 'auc' }])
        .returning('id')
        .execute();
      experiments = [];
      for (const name of ['a', 'b']) {
        const common = { project: 'default', name, lifecycle: 'active' as const, artifact_location: 'x' };
        const { id } = await tx
          .insertInto('experiments')
          .values({ ...common, created_at: now, updated_at: now })
          .returning('id')
          .executeTakeFirstOrThrow();
        experiments.push(id);
      }
      for (let at = 0; at < RUNS; at++) {
        const live = at % 11 === 0;
        const { id } = await tx
          .insertInto('runs')
          .values({
            run_id: `run-${(at * 7919) % 1000}`,
            project: 'default',
            experiment: experiments[at % 5 === 0 ? 1 : 0] as number,
            name: `run ${at}`,
            user_id: 'someone',
            status: live ? 'RUNNING' : 'FINISHED',
            start_time: now + (at % 17),
            end_time: null,
            artifact_uri: 'x',
            lifecycle: at % 13 === 0 ? 'deleted' : 'active',
            deleted_at: null,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        // Few values, so that many runs share one; some are NaN, some are absent, some infinite.
        for (const [which, { id: key }] of keys.entries()) {
          if ((at + which) % 6 === 5) continue;
          const value = at % 19 === 0 ? Number.MAX_VALUE : (at * (which + 3)) % 9;
          const is_nan = (at + which) % 8 === 7 ? 1 : 0;
          const bounds = { lowest: value, highest: value, in_order: 1, points: 1 };
          await tx
            .insertInto('metric_latest')
            .values({
              run: id,
              key,
              step: 0,
              ts: now,
              value: is_nan ? 0 : value,
              is_nan,
              ...bounds,
              settled: live ? 0 : 1,
            })
            .execute();
        }
      }
    });
  });
  afterAll(() => test.end());

  async function all(
    text: SearchText,
    window: { first: number; most: number },
    which: number[],
  ): Promise<number[]> {
    const found: number[] = [];
    let token: string | undefined;
    do {
      const scope = { project: 'default', experiments: which, view: 'ACTIVE_ONLY' as const };
      const page = await searchRunNumbers(test.database, scope, searchOf({ ...text, token }, 'runs'), window);
      found.push(...page.items);
      token = page.token;
    } while (token !== undefined);
    return found;
  }

  it('are the same, page after page, however many of the best are looked at first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('', 'metrics.auc > 3', 'metrics.auc IS NULL', "attributes.status = 'RUNNING'"),
        fc.constantFrom(
          ['metrics.loss ASC'],
          ['metrics.loss DESC'],
          ['metrics.loss DESC', 'metrics.auc ASC'],
          ['metrics.loss', 'start_time ASC'],
        ),
        fc.integer({ min: 8, max: 60 }),
        fc.integer({ min: 1, max: 200 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 200 }),
        async (filter, orderBy, limit, first, both, more) => {
          const which = both ? experiments : experiments.slice(0, 1);
          const plain = await all({ filter, orderBy, limit }, PLAIN, which);
          expect(plain.length).toBeGreaterThan(5);
          const window = { first, most: first + more };
          expect(await all({ filter, orderBy, limit }, window, which)).toEqual(plain);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are found by as many comparisons and orders at once as a question may have', async () => {
    const orderBy = ['metrics.loss', ...Array.from({ length: 49 }, (_, at) => `params.p${at} DESC`)];
    const widest = `tags.a IS NULL OR tags.a LIKE '${'😀'.repeat(5000)}' OR run_id IN ('\ud800')`;
    expect(await all({ filter: widest, limit: 1000 }, PLAIN, experiments)).not.toEqual([]);
    const every = await all({ orderBy: ['metrics.loss'], limit: 1000 }, PLAIN, experiments);
    for (const [one, join] of [
      ['metrics.m% IS NULL', ' AND '],
      ['tags.t% IS NULL', ' OR '],
      ["run_id != 'x%'", ' AND '],
      ["NOT params.p% = '1'", ' OR '],
    ] as const) {
      const filter = Array.from({ length: 500 }, (_, at) => one.replace('%', String(at))).join(join);
      expect(await all({ filter, orderBy, limit: 1000 }, PLAIN, experiments)).toEqual(every);
    }
  });
});
