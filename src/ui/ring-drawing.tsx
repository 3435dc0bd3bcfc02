import type { RingState, RingStation, RingTurn } from './ring-state.ts';
import { angleOf, arcAfter, grooveOf, type Layout, pointAt, STATIONS } from './ring-geometry.ts';
import { GLYPHS } from './ring-glyphs.ts';
import { StatusGlyph } from './status.tsx';

export interface RingDrawingProps {
  ring: RingState;
  layout: Layout;
  turn?: number;
  onTurn?: (turn: number | undefined) => void;
}

/** The picture of the ring, hidden from screen readers: arcs, grooves and discs. */
export function RingDrawing({ ring, layout, turn, onTurn }: RingDrawingProps) {
  const turns = ring.turns.slice(-7);
  const last = turns.at(-1);
  const reached = last?.outcome === 'running' ? STATIONS.indexOf(last.reached) : -1;
  const running = STATIONS.filter((name) => ring.stations[name].state === 'running').length;
  return (
    <svg
      className="r-ring-svg"
      width={layout.width}
      height={layout.height}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      fill="none"
      aria-hidden
      data-still={running > 3 || undefined}
    >
      {turns.map((each, i) => (
        <TurnGroove
          key={each.number}
          turn={each}
          i={i + 7 - turns.length}
          layout={layout}
          marked={turn === each.number}
          onTurn={onTurn}
        />
      ))}
      {STATIONS.map((name, k) => (
        <Arc
          key={name}
          layout={layout}
          k={k}
          station={ring.stations[name]}
          passed={k < reached}
          next={k === reached}
        />
      ))}
      {STATIONS.map((name, k) => (
        <Disc key={name} layout={layout} k={k} station={ring.stations[name]} />
      ))}
    </svg>
  );
}

interface ArcProps {
  layout: Layout;
  k: number;
  station: RingStation;
  passed: boolean;
  next: boolean;
}

function Arc({ layout, k, station, passed, next }: ArcProps) {
  const look = station.state === 'needs-you' ? 'waiting' : passed ? 'passed' : next ? 'next' : 'rest';
  const cut = station.state === 'broken' && station.blocks ? 10 : 0;
  return <path className="r-ring-arc" data-look={look} d={arcAfter(layout, k, cut)} />;
}

interface TurnGrooveProps {
  turn: RingTurn;
  i: number;
  layout: Layout;
  marked: boolean;
  onTurn?: (turn: number | undefined) => void;
}

function TurnGroove({ turn, i, layout, marked, onTurn }: TurnGrooveProps) {
  const groove = grooveOf(layout, i, turn.outcome, STATIONS.indexOf(turn.reached));
  const full = { cx: layout.cx, cy: layout.cy, r: groove.radius };
  const steps = Math.max(1, STATIONS.indexOf(turn.reached));
  return (
    <g
      className="r-ring-groove"
      data-outcome={turn.outcome}
      data-marked={marked || undefined}
      onMouseEnter={() => onTurn?.(turn.number)}
      onMouseLeave={() => onTurn?.(undefined)}
    >
      <circle {...full} className="r-ring-touch" />
      {groove.path ? <path d={groove.path} /> : <circle {...full} />}
      {turn.outcome === 'running' ? (
        <g
          className="r-ring-bead"
          style={{
            transform: `rotate(${groove.angle}deg)`,
            transformOrigin: `${layout.cx}px ${layout.cy}px`,
            transitionDuration: `${Math.min(600 * steps, 1800)}ms`,
          }}
        >
          <circle cx={layout.cx + groove.radius} cy={layout.cy} r="4" />
        </g>
      ) : groove.tip ? (
        <path className="r-ring-stop" d={`M${groove.tip.x - 3} ${groove.tip.y - 3}l6 6m0-6l-6 6`} />
      ) : null}
    </g>
  );
}

function Disc({ layout, k, station }: { layout: Layout; k: number; station: RingStation }) {
  const { x, y } = pointAt(layout, layout.radius, angleOf(k));
  const edge = pointAt(
    layout,
    layout.radius + layout.disc * 0.8,
    angleOf(k) + (layout.disc * 0.6 * 180) / (Math.PI * layout.radius),
  );
  const size = layout.name === 'full' ? 14 : 12;
  return (
    <g className="r-ring-disc" data-state={station.state}>
      <circle cx={x} cy={y} r={layout.disc} />
      {station.state === 'not-set-up' ? null : (
        <g className="r-ring-glyph" data-turning={station.state === 'running' || undefined}>
          <g transform={`translate(${x - size / 2} ${y - size / 2})`}>
            <StatusGlyph shape={GLYPHS[station.state]} size={size} still />
          </g>
        </g>
      )}
      {station.second ? (
        <g
          className="r-ring-satellite"
          data-state={station.second}
          transform={`translate(${edge.x - 5} ${edge.y - 5})`}
        >
          <circle cx="5" cy="5" r="7" />
          <StatusGlyph shape={GLYPHS[station.second]} size={10} still />
        </g>
      ) : null}
    </g>
  );
}
