import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from './errors.ts';
import * as time from './time.ts';

describe('durations', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    [' 30s ', 30_000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => expect(time.parseDuration(text)).toBe(ms));

  it.each(['', '5', 'm', '5 m', '-5m', '5x', '1h 30m', '5mm', '1e3s', '99999999999999999999w'])(
    '%j is refused',
    (text) => {
      expect(() => time.parseDuration(text)).toThrow(AppError);
      expect(time.findDuration(text)).toBeUndefined();
    },
  );

  it('are read back as printed', () => {
    fc.assert(fc.property(fc.nat(2 ** 40), (ms) => time.parseDuration(time.printDuration(ms)) === ms));
    expect(time.printDuration(5_400_000)).toBe('1h30m');
  });

  it.each([
    [0, '0 ms'],
    [0.314, '0.31 ms'],
    [850.4, '850 ms'],
    [3210, '3.2 s'],
    [60_000, '1 min'],
    [59_970, '1 min'],
    [240_000, '4 min'],
    [7_500_000, '2 h 5 min'],
    [7_200_000, '2 h'],
    [273_600_000, '3 d 4 h'],
    [86_399_000, '1 d'],
    [-3000, '−3 s'],
  ])('%d ms reads %s', (ms, text) => expect(time.humanDuration(ms)).toBe(text));
});

describe('windows and distances', () => {
  it('floors to the window, before 1970 and from any origin', () => {
    expect(time.floorToWindow(125, 60)).toBe(120);
    expect(time.floorToWindow(-1, 60)).toBe(-60);
    expect(time.floorToWindow(125, 60, 10)).toBe(70);
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1e9 }), fc.integer(), (at, size, origin) => {
        const start = time.floorToWindow(at, size, origin);
        expect(start <= at && at < start + size && Math.abs((start - origin) % size) === 0).toBe(true);
      }),
    );
  });

  it('reads relative', () => {
    expect(time.relativeTime(0, 240_000)).toBe('4 min ago');
    expect(time.relativeTime(7_500_000, 0)).toBe('in 2 h');
    expect(time.relativeTime(0, 3000)).toBe('just now');
    expect(time.relativeTime(0, 3.2 * 86_400_000)).toBe('3 d ago');
  });
});
