import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ENGINES, testDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import { placeholders, run } from '../../../database/statements.ts';
import type { Curve, MetricInput } from '../schema.ts';
import { byStep, byStepValues, downsample } from './downsample.ts';
import { MetricKeys, metricStore } from './metrics.ts';

const point = fc.record({
  key: fc.constant('a'),
  step: fc.integer({ min: -3, max: 40 }),
  timestamp: fc.integer({ min: 0, max: 40 }),
  value: fc.oneof(fc.double({ noNaN: false }), fc.constantFrom(0.1, 1 / 3, 5e-324, Number.NaN)),
});

/** What every column must hold, found by looking at each point. */
function plain(points: readonly MetricInput[], axis: 'step' | 'time', curve: Curve) {
  const [x, y] = axis === 'step' ? (['step', 'timestamp'] as const) : (['timestamp', 'step'] as const);
  const sorted = points.toSorted(
    (a, b) => a[x] - b[x] || a[y] - b[y] || stored(a.value) - stored(b.value) || nan(a) - nan(b),
  );
  const ends = axis === 'step' ? curve.step : curve.ts;
  return ends.map((end, at) => {
    const alone = curve.points === ends.length;
    const within = alone
      ? sorted.slice(at, at + 1)
      : sorted.filter((each) => each[x] <= end && (at === 0 || each[x] > (ends[at - 1] ?? 0)));
    const numbers = within.filter((each) => !Number.isNaN(each.value)).map((each) => stored(each.value));
    const last = within.at(-1) as MetricInput;
    return {
      step: last.step,
      ts: last.timestamp,
      last: Number.isNaN(last.value) ? null : stored(last.value),
      low: numbers.length > 0 ? Math.min(...numbers) : null,
      high: numbers.length > 0 ? Math.max(...numbers) : null,
    };
  });
}
const nan = ({ value }: MetricInput) => Number(Number.isNaN(value));
const stored = (value: number) =>
  Number.isNaN(value)
    ? 0
    : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, Object.is(value, -0) ? 0 : value));

describe.each(ENGINES)('curves on %s', (engine) => {
  let test: TestDatabase;
  let made = 0;
  beforeAll(async () => {
    test = await testDatabase(engine);
  });
  afterAll(() => test.end());

  async function logged(given: readonly MetricInput[]) {
    const keys = new MetricKeys(test.database);
    await keys.intern(['a']);
    const id = ++made;
    for (const metrics of [given.slice(0, 7), given.slice(7)])
      if (metrics.length > 0)
        await test.database.write((tx) =>
          metricStore(engine).append(tx, [{ id, metrics, ended: false }], keys),
        );
    return (columns: number, span: Parameters<typeof downsample>[5]) =>
      downsample(test.database.read, engine, id, keys.number('a'), columns, span);
  }

  it('hold the last point and the extremes of each column, over all points and over some', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(point, { selector: (each) => JSON.stringify(each), minLength: 1, maxLength: 40 }),
        fc.constantFrom('step' as const, 'time' as const),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        fc.option(fc.tuple(fc.integer({ min: -3, max: 20 }), fc.integer({ min: 20, max: 40 }))),
        async (given, axis, inOrder, columns, span) => {
          const points = inOrder
            ? given
                .toSorted((a, b) => a.step - b.step)
                .map((each, at) => ({ ...each, timestamp: 3 * (at >> 1) }))
            : given;
          const ask = await logged(points);
          const [from, to] = span ?? [undefined, undefined];
          const curve = await ask(columns, { axis, from, to });
          const x = axis === 'step' ? 'step' : 'timestamp';
          const within = distinct(points).filter(
            (each) => each[x] >= (from ?? each[x]) && each[x] <= (to ?? each[x]),
          );
          if (within.length === 0) {
            expect(curve).toBeUndefined();
            return;
          }
          const found = curve as Curve;
          expect(found.points).toBe(within.length);
          expect(found.nan).toBe(within.filter(nan).length);
          expect(found.step.length).toBeLessThanOrEqual(columns);
          if (within.length <= columns) expect(found.step).toHaveLength(within.length);
          expect(
            found.step.map((step, at) => ({
              step,
              ts: found.ts[at],
              last: found.last[at],
              low: found.low[at],
              high: found.high[at],
            })),
          ).toEqual(plain(within, axis, found));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('are columns of equal width', async () => {
    const points = Array.from({ length: 1000 }, (_, step) => ({
      key: 'a',
      step,
      timestamp: step * 10,
      value: step % 7,
    }));
    const ask = await logged(points);
    const steps = Array.from({ length: 50 }, (_, at) => at * 20 + 19);
    expect((await ask(50, { axis: 'step' }))?.step).toEqual(steps);
    expect((await ask(50, { axis: 'time' }))?.step).toEqual(steps);
  });
});

/** The same point twice is one point; a NaN is one whatever it was. */
const distinct = (points: readonly MetricInput[]) => [
  ...new Map(
    points.map((each) => [
      `${each.step} ${each.timestamp} ${Number.isNaN(each.value) ? 'NaN' : stored(each.value)}`,
      each,
    ]),
  ).values(),
];

describe('a long curve on SQLite', () => {
  let test: TestDatabase;
  const POINTS = 10_000;

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
    'is read by ranges of the primary key for each column, and none of its points is sorted: %s',
    async (_when, before) => {
      await test.database.write(async (tx) => {
        for (const statement of before) await run(tx, statement, []);
      });
      const plan = await run<{ detail: string }>(
        test.database.read,
        placeholders('sqlite', `explain query plan ${byStep('sqlite')}`),
        byStepValues({ id: 1, key: 1, low: 0, high: POINTS - 1 }, 20),
      );
      const steps = plan.map(({ detail }) => detail);
      expect(steps.filter((step) => step.includes('metric_points'))).toEqual(
        Array.from(
          { length: 2 },
          () => 'SEARCH metric_points USING PRIMARY KEY (run=? AND key=? AND step>? AND step<?)',
        ),
      );
      expect(steps.filter((step) => step.includes('TEMP') && !step.includes('string_agg'))).toEqual([]);
    },
  );
});
