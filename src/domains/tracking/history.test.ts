import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { type BulkHistory, bulkHistory, metricHistory, sampledHistory } from './history.ts';
import type { Metric, MetricInput } from './schema.ts';
import { MetricKeys, metricStore, storedValue } from './store/metrics.ts';
import { runStore } from './store/runs.ts';
import { seriesStore } from './store/series.ts';

const input = fc.record({
  key: fc.constantFrom('a', 'b "quoted"'),
  step: fc.integer({ min: -3, max: 12 }),
  timestamp: fc.integer({ min: 0, max: 12 }),
  value: fc.oneof(
    fc.double({ noNaN: false }),
    fc.constantFrom(0.1, 1 / 3, 5e-324, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  ),
});
/** Batches as a run logs them; some are sent twice. */
const batches = fc.array(fc.array(input, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });

type Known = { step: number; ts: number; value: number; is_nan: number };

/** The points of one key, each once, as a plain list. */
function pointsOf(logged: readonly MetricInput[], key: string): Known[] {
  const points = new Map<string, Known>();
  for (const { value, step, timestamp, key: name } of logged) {
    const point = { step, ts: timestamp, ...storedValue(value) };
    if (name === key) points.set(JSON.stringify(Object.values(point)), point);
  }
  return [...points.values()];
}

const by =
  (...columns: (keyof Known)[]) =>
  (a: Known, b: Known) =>
    columns.reduce((found, column) => found || a[column] - b[column], 0);

const wire = (point: Known) => ({
  value: point.is_nan === 1 ? 'NaN' : point.value,
  timestamp: point.ts,
  step: point.step,
});

/** First of each of NTILE's buckets over the rows in step order, and the last row, as MLflow documents it. */
function ntile(points: readonly Known[], limit: number): Known[] {
  const sorted = [...points].sort(by('step', 'ts', 'value', 'is_nan'));
  const starts = sorted.filter((_, at) => {
    const bucket = (row: number) => {
      const [size, larger] = [Math.floor(sorted.length / limit), sorted.length % limit];
      const inLarger = larger * (size + 1);
      return row < inLarger ? Math.floor(row / (size + 1)) : larger + Math.floor((row - inLarger) / size);
    };
    return at === 0 || bucket(at) !== bucket(at - 1);
  });
  const last = sorted.at(-1);
  if (!last || starts.at(-1) === last) return starts;
  return starts.length >= limit ? [...starts.slice(0, -1), last] : [...starts, last];
}

describe.each(ENGINES)('histories on %s', (engine) => {
  let test: TestDatabase;
  let made = 0;

  beforeAll(async () => {
    test = await testDatabase(engine);
    await test.database.write((tx) =>
      tx
        .insertInto('experiments')
        .values({
          id: 7,
          project: 'default',
          name: 'e',
          artifact_location: '',
          lifecycle: 'active',
          created_at: 0,
          updated_at: 0,
        })
        .execute(),
    );
  });
  afterAll(() => test.end());

  async function logged(given: readonly (readonly MetricInput[])[], ended: boolean) {
    const keys = new MetricKeys(test.database);
    const run_id = `run-${made++}`;
    await keys.intern(given.flat().map(({ key }) => key));
    const run = await test.database.write(async (tx) => {
      const row = {
        run_id,
        project: 'default',
        experiment: 7,
        name: 'r',
        user_id: '',
        status: 'RUNNING',
        start_time: 0,
        end_time: null,
        artifact_uri: '',
        lifecycle: 'active',
        deleted_at: null,
      } as const;
      const id = (await runStore(engine).insert(tx, [row])).get(run_id) as number;
      for (const batch of given) await metricStore(engine).append(tx, [{ id, metrics: batch, ended }], keys);
      return id;
    });
    return { run, run_id, keys };
  }

  const read = async (answer: ReturnType<typeof metricHistory>) =>
    JSON.parse((await answer).bytes.toString()) as { metrics?: Metric[]; next_page_token?: string };

  it('know of each series how many points it has, its bounds and its latest point', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.boolean(), async (given, ended) => {
        const { run, keys } = await logged(given, ended);
        for (const key of new Set(given.flat().map((each) => each.key))) {
          const points = pointsOf(given.flat(), key);
          const numbers = points.filter((point) => point.is_nan === 0).map((point) => point.value);
          const row = await test.database.read
            .selectFrom('metric_latest')
            .selectAll()
            .where('run', '=', run)
            .where('key', '=', keys.number(key))
            .executeTakeFirstOrThrow();
          expect(row).toMatchObject({
            points: points.length,
            lowest: numbers.length > 0 ? Math.min(...numbers) : null,
            highest: numbers.length > 0 ? Math.max(...numbers) : null,
            settled: ended ? 1 : 0,
          });
          const latest = [...points].sort(by('step', 'ts', 'value')).at(-1) as Known;
          expect([row.step, row.ts, row.value]).toEqual([latest.step, latest.ts, latest.value]);
          if (row.in_order === 0) continue;
          expect([...points].sort(by('step', 'ts', 'value'))).toEqual(
            [...points].sort(by('ts', 'step', 'value')),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are marked as in order when they were logged in order, whatever the batches', async () => {
    const points = Array.from({ length: 9 }, (_, at) => ({ key: 'a', step: at, timestamp: at, value: at }));
    const { run, keys } = await logged([points.slice(0, 1), points.slice(1, 6), points.slice(6)], false);
    expect(await seriesStore(engine).facts(test.database.read, run, keys.number('a'))).toEqual({
      points: 9,
      in_order: 1,
    });
  });

  it('come in time order, in pages of any size, exactly as logged', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 1, max: 9 }), async (given, limit) => {
        const { run, run_id } = await logged(given, false);
        for (const key of ['a', 'b "quoted"']) {
          const expected = pointsOf(given.flat(), key)
            .sort(by('ts', 'step', 'value', 'is_nan'))
            .map((point) => ({ key, ...wire(point) }));
          expect((await read(metricHistory(test.database, { run, key }))).metrics ?? []).toEqual(expected);
          const paged: Metric[] = [];
          for (let after: Known | undefined; ; ) {
            const page = await read(metricHistory(test.database, { run, key, limit, after }));
            paged.push(...(page.metrics ?? []));
            if (!page.next_page_token) break;
            const [ts, step, value, is_nan] = JSON.parse(
              Buffer.from(page.next_page_token, 'base64url').toString(),
            ) as [number, number, number, number];
            after = { ts, step, value, is_nan };
          }
          expect(paged).toEqual(expected);
          const asked: BulkHistory = { project: 'default', runIds: [run_id], key, limit: 1000 };
          expect((await read(bulkHistory(test.database, asked))).metrics).toEqual(
            expected.map((point) => ({ ...point, run_id })),
          );
        }
      }),
      { numRuns: 25 },
    );
  });

  it('are sampled by rows as NTILE cuts them, over all steps and over some', async () => {
    await fc.assert(
      fc.asyncProperty(
        batches,
        fc.integer({ min: 1, max: 9 }),
        fc.option(fc.tuple(fc.integer({ min: -3, max: 5 }), fc.integer({ min: 5, max: 12 }))),
        async (given, limit, steps) => {
          const { run, run_id } = await logged(given, false);
          const within = pointsOf(given.flat(), 'a').filter(
            ({ step }) => !steps || (step >= steps[0] && step <= steps[1]),
          );
          const asked = { runs: [{ run, run_id }], key: 'a', limit, steps: steps ?? undefined };
          const expected = ntile(within, limit).map((point) => ({ key: 'a', ...wire(point), run_id }));
          for (const _again of [false, true])
            expect((await read(sampledHistory(test.database, asked))).metrics ?? []).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});
