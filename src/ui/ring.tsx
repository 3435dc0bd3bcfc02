import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { RingDrawing } from './ring-drawing.tsx';
import {
  fitFact,
  labelPlace,
  type Layout,
  layoutFor,
  pointAt,
  angleOf,
  STATIONS,
  type Station,
  type StationState,
  type TurnOutcome,
} from './ring-geometry.ts';
import { useNow, useSurroundings } from './surroundings.tsx';
import { StatusGlyph } from './status.tsx';
import { GLYPHS } from './ring-glyphs.ts';
import { formatClockTime, formatTime, type Clock } from './time.ts';

export interface RingStation {
  state: StationState;
  /** What else is true of it; shown as a satellite on the disc's edge. `rankStates` gives both. */
  second?: StationState;
  /** One live fact, for example "0.463, limit 0.440". */
  fact: string;
  href: string;
  /** Set on a broken station when the loop cannot go on from here. */
  blocks?: boolean;
  since?: { at: number; clock: Clock };
  /** The last three events, newest first. */
  events?: readonly { at: number; clock: Clock; text: string }[];
  /** The two likeliest actions. */
  actions?: readonly { label: string; href: string }[];
}

export interface RingTurn {
  number: number;
  outcome: TurnOutcome;
  reached: Station;
}

export interface RingCentre {
  model: string;
  environment: string;
  /** The live version, for example "v2"; undefined when nothing is live. */
  version?: string;
  /** Goal metric of the newest complete window, as text from the service. */
  metric?: { name: string; value: string; interval: string; n: string };
}

export interface RingState {
  stations: Readonly<Record<Station, RingStation>>;
  /** Oldest first; the last seven are drawn. */
  turns: readonly RingTurn[];
  centre: RingCentre;
  /** Set when the connection is lost: everything is shown as of this wall-clock time. */
  asOf?: number;
}

export interface RingProps {
  ring: RingState;
  /** Number of the turn whose groove is highlighted, and what to do when one is pointed at. */
  turn?: number;
  onTurn?: (turn: number | undefined) => void;
}

/** The loop, drawn: twelve stations, the last seven turns as grooves, the live version in the centre. */
export function Ring({ ring, turn, onTurn }: RingProps) {
  const { ref, width } = useElementSize();
  const layout = layoutFor(width);
  return (
    <div
      className="r-ring"
      ref={ref}
      data-layout={layout.name}
      data-away={ring.asOf !== undefined || undefined}
    >
      <div className="r-ring-stage" style={{ width: layout.width, height: layout.height }}>
        <RingDrawing ring={ring} layout={layout} turn={turn} onTurn={onTurn} />
        <Centre ring={ring} layout={layout} />
        {layout.name === 'full' ? <StationList ring={ring} layout={layout} /> : null}
      </div>
      {layout.name === 'full' ? null : <StationList ring={ring} layout={layout} />}
    </div>
  );
}

function Centre({ ring: { centre, turns, asOf }, layout }: { ring: RingState; layout: Layout }) {
  const { zone } = useSurroundings();
  const running = turns.at(-1)?.outcome === 'running' ? turns.at(-1) : undefined;
  return (
    <dl
      className="r-ring-centre"
      style={{
        left: layout.cx - layout.centre,
        top: layout.cy - layout.centre,
        width: 2 * layout.centre,
        height: 2 * layout.centre,
      }}
    >
      <Line name="Model and environment" className="r-ring-model">
        {centre.model}, {centre.environment}
      </Line>
      <Line name="Live version" className="r-ring-version">
        {centre.version ?? 'not live'}
      </Line>
      {centre.metric ? (
        <>
          <Line name="Goal metric" className="r-ring-metric">
            {centre.metric.name} {centre.metric.value}
          </Line>
          <Line name="Interval and n" className="r-ring-spread">
            {centre.metric.interval}
            <br />n {centre.metric.n}
          </Line>
        </>
      ) : null}
      {asOf !== undefined ? (
        <Line name="Connection" className="r-ring-turn">
          as of {formatClockTime(asOf, zone)}
        </Line>
      ) : running ? (
        <Line name="Current turn" className="r-ring-turn">
          turn {running.number}, at {running.reached}
        </Line>
      ) : null}
    </dl>
  );
}

function Line({ name, className, children }: { name: string; className: string; children: ReactNode }) {
  return (
    <div className={className}>
      <dt className="r-sr">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function StationList({ ring, layout }: { ring: RingState; layout: Layout }) {
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
    <nav aria-label="The loop">
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
      <a
        data-station
        href={station.href}
        tabIndex={tabIndex}
        onFocus={onFocus}
        aria-label={`${name}, ${STATE_WORDS[station.state]}: ${station.fact}`}
      >
        {full ? null : <StatusGlyph shape={GLYPHS[station.state]} />}
        <span
          className="r-ring-label"
          style={full ? { left: layout.disc + label.x, top: layout.disc + label.y } : undefined}
          data-anchor={place.anchor}
          data-edge={k === 0 ? 'top' : k === 6 ? 'bottom' : undefined}
        >
          <strong>{name}</strong>
          <span>{fact}</span>
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
