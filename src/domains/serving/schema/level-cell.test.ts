import fc from 'fast-check';
import { expect, it } from 'vitest';
import { horizonOf, inAllResolutions, Latencies, type LevelCell, resolutionFor } from './level-cell.ts';

const bucketOf = (us: number) => Math.round(Math.log(Math.max(us, 1)) / Math.log(1.02));
const cell = (part: Partial<LevelCell>): LevelCell => ({
  endpoint: 'e',
  clock: 'wall',
  step_ms: 10_000,
  slot: 0,
  deployment: 1,
  answers: 1,
  errors: 0,
  latency: '300:1',
  first_wall: 1,
  last_wall: 2,
  ...part,
});

it('gives any quantile of any latencies within 1%', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 6e8 }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1),
      (latencies, share) => {
        const counted = Latencies.of(latencies.map((us) => ({ latency: `${bucketOf(us)}:1` })));
        const sorted = latencies.toSorted((a, b) => a - b);
        const true_ms = (sorted[Math.ceil(share * sorted.length) - 1] as number) / 1000;
        expect(Math.abs((counted.quantile(share) as number) / true_ms - 1)).toBeLessThan(0.01);
      },
    ),
  );
});

it('has no quantile without an answer, and reads back what it writes', () => {
  expect(Latencies.of([]).quantile(0.5)).toBeNull();
  const text = Latencies.of([{ latency: '9:2 100:1' }, { latency: '' }, { latency: '10:4 100:2' }]).text();
  expect(text).toBe('9:2 10:4 100:3');
});

it('adds up slots of a coarser resolution per deployment', () => {
  const cells = inAllResolutions([
    cell({ slot: 0, first_wall: 5, last_wall: 9 }),
    cell({ slot: 10_000, latency: '301:1', first_wall: 10_001, last_wall: 10_002 }),
    cell({ slot: 10_000, deployment: 2 }),
    cell({ slot: 290_000, answers: 0, errors: 3, latency: '', first_wall: null, last_wall: null }),
  ]);
  expect(cells.filter((each) => each.step_ms === 300_000)).toEqual([
    cell({
      step_ms: 300_000,
      answers: 2,
      errors: 3,
      latency: '300:1 301:1',
      first_wall: 5,
      last_wall: 10_002,
    }),
    cell({ step_ms: 300_000, deployment: 2 }),
  ]);
  expect(cells.filter((each) => each.step_ms === 10_000)).toHaveLength(4);
});

it('keeps each resolution for as long as a chart may ask for it', () => {
  for (const buckets of [1, 120, 500])
    for (const span of [60_000, 3.6e6, 4e7, 1.8e9, 3e11]) {
      const resolution = resolutionFor('wall', span / buckets);
      expect(horizonOf('wall', resolution) ?? Infinity).toBeGreaterThanOrEqual(span);
    }
});
