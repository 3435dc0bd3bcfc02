import { expect, it } from 'vitest';
import { niceTicks, plotScale } from './plot-scale.ts';

it('puts round numbers on an axis', () => {
  expect(niceTicks(0.31, 1.24)).toEqual([0.4, 0.6, 0.8, 1, 1.2]);
  expect(niceTicks(-3, 7)).toEqual([-2, 0, 2, 4, 6]);
  expect(niceTicks(1e-9, 5e-9)).toEqual([1e-9, 2e-9, 3e-9, 4e-9, 5e-9]);
  expect(niceTicks(2, 2)).toEqual([]);
  expect(plotScale([0.001, 10], true).ticks.map((tick) => tick.text)).toEqual([
    '0.001',
    '0.01',
    '0.1',
    '1',
    '10',
  ]);
});

it('leaves a rim, and a place for what does not vary', () => {
  const scale = plotScale([10, 20]);
  expect(scale.place(10)).toBeGreaterThan(0);
  expect(scale.place(20)).toBeLessThan(1);
  expect(scale.at(scale.place(13))).toBeCloseTo(13, 9);
  expect(plotScale([5, 5]).place(5)).toBe(0.5);
  expect(plotScale([0]).place(0)).toBe(0.5);
  expect(plotScale([0, 1], true).place(0)).toBeGreaterThan(0);
});

it('puts categories at equal distances', () => {
  const scale = plotScale(['a', 7, 'a', 'b']);
  expect(['a', 7, 'b'].map(scale.place)).toEqual([0.5 / 3, 1.5 / 3, 2.5 / 3]);
});
