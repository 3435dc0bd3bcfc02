import { Tooltip } from '@mantine/core';
import { useContext } from 'react';
import { InGrid } from './num.tsx';
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
  const inGrid = useContext(InGrid);
  const now = useNow();
  if (at === null) return <span className="r-missing">{'\u2013'}</span>;
  const full = () =>
    `${formatAbsolute(at, zone, { seconds: true, zone: true })}, ${clock === 'event' ? 'event time' : 'wall clock'}`;
  const text = formatTime(at, clock, now, zone);
  const dateTime = new Date(at).toISOString();
  // A tooltip of each cell of a table costs more than the rest of its row.
  if (inGrid)
    return (
      <time
        className="r-when"
        dateTime={dateTime}
        onPointerEnter={({ currentTarget }) => {
          currentTarget.title = full();
        }}
      >
        {text}
      </time>
    );
  return (
    <Tooltip label={full()}>
      <time className="r-when" dateTime={dateTime}>
        {text}
      </time>
    </Tooltip>
  );
}
