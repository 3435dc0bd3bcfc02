import { useElementSize } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Ask } from './num.tsx';
import { RingDrawing } from './ring-drawing.tsx';
import { type Layout, layoutFor } from './ring-geometry.ts';
import type { RingState } from './ring-state.ts';
import { StationList } from './ring-stations.tsx';
import { useSurroundings } from './surroundings.tsx';
import { formatClockTime } from './time.ts';

export interface RingProps {
  ring: RingState;
  /** Number of the turn whose groove is highlighted, and what to do when one is pointed at. */
  turn?: number;
  onTurn?: (turn: number | undefined) => void;
  /** Names the landmark; with several rings on a page each needs its own. */
  label?: string;
}

/** The loop, drawn: twelve stations, the last seven turns as grooves, the live version in the centre. */
export function Ring({ ring, turn, onTurn, label = 'The loop' }: RingProps) {
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
        {layout.name === 'full' ? <StationList ring={ring} layout={layout} label={label} /> : null}
      </div>
      {layout.name === 'full' ? null : <StationList ring={ring} layout={layout} label={label} />}
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
            {centre.metric.name} <Ask asked={centre.metric.asked}>{centre.metric.value}</Ask>
          </Line>
          <Line name="Interval and n" className="r-ring-spread">
            <span data-of-asked>{centre.metric.interval}</span>
            <br />n <span data-of-asked>{centre.metric.n}</span>
          </Line>
        </>
      ) : null}
      {asOf !== undefined ? (
        <Line name="Connection" className="r-ring-turn">
          as of {formatClockTime(asOf, zone)}
        </Line>
      ) : running ? (
        <Line name="Current turn" className="r-ring-turn">
          <span data-raw>turn {running.number}</span>, at {running.reached}
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
