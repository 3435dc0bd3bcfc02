import { type CSSProperties, type KeyboardEvent, useState } from 'react';
import {
  angleOf,
  fitFact,
  labelPlace,
  type Layout,
  pointAt,
  type Station,
  STATIONS,
  type StationState,
} from './ring-geometry.ts';
import { GLYPHS } from './ring-glyphs.ts';
import type { RingState, RingStation } from './ring-state.ts';
import { StatusGlyph } from './status.tsx';
import { useNow, useSurroundings } from './surroundings.tsx';
import { formatTime } from './time.ts';

/** The twelve stations as a list of links; laid over the drawing when it is full, below it otherwise. Arrows move around. */
export function StationList({ ring, layout, label }: { ring: RingState; layout: Layout; label: string }) {
  const [active, setActive] = useState(0);
  const [closed, setClosed] = useState(false);
  const move = (event: KeyboardEvent<HTMLOListElement>) => {
    if (event.key === 'Escape') setClosed(true);
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (active + step + STATIONS.length) % STATIONS.length;
    setActive(next);
    setClosed(false);
    event.currentTarget.querySelectorAll<HTMLAnchorElement>('a[data-station]')[next]?.focus();
  };
  return (
    <nav aria-label={label}>
      <ol
        className="r-ring-list"
        onKeyDown={move}
        data-closed={closed || undefined}
        onMouseMove={() => closed && setClosed(false)}
      >
        {STATIONS.map((name, k) => (
          <StationLink
            key={name}
            name={name}
            k={k}
            station={ring.stations[name]}
            layout={layout}
            tabIndex={k === active ? 0 : -1}
            onFocus={() => setActive(k)}
          />
        ))}
      </ol>
    </nav>
  );
}

interface StationLinkProps {
  name: Station;
  k: number;
  station: RingStation;
  layout: Layout;
  tabIndex: number;
  onFocus: () => void;
}

function StationLink({ name, k, station, layout, tabIndex, onFocus }: StationLinkProps) {
  const full = layout.name === 'full';
  const at = pointAt(layout, layout.radius, angleOf(k));
  const place = labelPlace(k);
  const label = {
    x: pointAt(layout, 220, angleOf(k)).x - at.x,
    y: pointAt(layout, 220, angleOf(k)).y - at.y,
  };
  const style = full
    ? { left: at.x - layout.disc, top: at.y - layout.disc, width: 2 * layout.disc, height: 2 * layout.disc }
    : undefined;
  const fact = full ? fitFact(station.fact, place.room) : station.fact;
  return (
    <li
      style={style}
      data-state={station.state}
      data-side={place.anchor}
      data-low={(k > 3 && k < 9) || undefined}
    >
      <a data-station href={station.href} tabIndex={tabIndex} onFocus={onFocus}>
        {full ? null : <StatusGlyph shape={GLYPHS[station.state]} />}
        <span
          className="r-ring-label"
          style={
            full
              ? ({
                  left: layout.disc + label.x,
                  top: layout.disc + label.y,
                  '--shift': `${place.shift}%`,
                } as CSSProperties)
              : undefined
          }
          data-anchor={place.anchor}
          data-edge={k === 0 ? 'top' : k === 6 ? 'bottom' : undefined}
        >
          <strong>{name}</strong>
          <span className="r-sr">
            , {STATE_WORDS[station.state]}: {station.fact}
          </span>
          <span aria-hidden className="r-ring-fact">
            {fact}
          </span>
        </span>
      </a>
      <StationPanel name={name} station={station} />
    </li>
  );
}

function StationPanel({ name, station }: { name: Station; station: RingStation }) {
  const now = useNow();
  const { zone } = useSurroundings();
  return (
    <div className="r-ring-panel">
      <p className="r-label">
        {name}, {STATE_WORDS[station.state]}
        {station.since ? `, since ${formatTime(station.since.at, station.since.clock, now, zone)}` : null}
      </p>
      <p>{station.fact}</p>
      {station.events?.length ? (
        <ul>
          {station.events.slice(0, 3).map((event) => (
            <li key={`${event.at}${event.text}`}>
              <span className="r-small">{formatTime(event.at, event.clock, now, zone)}</span> {event.text}
            </li>
          ))}
        </ul>
      ) : null}
      {station.actions?.length ? (
        <p className="r-row">
          {station.actions.slice(0, 2).map((action) => (
            <a key={action.label} href={action.href}>
              {action.label}
            </a>
          ))}
        </p>
      ) : null}
    </div>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

const STATE_WORDS: Readonly<Record<StationState, string>> = {
  broken: 'broken',
  'needs-you': 'needs you',
  running: 'running',
  degraded: 'degraded',
  stale: 'stale',
  'no-data': 'no data',
  done: 'done',
  'not-set-up': 'not set up',
};
