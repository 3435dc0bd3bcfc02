import { expect, it } from 'vitest';
import { overlayOf } from './overlay.ts';

type Column = readonly [step: number, last: number | null];
const of = (columns: readonly Column[]) => {
  const last = columns.map(([, value]) => value);
  return {
    points: columns.length,
    nan: last.filter((value) => value === null).length,
    step: columns.map(([step]) => step),
    ts: columns.map(([step]) => 1000 + step * 10),
    last,
    low: last,
    high: last,
  };
};
const point = (step: number, value: number | null): Column => [step, value];
const curve = (...columns: Column[]) => ({ began: 1000, curve: of(columns) });

it('keeps every x where there are few, with holes where only others have a point', () => {
  const { x, lines } = overlayOf([curve(point(0, 1), point(2, 3)), curve(point(1, 9))], 'step', 10);
  expect(x).toEqual([0, 1, 2]);
  expect(lines.map((line) => line.last)).toEqual([
    [1, undefined, 3],
    [undefined, 9, undefined],
  ]);
});

it('puts runs that began at different times on one axis of seconds since their starts', () => {
  const late = { ...curve(point(1, 5), point(2, 6)), began: 1010 };
  expect(overlayOf([curve(point(0, 1), point(1, 2)), late], 'relative', 10).x).toEqual([0, 0.01]);
});

it('keeps the extremes of a cell, and its last value where that is a number', () => {
  const many = Array.from({ length: 1000 }, (_, step) => point(step, step === 437 ? 1e6 : step));
  const { x, lines } = overlayOf([curve(...many)], 'step', 10);
  expect(x).toHaveLength(10);
  expect(x.at(-1)).toBe(999);
  expect(Math.max(...(lines[0]?.high as number[]))).toBe(1e6);
  expect(lines[0]?.low[4]).toBe(400);
  expect(lines[0]?.last.at(-1)).toBe(999);
  expect(lines[0]?.points).toBe(1000);
});

it('breaks where a point is NaN', () => {
  const { lines } = overlayOf([curve(point(0, 1), point(1, null), point(2, 3))], 'step', 10);
  expect(lines[0]?.last).toEqual([1, Number.NaN, 3]);
  expect(lines[0]?.nan).toBe(1);
});

it('shows nothing of nothing', () => {
  expect(overlayOf([], 'step', 10)).toEqual({ x: [], lines: [] });
  expect(overlayOf([curve()], 'time', 10).x).toEqual([]);
});
