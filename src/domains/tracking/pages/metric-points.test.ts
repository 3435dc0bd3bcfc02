import { expect, it } from 'vitest';
import type { Curve } from '../schema.ts';
import { isPart, lineOf, smoothed, withFiner } from './metric-points.ts';

const curve = (points: readonly (readonly [step: number, last: number | null])[]): Curve => ({
  points: points.length * 2,
  nan: points.filter(([, last]) => last === null).length,
  step: points.map(([step]) => step),
  ts: points.map(([step]) => 1000 + step * 10),
  last: points.map(([, last]) => last),
  low: points.map(([, last]) => last),
  high: points.map(([, last]) => last),
});

it('puts columns on each axis, and tells NaN and the infinities from numbers', () => {
  const columns = curve([
    [0, 1],
    [2, null],
    [5, Number.MAX_VALUE],
  ]);
  expect(lineOf(columns, 'step', 0)).toMatchObject({ x: [0, 2, 5], points: 6, nan: 1 });
  expect(lineOf(columns, 'step', 0).last).toEqual([1, Number.NaN, Number.POSITIVE_INFINITY]);
  expect(lineOf(columns, 'time', 1000).x).toEqual([1000, 1020, 1050]);
  expect(lineOf(columns, 'relative', 1000).x).toEqual([0, 0.02, 0.05]);
});

it('orders columns anew on an axis that they were not read for', () => {
  const backwards = {
    ...curve([
      [0, 1],
      [1, 2],
      [2, 3],
    ]),
    ts: [30, 10, 20],
  };
  expect(lineOf(backwards, 'time', 0)).toMatchObject({
    x: [10, 20, 30],
    last: [2, 3, 1],
    low: [2, 3, 1],
    high: [2, 3, 1],
  });
});

it('puts finer columns in place of the coarse ones that they cover', () => {
  const of = (steps: number[]) => curve(steps.map((step) => [step, step] as const));
  const coarse = of([0, 10, 20, 30]);
  const joined = withFiner(coarse, of([9, 12, 19]), 'step');
  expect(joined.step).toEqual([0, 9, 12, 19, 20, 30]);
  expect(joined.last).toEqual(joined.step);
  expect(joined.ts).toEqual(joined.step.map((step) => 1000 + step * 10));
  expect(joined.points).toBe(coarse.points);
  expect(withFiner(coarse, of([31, 32]), 'time').step).toEqual([0, 10, 20, 30, 31, 32]);
  expect(withFiner(coarse, of([-2, -1]), 'step').step).toEqual([-2, -1, 0, 10, 20, 30]);
  expect(withFiner(coarse, undefined, 'step')).toBe(coarse);
});

it('asks for finer columns where a range leaves something out, and where columns hold several points', () => {
  const coarse = curve([
    [0, 1],
    [10, 2],
  ]);
  expect(isPart(coarse, { from: 1, to: 10 }, 'step')).toBe(true);
  expect(isPart(coarse, { from: 0, to: 10 }, 'step')).toBe(false);
  expect(isPart(coarse, { from: 1000, to: 1090 }, 'time')).toBe(true);
  expect(isPart({ ...coarse, points: 2 }, { from: 1, to: 10 }, 'step')).toBe(false);
});

it('smooths by distance, begins at the first value and leaves gaps', () => {
  expect(smoothed([0, 1, 2], [1, 3, 3], 0)).toEqual([1, 3, 3]);
  expect(smoothed([0, 1, 2], [1, 3, 3], 0.5)).toEqual([1, 2, 2.5]);
  expect(smoothed([0, 1, 2], [null, 4, Number.NaN], 0.5)).toEqual([null, 4, Number.NaN]);
  const [, near] = smoothed([0, 1, 20], [0, 1, 1], 0.5);
  const [, far] = smoothed([0, 19, 20], [0, 1, 1], 0.5);
  expect(far).toBeGreaterThan(near ?? 0);
});
