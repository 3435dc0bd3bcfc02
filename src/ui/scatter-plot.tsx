import { useElementSize } from '@mantine/hooks';
import { useMemo } from 'react';
import { formatNumber } from './number.ts';
import type { DataColumn } from './data-column.ts';
import { PlotFigure, valueColumn } from './plot-figure.tsx';
import { PlotTip, usePlotMarks } from './plot-marks.tsx';
import { type PlotScale, plotScale, type PlotValue } from './plot-scale.ts';

export interface ScatterPoint {
  id: string;
  name: string;
  x: PlotValue;
  y: PlotValue;
  /** A colour of the theme: `--r-series-1`. */
  colour: string;
  /** What the colour stands for. */
  by?: string;
}

export interface ScatterPlotProps {
  x: string;
  y: string;
  /** What colours stand for. */
  by?: string | undefined;
  logX?: boolean;
  logY?: boolean;
  points: readonly ScatterPoint[];
  onOpen: (id: string) => void;
  height?: number;
}

const [LEFT, RIGHT, TOP, BOTTOM] = [68, 12, 8, 40];

/** One point for each thing, of two of its values. */
export function ScatterPlot(props: ScatterPlotProps) {
  const { x, y, by, points, onOpen } = props;
  const columns = useMemo(
    (): DataColumn<ScatterPoint>[] => [
      { id: 'name', head: 'name', value: (point) => point.name, width: 200, grow: true, narrow: 'name' },
      valueColumn('x', x, (point) => point.x, points),
      { ...valueColumn('y', y, (point: ScatterPoint) => point.y, points), narrow: 'end' },
      ...(by ? [{ id: 'by', head: by, value: (point: ScatterPoint) => point.by }] : []),
    ],
    [x, y, by, points],
  );
  return (
    <PlotFigure
      title={`${y} against ${x}`}
      rows={points}
      columns={columns}
      rowId={(point) => point.id}
      onOpen={(point) => onOpen(point.id)}
    >
      <Points {...props} />
    </PlotFigure>
  );
}

function Points({ x, y, by, logX, logY, points, onOpen, height = 360 }: ScatterPlotProps) {
  const { ref, width } = useElementSize();
  const { sx, sy } = useMemo(
    () => ({
      sx: plotScale(
        points.map((point) => point.x),
        logX,
      ),
      sy: plotScale(
        points.map((point) => point.y),
        logY,
      ),
    }),
    [points, logX, logY],
  );
  const { active, onKeyDown, markOf } = usePlotMarks(
    points.map((point) => point.id),
    onOpen,
  );
  const px = (value: PlotValue) => LEFT + sx.place(value) * Math.max(0, width - LEFT - RIGHT);
  const py = (value: PlotValue) => TOP + (1 - sy.place(value)) * (height - TOP - BOTTOM);
  const named = points.find((point) => point.id === active);
  const show = (value: PlotValue) => (typeof value === 'number' ? formatNumber(value) : value);
  return (
    <figure className="r-plot" ref={ref}>
      <div
        className="r-plot-area"
        role="img"
        tabIndex={0}
        aria-label={`${y} against ${x}, ${points.length} points. Arrow keys name one, Enter opens it.`}
        onKeyDown={onKeyDown}
      >
        {width > 0 ? (
          <svg width={width} height={height} aria-hidden data-chart>
            <Grid scale={sx} width={width} height={height} />
            <Grid scale={sy} width={width} height={height} upright />
            <text x={(LEFT + width - RIGHT) / 2} y={height - 6} textAnchor="middle" className="r-plot-title">
              {x}
            </text>
            {points.map((point) => (
              <circle
                key={point.id}
                className="r-plot-point"
                cx={px(point.x)}
                cy={py(point.y)}
                r={point.id === active ? 7 : 5}
                style={{ fill: `var(${point.colour})` }}
                {...markOf(point.id)}
              />
            ))}
          </svg>
        ) : null}
        {named ? (
          <PlotTip x={px(named.x)} width={width}>
            <b>{named.name}</b>
            <div>
              {y} {show(named.y)}
            </div>
            <div>
              {x} {show(named.x)}
            </div>
            {by ? (
              <div>
                {by} {named.by}
              </div>
            ) : null}
          </PlotTip>
        ) : null}
      </div>
    </figure>
  );
}

/** Ticks of one axis with lines across; upright is the axis at the left. */
function Grid({
  scale,
  width,
  height,
  upright,
}: {
  scale: PlotScale;
  width: number;
  height: number;
  upright?: boolean;
}) {
  const [right, bottom] = [width - RIGHT, height - BOTTOM];
  const across = Math.max(0, right - LEFT);
  const room = Math.max(1, Math.floor(across / 90));
  const every = upright ? 1 : Math.ceil(scale.ticks.length / room);
  return scale.ticks
    .filter((_, at) => at % every === 0)
    .map(({ place, text }) => {
      const at = upright ? TOP + (1 - place) * (bottom - TOP) : LEFT + place * across;
      return (
        <g key={place}>
          <path className="r-grid" d={upright ? `M${LEFT} ${at}H${right}` : `M${at} ${TOP}V${bottom}`} />
          <text
            x={upright ? LEFT - 6 : at}
            y={upright ? at + 4 : bottom + 16}
            textAnchor={upright ? 'end' : 'middle'}
          >
            {upright && text.length > 10 ? `${text.slice(0, 9)}\u2026` : text}
          </text>
        </g>
      );
    });
}
