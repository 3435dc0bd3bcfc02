import { Tooltip } from '@mantine/core';
import { useNow, useSurroundings } from './surroundings.tsx';
import { type Clock, formatAbsolute, formatTime } from './time.ts';

export interface WhenProps {
  /** Milliseconds since 1970; null reads as a dash. */
  at: number | null;
  /** Event times are always absolute; wall-clock times under seven days old read relative. */
  clock: Clock;
}

/** A time on one of the two clocks; the tooltip has the full time, its zone and the clock's name. */
export function When({ at, clock }: WhenProps) {
  const { zone } = useSurroundings();
  const now = useNow();
  if (at === null) return <span className="r-missing">{'\u2013'}</span>;
  const full = `${formatAbsolute(at, zone, { seconds: true, zone: true })}, ${clock === 'event' ? 'event time' : 'wall clock'}`;
  return (
    <Tooltip label={full}>
      <time className="r-when" dateTime={new Date(at).toISOString()}>
        {formatTime(at, clock, now, zone)}
      </time>
    </Tooltip>
  );
}
