import { invalid } from './errors.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof UNITS;

const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/gy;

/** "5m", "1h30m", "1.5d" in milliseconds. Units: ms, s, m (minutes), h, d, w. Throws INVALID. */
export function parseDuration(text: string): number {
  const value = findDuration(text.trim());
  if (value !== undefined) return value;
  throw invalid(
    `'${text}' is not a duration.`,
    'Write a number and a unit (ms, s, m, h, d, w): 30s, 5m, 1h30m, 7d.',
  );
}

/** As `parseDuration`, undefined where that throws. */
export function findDuration(text: string): number | undefined {
  PART.lastIndex = 0;
  let total = 0;
  let end = 0;
  for (let match = PART.exec(text); match; match = PART.exec(text)) {
    total += Number(match[1]) * UNITS[match[2] as Unit];
    end = PART.lastIndex;
  }
  return end === text.length && end > 0 && Number.isSafeInteger(Math.round(total))
    ? Math.round(total)
    : undefined;
}

/** The shortest text that `parseDuration` reads back: 5400000 is "1h30m". */
export function printDuration(milliseconds: number): string {
  let left = Math.max(0, Math.round(milliseconds));
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(left / UNITS[unit]);
    if (count > 0) text += `${count}${unit}`;
    left -= count * UNITS[unit];
  }
  return text || '0s';
}

/** Start of the window that holds a time: windows of `windowMs` counted from `origin` (milliseconds since 1970 UTC). */
export const floorToWindow = (time: number, windowMs: number, origin = 0): number =>
  Math.floor((time - origin) / windowMs) * windowMs + origin;

/** A duration for reading, in at most two units: "850 ms", "3.2 s", "4 min", "2 h 5 min", "3 d 4 h". */
export function humanDuration(milliseconds: number): string {
  const sign = milliseconds < 0 ? '−' : '';
  const ms = Math.abs(milliseconds);
  if (ms < 1000) return `${sign}${ms < 10 ? Number(ms.toPrecision(2)) : Math.round(ms)} ms`;
  if (ms < 59_950) return `${sign}${Number((ms / 1000).toFixed(1))} s`;
  const minutes = Math.round(ms / UNITS.m);
  if (minutes < 60) return `${sign}${minutes} min`;
  const hours = Math.round(ms / UNITS.h);
  if (minutes < 1440) return sign + pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  return sign + pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** "4 min ago", "in 2 h", "just now". */
export function relativeTime(time: number, now: number): string {
  const distance = now - time;
  if (Math.abs(distance) < 5000) return 'just now';
  const [coarse] = humanDuration(Math.abs(distance)).split(/(?<=[a-z]) /);
  return distance > 0 ? `${coarse} ago` : `in ${coarse}`;
}

const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
