import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEstimate, formatNumber, formatSigned, settingStyle } from './number.ts';

describe('formatNumber', () => {
  it.each([
    [0.41931, 'metric', '0.4193'],
    [1_204_311, 'count', '1,204,311'],
    [3.1, 'measure', '3.10'],
    [-0.0038, 'metric', '\u22120.003800'],
    [0.000123, 'metric', '0.0001230'],
    [0.000012, 'metric', '1.200e\u22125'],
    [0.25, 'share', '25%'],
    [0.1284, 'share', '12.8%'],
    [1_204_000_000, 'bytes', '1.20 GB'],
    [0.0031, 'seconds', '3.10 ms'],
    [122, 'seconds', '2 min 2 s'],
    [0.05, 'exact', '0.05'],
    [1200, 'exact', '1,200'],
    [Number.NaN, 'metric', 'NaN'],
    [Number.NEGATIVE_INFINITY, 'metric', '\u2212infinity'],
  ] as const)('%d as %s is %s', (value, style, text) => {
    expect(formatNumber(value, style)).toBe(text);
  });

  it('shows a missing value as a dash, never as 0', () => {
    expect(formatNumber(null)).toBe('\u2013');
    expect(formatNumber(undefined, 'count')).toBe('\u2013');
  });

  it('never prints a hyphen for a minus, nor a minus zero', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), (value) => {
        const text = formatNumber(value);
        expect(text).not.toContain('-');
        expect(text).not.toMatch(/^\u22120(\.0+)?$/);
      }),
    );
  });

  it('keeps four significant digits between 1e-4 and 1e6', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: 1e-4, max: 999_999 }), (value) => {
        const back = Number(formatNumber(value).replaceAll(',', ''));
        expect(Math.abs(back - value)).toBeLessThanOrEqual(
          0.5 * 10 ** (Math.floor(Math.log10(value)) - 3) * 1.0001,
        );
      }),
    );
  });
});

describe('formatEstimate', () => {
  it('rounds estimate and bounds to the second digit of the half-width', () => {
    expect(formatEstimate(0.41931, [0.41488, 0.42371])).toEqual({
      value: '0.4193',
      low: '0.4149',
      high: '0.4237',
    });
    expect(formatEstimate(0.019, [0.007, 0.031], 'points')).toEqual({
      value: '1.9',
      low: '0.7',
      high: '3.1',
    });
    expect(formatEstimate(0.019, [0.007, 0.031], 'share')).toEqual({
      value: '1.9%',
      low: '0.7%',
      high: '3.1%',
    });
    expect(formatEstimate(1234.5, [1034, 1434])).toEqual({ value: '1,235', low: '1,034', high: '1,434' });
  });

  it('survives an interval of no width and an open one', () => {
    expect(formatEstimate(0.5, [0.5, 0.5]).low).toBe('0.5000');
    expect(formatEstimate(0.5, [0.2, Number.POSITIVE_INFINITY]).high).toBe('infinity');
  });
});

it('signs differences, in points for shares', () => {
  expect(formatSigned(0.019, 'share')).toBe('+1.90 points');
  expect(formatSigned(-2)).toBe('\u22122');
  expect(formatSigned(0)).toBe('0');
});

it('shows limits in the digits they were set with', () => {
  expect(formatNumber(0.44, settingStyle())).toBe('0.44');
  expect(settingStyle('seconds')).toBe('seconds');
});
