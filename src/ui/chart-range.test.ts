import { describe, expect, it } from 'vitest';
import { prepareChart } from './chart-model.ts';
import { axisEnds, leftOut, outlierFence, spanWithin } from './chart-range.ts';

const dataOf = (values: readonly number[], low?: readonly number[], high?: readonly number[]) =>
  prepareChart(
    values.map((_, at) => at),
    [{ key: 'a', label: 'a', values, ...(low && high ? { low, high } : {}) }],
    false,
  );
const falling = Array.from({ length: 100 }, (_, at) => 1 - at / 200);

describe('outliers', () => {
  it('are what lies further out than the middle nine tenths reach', () => {
    const spiked = dataOf(falling.map((value, at) => (at === 40 ? 50 : value)));
    const [low = 0, high = 0] = spanWithin(spiked, outlierFence(spiked), 0, 99) ?? [];
    expect([low, high]).toEqual([falling[99], 1]);
    expect(leftOut(spiked, { ignoreOutliers: true }, false)).toBe('1 point reaches beyond the shown range');
    expect(leftOut(spiked, {}, false)).toBeUndefined();
  });

  it('are not the ends of a curve that goes on falling', () => {
    const data = dataOf(falling);
    expect(spanWithin(data, outlierFence(data), 0, 99)).toEqual([falling[99], 1]);
    expect(leftOut(data, { ignoreOutliers: true }, false)).toBeUndefined();
  });

  it('may be the extremes of columns, which do not move the fence', () => {
    const data = dataOf(
      falling,
      falling.map(() => -50),
      falling.map(() => 50),
    );
    expect(spanWithin(data, outlierFence(data), 0, 99)).toEqual([falling[99], 1]);
    expect(leftOut(data, { ignoreOutliers: true }, false)).toBe('100 points reach beyond the shown range');
  });

  it('may be all that is in view: then there is no span without them', () => {
    const data = dataOf(falling.map((value, at) => (at < 3 ? 1e6 : value)));
    expect(spanWithin(data, outlierFence(data), 0, 2)).toBeUndefined();
    expect(outlierFence(dataOf([]))).toEqual({
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
  });

  it('leave a constant its own height', () => {
    const data = dataOf([...Array<number>(99).fill(2), 9]);
    expect(spanWithin(data, outlierFence(data), 0, 99)).toEqual([2, 2]);
  });
});

describe('the ends of y', () => {
  it('have air around values and limits, and none below 0 where no value is', () => {
    expect(axisEnds([0.01, 1], [])).toEqual([0, 1 + 0.99 * 0.08]);
    expect(axisEnds([1, 2], [{ at: 3, label: 'limit' }])).toEqual([0.84, 3.16]);
    expect(axisEnds(undefined, [])).toEqual([0, 1]);
  });

  it('are what was typed, each by itself', () => {
    expect(axisEnds([0, 10], [], { min: 0.2, max: 0.4 })).toEqual([0.2, 0.4]);
    expect(axisEnds([0, 10], [], { max: 4 })).toEqual([0, 4]);
  });

  it('stay in order where all values lie beyond what was typed', () => {
    expect(axisEnds([0, 10], [], { min: 20 })).toEqual([20, 40]);
    expect(axisEnds([5, 10], [], { max: -1 })).toEqual([-2, -1]);
  });

  it('are above 0 on a log axis, whatever was typed', () => {
    expect(axisEnds([0.02, 3], [], { min: -1 }, true)).toEqual([0.02, 10]);
    expect(axisEnds([0.02, 3], [], { min: 0.1 }, true)).toEqual([0.1, 10]);
    expect(leftOut(dataOf([0.5, 1]), { max: -1 }, true)).toBeUndefined();
  });
});
