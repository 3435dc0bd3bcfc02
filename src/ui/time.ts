/** Event time is when it happened, wall clock when we knew; the two never share an axis. */
export type Clock = 'event' | 'wall';

const WEEK = 7 * 86_400_000;
const STEPS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** How long ago (or ahead), in one unit: "4 min ago", "in 3 h", "now". */
export function formatRelative(at: number, now: number): string {
  const gap = Math.abs(now - at);
  for (const [unit, size] of STEPS) {
    if (gap >= size) {
      const text = `${Math.floor(gap / size)} ${unit}`;
      return at <= now ? `${text} ago` : `in ${text}`;
    }
  }
  return 'now';
}

/** By zone, with seconds and without: to make a format takes longer than to use it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(zone: string, seconds: boolean): Intl.DateTimeFormat {
  const key = `${zone} ${seconds}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      ...(seconds ? { second: '2-digit' as const } : {}),
    });
    formats.set(key, format);
  }
  return format;
}

/** "3 Mar 2026 09:00"; seconds and zone on demand. `at` in milliseconds since 1970. */
export function formatAbsolute(
  at: number,
  zone: string,
  options: { seconds?: boolean; zone?: boolean } = {},
): string {
  const parts = formatIn(zone, options.seconds ?? false).formatToParts(at);
  const get = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? '';
  const time = `${get('hour')}:${get('minute')}${options.seconds ? `:${get('second')}` : ''}`;
  return `${get('day')} ${get('month').slice(0, 3)} ${get('year')} ${time}${options.zone ? ` ${zone}` : ''}`;
}

/** Wall-clock times under seven days old read relative, all others and every event time absolute. */
export function formatTime(at: number, clock: Clock, now: number, zone: string): string {
  if (clock === 'wall' && Math.abs(now - at) < WEEK) return formatRelative(at, now);
  return formatAbsolute(at, zone);
}

/** The time of day alone, "14:02:11". */
export function formatClockTime(at: number, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium', hourCycle: 'h23' }).format(
    at,
  );
}

/** The day alone, "3 Mar 2026". */
export function formatDay(at: number, zone: string): string {
  return formatAbsolute(at, zone).replace(/ \d\d:\d\d$/, '');
}

const STEP_NAMES: readonly (readonly [string, number])[] = [
  ['week', WEEK],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

/** A length of time in its largest whole unit: "7 days", "1 hour"; weeks from two on. */
export function formatSpan(ms: number): string {
  for (const [name, size] of STEP_NAMES) {
    const count = ms / size;
    if (Number.isInteger(count) && count >= (name === 'week' ? 2 : 1))
      return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return `${Math.round(ms / 1000)} seconds`;
}
