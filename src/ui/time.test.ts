import { expect, it } from 'vitest';
import { formatAbsolute, formatClockTime, formatRelative, formatTime } from './time.ts';

const NOW = Date.UTC(2026, 10, 20, 14, 2, 11);

it('reads wall-clock times under seven days relative, older ones and event times absolute', () => {
  expect(formatTime(NOW - 240_000, 'wall', NOW, 'UTC')).toBe('4 min ago');
  expect(formatTime(NOW - 8 * 86_400_000, 'wall', NOW, 'UTC')).toBe('12 Nov 2026 14:02');
  expect(formatTime(NOW - 240_000, 'event', NOW, 'UTC')).toBe('20 Nov 2026 13:58');
});

it('tells the future from the past', () => {
  expect(formatRelative(NOW + 3 * 3_600_000, NOW)).toBe('in 3 h');
  expect(formatRelative(NOW, NOW)).toBe('now');
});

it('follows the zone through a change of daylight saving', () => {
  expect(formatAbsolute(Date.UTC(2026, 2, 29, 0, 30), 'Europe/Berlin')).toBe('29 Mar 2026 01:30');
  expect(formatAbsolute(Date.UTC(2026, 2, 29, 1, 30), 'Europe/Berlin', { seconds: true, zone: true })).toBe(
    '29 Mar 2026 03:30:00 Europe/Berlin',
  );
  expect(formatAbsolute(Date.UTC(2026, 8, 1), 'UTC')).toBe('1 Sep 2026 00:00');
  expect(formatClockTime(NOW, 'UTC')).toBe('14:02:11');
});
