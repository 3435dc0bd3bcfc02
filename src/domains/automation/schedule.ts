import { Cron } from 'croner';
import { invalid } from '../../lib/errors.ts';

const cronOf = (pattern: string, zone: string): Cron => new Cron(pattern, { timezone: zone, paused: true });

/** Throws INVALID when the pattern or the zone is unknown, or no time ever matches. */
export function checkSchedule(pattern: string, zone: string): void {
  try {
    if (cronOf(pattern, zone).nextRun() !== null) return;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw invalid(
      `'${pattern}' in zone '${zone}' is not a schedule: ${why.slice(0, 200)}`,
      'Write cron with five fields, for example "0 3 * * *", and an IANA zone, for example Europe/Berlin.',
    );
  }
  throw invalid(`The schedule '${pattern}' never comes due.`);
}

/** The first due time after `after` (epoch ms), or null when there is none. */
export function nextDue(pattern: string, zone: string, after: number): number | null {
  return cronOf(pattern, zone).nextRun(new Date(after))?.getTime() ?? null;
}

/** Every due time in [from, to], oldest first, at most `limit`. */
export function dueTimes(pattern: string, zone: string, from: number, to: number, limit: number): number[] {
  const times: number[] = [];
  for (const date of cronOf(pattern, zone).enumerate(new Date(from - 1))) {
    const at = date.getTime();
    if (at > to || times.length >= limit) break;
    if (at >= from) times.push(at);
  }
  return times;
}
