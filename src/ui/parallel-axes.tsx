import { useElementSize } from '@mantine/hooks';
import { type PointerEvent, useMemo, useRef, useState } from 'react';
import type { DataColumn } from './data-column.ts';
import { PlotFigure, valueColumn } from './plot-figure.tsx';
import { PlotTip, usePlotMarks } from './plot-marks.tsx';
import { plotScale, type PlotValue } from './plot-scale.ts';

export interface ParallelAxis {
  id: string;
  label: string;
  log?: boolean;
}

export interface ParallelLine {
  id: string;
  name: string;
  /** One for each axis, in their order; null where there is none. */
  values: readonly (PlotValue | null)[];
}

/** Part of an axis, from 0 at its low end to 1. */
export type Brush = readonly [number, number];

export interface ParallelAxesProps {
  axes: readonly ParallelAxis[];
  lines: readonly ParallelLine[];
  brushes: ReadonlyMap<string, Brush>;
  onBrush: (axis: string, brush: Brush | undefined) => void;
  onOpen: (id: string) => void;
  height?: number;
}

const [TOP, FOOT] = [34, 30];
/** Shades of the sequential scale that are seen on paper. */
const SHADES = [3, 4, 5, 6, 7];
const CLICK = 0.02;

/** Scales of the axes, and which lines run through all brushed parts. */
export function brushed(
  axes: readonly ParallelAxis[],
  lines: readonly ParallelLine[],
  brushes: ReadonlyMap<string, Brush>,
) {
  const scales = axes.map(({ log }, at) =>
    plotScale(
      lines.flatMap((line) => line.values[at] ?? []),
      log,
    ),
  );
  const inside = (line: ParallelLine) =>
    axes.every((axis, at) => {
      const brush = brushes.get(axis.id);
      const value = line.values[at] ?? null;
      if (!brush) return true;
      const place = value === null ? undefined : scales[at]?.place(value);
      return place !== undefined && place >= brush[0] && place <= brush[1];
    });
  return { scales, within: new Set(lines.filter(inside).map((line) => line.id)) };
}

/** One line for each thing across upright axes, coloured by the last of them; dragging along an axis keeps what runs through it. */
export function ParallelAxes(props: ParallelAxesProps) {
  const { axes, lines, brushes, onOpen } = props;
  const found = useMemo(() => brushed(axes, lines, brushes), [axes, lines, brushes]);
  const columns = useMemo(
    (): DataColumn<ParallelLine>[] => [
      { id: 'name', head: 'name', value: (line) => line.name, width: 200, grow: true, narrow: 'name' },
      ...axes.map((axis, at) =>
        valueColumn(axis.id, axis.label, (line: ParallelLine) => line.values[at] ?? null, lines),
      ),
    ],
    [axes, lines],
  );
  return (
    <PlotFigure
      title={`Across ${axes.map((axis) => axis.label).join(', ')}`}
      rows={lines.filter((line) => found.within.has(line.id))}
      columns={columns}
      rowId={(line) => line.id}
      onOpen={(line) => onOpen(line.id)}
    >
      <Lines {...props} {...found} />
    </PlotFigure>
  );
}

function Lines({
  axes,
  lines,
  brushes,
  onBrush,
  onOpen,
  scales,
  within,
  height = 380,
}: ParallelAxesProps & ReturnType<typeof brushed>) {
  const { ref, width } = useElementSize();
  const { active, onKeyDown, markOf } = usePlotMarks(
    lines.filter((line) => within.has(line.id)).map((line) => line.id),
    onOpen,
  );
  // An axis keeps room for its name, so on a phone the chart is wider than the window and scrolls.
  const full = Math.max(width, axes.length * 96);
  const [low, high] = [TOP, height - FOOT];
  const px = (at: number) => (full / axes.length) * (at + 0.5);
  const py = (at: number, value: PlotValue | null) =>
    value === null ? high + 16 : low + (1 - (scales[at]?.place(value) ?? 0)) * (high - low);
  const pathOf = (line: ParallelLine) =>
    axes.map((_, at) => `${at === 0 ? 'M' : 'L'}${px(at)} ${py(at, line.values[at] ?? null)}`).join('');
  const shadeOf = (line: ParallelLine) => {
    const last = line.values.at(-1) ?? null;
    if (last === null) return '--r-ink3';
    const place = scales.at(-1)?.place(last) ?? 0;
    return `--r-seq-${SHADES[Math.min(SHADES.length - 1, Math.floor(place * SHADES.length))] ?? 7}`;
  };
  const order = [...lines].sort((a, b) => Number(within.has(a.id)) - Number(within.has(b.id)));
  const named = lines.find((line) => line.id === active);
  return (
    <figure className="r-plot r-plot-scroll" ref={ref}>
      <div
        className="r-plot-area"
        role="img"
        tabIndex={0}
        aria-label={`${within.size} of ${lines.length} lines across ${axes.map((axis) => axis.label).join(', ')}. Arrow keys name one, Enter opens it.`}
        onKeyDown={onKeyDown}
        style={{ width: width > 0 ? full : undefined }}
      >
        {width > 0 ? (
          <svg width={full} height={height} aria-hidden data-chart>
            {order.map((line) => (
              <path
                key={line.id}
                className="r-parallel-line"
                d={pathOf(line)}
                data-out={within.has(line.id) ? undefined : true}
                style={{ stroke: `var(${shadeOf(line)})` }}
                {...(within.has(line.id) ? markOf(line.id) : {})}
              />
            ))}
            {axes.map((axis, at) => (
              <Axis
                key={axis.id}
                label={axis.label}
                x={px(at)}
                low={low}
                high={high}
                room={full / axes.length - 12}
                ticks={scales[at]?.ticks ?? []}
                missing={lines.some((line) => (line.values[at] ?? null) === null)}
                brush={brushes.get(axis.id)}
                onBrush={(brush) => onBrush(axis.id, brush)}
              />
            ))}
          </svg>
        ) : null}
        {named ? (
          <PlotTip x={px(0)} width={full}>
            <b>{named.name}</b>
          </PlotTip>
        ) : null}
      </div>
    </figure>
  );
}

function Axis({
  label,
  x,
  low,
  high,
  room,
  ticks,
  missing,
  brush,
  onBrush,
}: {
  label: string;
  x: number;
  low: number;
  high: number;
  room: number;
  ticks: readonly { place: number; text: string }[];
  missing: boolean;
  brush: Brush | undefined;
  onBrush: (brush: Brush | undefined) => void;
}) {
  const from = useRef<number>(undefined);
  const [drawn, setDrawn] = useState<Brush>();
  const placeOf = (event: PointerEvent<SVGRectElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, 1 - (event.clientY - box.top) / box.height));
  };
  const between = (event: PointerEvent<SVGRectElement>): Brush => {
    const here = placeOf(event);
    const began = from.current ?? here;
    return [Math.min(began, here), Math.max(began, here)];
  };
  const shown = drawn ?? brush;
  const y = (place: number) => low + (1 - place) * (high - low);
  const letters = Math.max(4, Math.floor(room / 6.6));
  return (
    <g>
      <path className="r-parallel-axis" d={`M${x} ${low}V${high}`} />
      <text x={x} y={14} textAnchor="middle" className="r-plot-name">
        <title>{label}</title>
        {label.length > letters ? `${label.slice(0, letters - 1)}\u2026` : label}
      </text>
      {ticks.map(({ place, text }) => (
        <text key={place} x={x + 6} y={y(place) + 4} className="r-parallel-tick">
          {text}
        </text>
      ))}
      {missing ? (
        <text x={x + 6} y={high + 20} className="r-parallel-tick">
          none
        </text>
      ) : null}
      {shown ? (
        <rect
          className="r-parallel-brush"
          x={x - 7}
          y={y(shown[1])}
          width={14}
          height={Math.max(2, y(shown[0]) - y(shown[1]))}
        />
      ) : null}
      <rect
        className="r-parallel-grip"
        x={x - 14}
        y={low}
        width={28}
        height={high - low}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          from.current = placeOf(event);
          setDrawn(between(event));
        }}
        onPointerMove={(event) => {
          if (from.current !== undefined) setDrawn(between(event));
        }}
        onPointerUp={(event) => {
          if (from.current === undefined) return;
          const [start, end] = between(event);
          from.current = undefined;
          setDrawn(undefined);
          // A click without a drag takes the brush away.
          onBrush(end - start < CLICK ? undefined : [start, end]);
        }}
      />
    </g>
  );
}
