import { useSurroundings } from './surroundings.tsx';
import { formatAbsolute } from './time.ts';

export type LaneRow = 'Data' | 'Model' | 'Traffic' | 'Alerts';

export interface LaneEvent {
  row: LaneRow;
  /** square dataset version, diamond training, up deployment or promotion, down roll-back, cross alert. */
  shape: 'square' | 'diamond' | 'up' | 'down' | 'cross';
  at: number;
  /** End of an alert's span; null while it is open. */
  until?: number | null;
  label: string;
  href?: string;
}

export interface EventLaneProps {
  events: readonly LaneEvent[];
  /** The x range of the charts below, in milliseconds. */
  from: number;
  to: number;
  /** Room of the charts' axis and labels, in px, so that the times stand over each other. */
  left: number;
  right: number;
  width: number;
}

const ROWS: readonly LaneRow[] = ['Data', 'Model', 'Traffic', 'Alerts'];
const NEAR = 14;

/** The four rows of events over every time chart; near marks merge into a number. */
export function EventLane({ events, from, to, left, right, width }: EventLaneProps) {
  const { zone } = useSurroundings();
  const room = Math.max(1, width - left - right);
  const place = (at: number) => ((at - from) / (to - from || 1)) * room;
  return (
    <ol className="r-lane" aria-label="Events" style={{ paddingLeft: left, paddingRight: right }}>
      {ROWS.map((row) => (
        <li key={row}>
          <span className="r-lane-name" style={{ width: left - 10 }}>
            {row}
          </span>
          <span className="r-lane-track">
            {mergeNear(
              events.filter(
                (event) => event.row === row && (event.until ?? event.at) >= from && event.at <= to,
              ),
              place,
            ).map((group) => {
              const [first] = group;
              if (!first) return null;
              const title = group
                .map((event) => `${event.label}, ${formatAbsolute(event.at, zone)}`)
                .join('\n');
              const x = Math.max(0, place(first.at));
              const end =
                first.until === undefined
                  ? undefined
                  : Math.min(room, first.until === null ? room : place(first.until));
              const mark = group.length > 1 ? <b>{group.length}</b> : <LaneMark shape={first.shape} />;
              return (
                <span key={`${first.at}${first.label}`}>
                  {end === undefined ? null : (
                    <i className="r-lane-span" style={{ left: x, width: Math.max(2, end - x) }} />
                  )}
                  {first.href ? (
                    <a
                      className="r-lane-mark"
                      data-shape={first.shape}
                      style={{ left: x }}
                      href={first.href}
                      title={title}
                      aria-label={title}
                    >
                      {mark}
                    </a>
                  ) : (
                    <span
                      className="r-lane-mark"
                      data-shape={first.shape}
                      style={{ left: x }}
                      title={title}
                      role="img"
                      aria-label={title}
                    >
                      {mark}
                    </span>
                  )}
                </span>
              );
            })}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** Groups events whose marks would stand closer than 14 px; spans stay alone. */
export function mergeNear<E extends { at: number; until?: number | null }>(
  events: readonly E[],
  place: (at: number) => number,
): E[][] {
  const groups: E[][] = [];
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    const last = groups.at(-1);
    const near = last?.at(-1);
    if (
      last &&
      near &&
      near.until === undefined &&
      event.until === undefined &&
      place(event.at) - place(near.at) < NEAR
    )
      last.push(event);
    else groups.push([event]);
  }
  return groups;
}

function LaneMark({ shape }: { shape: LaneEvent['shape'] }) {
  return (
    <svg
      width="11"
      height="11"
      viewBox="0 0 11 11"
      fill={shape === 'cross' ? 'none' : 'currentColor'}
      stroke="currentColor"
      strokeWidth={shape === 'cross' ? 2 : 0}
    >
      <path d={MARKS[shape]} />
    </svg>
  );
}

const MARKS: Readonly<Record<LaneEvent['shape'], string>> = {
  square: 'M1 1h9v9H1Z',
  diamond: 'M5.5 0 11 5.5 5.5 11 0 5.5Z',
  up: 'M5.5 1 10.5 10H.5Z',
  down: 'M.5 1h10L5.5 10Z',
  cross: 'M1.5 1.5l8 8m0-8l-8 8',
};
