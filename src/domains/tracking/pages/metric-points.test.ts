import { expect, it } from 'vitest';
import type { Bucket } from '../schema.ts';
import { lineOf, smoothed, withFiner } from './metric-points.ts';

const bucket = (step: number, last: number | null, more: Partial<Bucket> = {}): Bucket => ({
  step,
  ts: 1000 + step * 10,
  last,
  low: last,
  high: last,
  points: 1,
  nan: 0,
  ...more,
});

it('puts columns on each axis, and tells NaN and the infinities from numbers', () => {
  const buckets = [bucket(2, null, { nan: 1 }), bucket(0, 1), bucket(5, Number.MAX_VALUE)];
  expect(lineOf(buckets, 'step', 0)).toMatchObject({ x: [0, 2, 5], points: 3, nan: 1 });
  expect(lineOf(buckets, 'step', 0).last).toEqual([1, Number.NaN, Number.POSITIVE_INFINITY]);
  expect(lineOf(buckets, 'time', 1000).x).toEqual([1000, 1020, 1050]);
  expect(lineOf(buckets, 'relative', 1000).x).toEqual([0, 0.02, 0.05]);
});

it('puts finer columns in place of the coarse ones that they cover', () => {
  const coarse = [0, 10, 20, 30].map((step) => bucket(step, step));
  const fine = [9, 12, 19].map((step) => bucket(step, step));
  expect(withFiner(coarse, fine, 'step').map((each) => each.step)).toEqual([0, 9, 12, 19, 20, 30]);
  expect(withFiner(coarse, [], 'step')).toBe(coarse);
});

it('smooths by distance, begins at the first value and leaves gaps', () => {
  expect(smoothed([0, 1, 2], [1, 3, 3], 0)).toEqual([1, 3, 3]);
  expect(smoothed([0, 1, 2], [1, 3, 3], 0.5)).toEqual([1, 2, 2.5]);
  expect(smoothed([0, 1, 2], [null, 4, Number.NaN], 0.5)).toEqual([null, 4, Number.NaN]);
  const [, near] = smoothed([0, 1, 20], [0, 1, 1], 0.5);
  const [, far] = smoothed([0, 19, 20], [0, 1, 1], 0.5);
  expect(far).toBeGreaterThan(near ?? 0);
});
