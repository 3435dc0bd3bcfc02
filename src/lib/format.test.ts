import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as format from './format.ts';

describe('format', () => {
  it.each([
    [0.123456, '0.1235'],
    [0.9, '0.9'],
    [1, '1'],
    [12.3456, '12.35'],
    [1234.567, '1,235'],
    [123456.7, '123,457'],
    [-0.5, '−0.5'],
    [0, '0'],
    [-0, '0'],
    [0.0001, '0.0001'],
    [0.00012345, '0.0001235'],
    [0.00001234, '1.234e−5'],
    [12_345_678.9, '1.235e7'],
    [12_345_678, '12,345,678'],
    [999_999.9, '1,000,000'],
    [0.99999, '1'],
    [9.9996, '10'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NEGATIVE_INFINITY, '−∞'],
    [1e21, '1e21'],
  ])('metric %d', (value, text) => expect(format.formatMetric(value)).toBe(text));

  it.each([
    [{ value: 0.41931, low: 0.41489, high: 0.42373 }, '0.4193 (0.4149 to 0.4237)'],
    [{ value: 12345.6, low: 11111.1, high: 13580.1 }, '12,300 (11,100 to 13,600)'],
    [{ value: -0.002, low: -0.012, high: 0.008 }, '−0.002 (−0.012 to 0.008)'],
    [{ value: 0.5, low: 0.49004, high: 0.50996 }, '0.500 (0.490 to 0.510)'],
    [{ value: 3, low: 3, high: 3 }, '3'],
    [{ value: 5.4321, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }, '5.432 (−∞ to ∞)'],
    [{ value: 0.0001, low: -0.4, high: 0.4 }, '0.00 (−0.40 to 0.40)'],
  ])('estimate %o', (estimate, text) => expect(format.formatEstimate(estimate).text).toBe(text));

  it.each([
    [0.1234, '12.3%'],
    [1, '100%'],
    [0, '0%'],
    [0.9995, '99.95%'],
    [0.99999, '99.999%'],
    [0.5, '50%'],
    [0.00012, '0.012%'],
    [1.5, '150%'],
  ])('share %d', (share, text) => expect(format.formatShare(share)).toBe(text));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [999_950, '1 MB'],
    [23_400_000, '23.4 MB'],
    [5e12, '5 TB'],
  ])('bytes %d', (bytes, text) => expect(format.formatBytes(bytes)).toBe(text));

  it('other units', () => {
    expect(format.formatLatency(0.3214)).toBe('0.321 ms');
    expect(format.formatLatency(1234)).toBe('1.23 s');
    expect(format.formatLatency(123_400)).toBe('123 s');
    expect(format.formatRate(1234.4)).toBe('1,234/s');
    expect(format.formatPoints(0.012)).toBe('+1.2 points');
    expect(format.formatPoints(-0.003)).toBe('−0.3 points');
    expect(format.formatChange(0)).toBe('0');
    expect(format.formatCount(1234567n)).toBe('1,234,567');
    expect(format.formatCount(-4200)).toBe('−4,200');
    expect(format.formatMetric(undefined)).toBe('–');
    expect(format.formatBytes(null)).toBe('–');
  });

  it('shows a metric to within half of its last digit', () => {
    const parse = (text: string) => Number(text.replaceAll(',', '').replaceAll('−', '-'));
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
        const text = format.formatMetric(value);
        expect(Math.abs(parse(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 0.00051);
        expect(text).not.toContain('-');
      }),
    );
  });

  it('an estimate lies between its printed bounds', () => {
    const number = fc.double({ noNaN: true, min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(number, fc.double({ noNaN: true, min: 1e-9, max: 1e6 }), (value, half) => {
        fc.pre(value + half > value && value - half < value);
        const parse = (text: string) => Number(text.replaceAll(',', '').replaceAll('−', '-'));
        const printed = format.formatEstimate({ value, low: value - half, high: value + half });
        expect(parse(printed.low)).toBeLessThanOrEqual(parse(printed.value));
        expect(parse(printed.value)).toBeLessThanOrEqual(parse(printed.high));
        expect(Math.abs(parse(printed.value) - value)).toBeLessThanOrEqual(
          half * 0.06 + Math.abs(value) * 1e-13,
        );
      }),
      { numRuns: 1000 },
    );
  });
});
