import { describe, expect, it } from 'vitest';
import { chartSentence, findGaps, partsOf, prepareChart, tickPlaces, timeTicks } from './chart-model.ts';

const HOUR = 3_600_000;

describe('prepareChart', () => {
  it('opens the line over a span longer than three usual spacings', () => {
    const x = [0, 1, 2, 3, 9, 10];
    const data = prepareChart(x, [{ key: 'a', label: 'a', values: [1, 2, 3, 4, 5, 6] }], false);
    expect(data.gaps).toEqual([[3, 9]]);
    expect(data.x).toEqual([0, 1, 2, 3, 6, 9, 10]);
    expect(data.series[0]?.settled).toEqual([1, 2, 3, 4, null, 5, 6]);
    expect(findGaps([0, 1, 2, 5])).toEqual([]);
  });

  it('counts what cannot be drawn instead of dropping it silently', () => {
    const data = prepareChart(
      [1, 2, 3, 4],
      [{ key: 'a', label: 'a', values: [1, Number.NaN, Number.POSITIVE_INFINITY, 0] }],
      true,
    );
    expect(data.odd).toEqual([2, 3]);
    expect(data.series[0]?.settled).toEqual([1, null, null, null]);
    expect(data.notes).toEqual([
      '2 values are NaN or infinite, marked at the upper edge',
      '1 value at or below 0 is not drawn',
    ]);
  });

  it('has a column only for what a series has, and the same values where nothing is to be taken out', () => {
    const [x, values] = [
      [1, 2, 3],
      [4, undefined, 6],
    ];
    const line = { key: 'a', label: 'a', values };
    const band = { ...line, low: values, high: [5, undefined, Number.NaN], provisionalFrom: 1 };
    expect([line, band].map(partsOf)).toEqual([['settled'], ['settled', 'provisional', 'low', 'high']]);
    const [alone, all] = prepareChart(x as number[], [line, band], false).series;
    expect(alone).toEqual({ settled: values });
    expect(Object.keys(all ?? {})).toEqual(partsOf(band));
    expect(all?.high).toEqual([5, undefined, null]);
  });

  it('joins provisional points to the last settled one', () => {
    const data = prepareChart(
      [1, 2, 3, 4],
      [{ key: 'a', label: 'a', values: [1, 2, 3, 4], provisionalFrom: 2 }],
      false,
    );
    expect(data.series[0]).toMatchObject({ settled: [1, 2, null, null], provisional: [null, 2, 3, 4] });
  });
});

it('says the chart in a sentence', () => {
  const text = chartSentence(
    'log loss',
    [{ key: 'a', label: 'v2', values: [0.69, 0.41, 0.42, null] }],
    'step 1 to 4',
    'metric',
  );
  expect(text).toBe('log loss, step 1 to 4: v2 fell from 0.6900 to 0.4200, lowest 0.4100, highest 0.6900.');
});

it('labels time ticks in the zone, with the day only where it changes', () => {
  const start = Date.UTC(2001, 5, 14, 21);
  expect(timeTicks([start, start + HOUR, start + 3 * HOUR], HOUR, 'UTC')).toEqual([
    '14 Jun\n21:00',
    '22:00',
    '15 Jun\n00:00',
  ]);
  expect(timeTicks([start], HOUR, 'Europe/Berlin')).toEqual(['14 Jun\n23:00']);
  expect(
    timeTicks([Date.UTC(2000, 11, 31), Date.UTC(2001, 0, 1), Date.UTC(2001, 0, 2)], 24 * HOUR, 'UTC'),
  ).toEqual(['31 Dec 2000', '1 Jan 2001', '2 Jan']);
});

it('gives ticks the decimals that tell them apart', () => {
  expect([0.02, 0.1, 1, 50, 0.0005].map(tickPlaces)).toEqual([2, 1, 0, 0, 4]);
});
