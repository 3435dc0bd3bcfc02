import { useElementSize } from '@mantine/hooks';
import { useMemo } from 'react';
import { quantileOf, sortedValues } from '../lib/statistics/bins.ts';
import { formatNumber } from './number.ts';
import type { DataColumn } from './data-column.ts';
import { PlotFigure } from './plot-figure.tsx';
import { PlotTip, usePlotMarks } from './plot-marks.tsx';
import { plotScale } from './plot-scale.ts';

export interface BoxGroup {
  name: string;
  points: readonly { id: string; name: string; value: number }[];
}

/** Fewer points than this have no quartiles worth drawing: they are drawn alone. */
const MIN_BOX = 5;
const ROW = 44;
const BOTTOM = 40;

export interface BoxPlotProps {
  /** What lies along the axis. */
  value: string;
  /** What the groups share. */
  by: string;
  groups: readonly BoxGroup[];
  log?: boolean;
  onOpen: (id: string) => void;
}

/** Each group's values on one axis: every point, and a box where there are enough of them. */
export function BoxPlot(props: BoxPlotProps) {
  const { value, by, groups } = props;
  const columns = useMemo(() => groupColumns(by), [by]);
  return (
    <PlotFigure title={`${value} by ${by}`} rows={groups} columns={columns} rowId={(group) => group.name}>
      <Boxes {...props} />
    </PlotFigure>
  );
}

/** What a box is drawn from; where there are too few points for one, the extremes alone. */
function groupColumns(by: string): DataColumn<BoxGroup>[] {
  const valuesOf = (group: BoxGroup) => sortedValues(group.points.map((point) => point.value));
  const number = (id: string, head: string, of: (sorted: Float64Array) => number | undefined) => ({
    id,
    head,
    value: (group: BoxGroup) => of(valuesOf(group)),
    style: 'metric' as const,
    proof: null,
    width: 110,
  });
  const quartile = (q: number) => (sorted: Float64Array) =>
    sorted.length < MIN_BOX ? undefined : quantileOf(sorted, q);
  return [
    { id: 'name', head: by, value: (group) => group.name, width: 160, grow: true, narrow: 'name' },
    { id: 'n', head: 'n', value: (group) => group.points.length, style: 'count', proof: null, width: 70 },
    number('low', 'lowest', (sorted) => sorted[0]),
    number('q1', 'lower quartile', quartile(0.25)),
    { ...number('median', 'median', (sorted) => quantileOf(sorted, 0.5)), narrow: 'end' },
    number('q3', 'upper quartile', quartile(0.75)),
    number('high', 'highest', (sorted) => sorted.at(-1)),
  ];
}

function Boxes({ value, groups, log, onOpen }: BoxPlotProps) {
  const { ref, width } = useElementSize();
  const all = groups.flatMap((group) => group.points);
  const scale = useMemo(
    () =>
      plotScale(
        groups.flatMap((group) => group.points.map((point) => point.value)),
        log,
      ),
    [groups, log],
  );
  const { active, onKeyDown, markOf } = usePlotMarks(
    all.map((point) => point.id),
    onOpen,
  );
  const left = Math.min(160, width * 0.32);
  const px = (at: number) => left + scale.place(at) * Math.max(0, width - left - 12);
  const height = groups.length * ROW + BOTTOM;
  const named = all.find((point) => point.id === active);
  const every = Math.ceil(scale.ticks.length / Math.max(1, Math.floor((width - left) / 80)));
  return (
    <figure className="r-plot" ref={ref}>
      <div
        className="r-plot-area"
        role="img"
        tabIndex={0}
        aria-label={groups.map((group) => sentence(value, group)).join(' ')}
        onKeyDown={onKeyDown}
      >
        {width > 0 ? (
          <svg width={width} height={height} aria-hidden data-chart>
            {scale.ticks
              .filter((_, at) => at % every === 0)
              .map(({ place, text }) => {
                const x = left + place * (width - left - 12);
                return (
                  <g key={place}>
                    <path className="r-grid" d={`M${x} 0V${height - BOTTOM}`} />
                    <text x={x} y={height - BOTTOM + 16} textAnchor="middle">
                      {text}
                    </text>
                  </g>
                );
              })}
            <text x={(left + width - 12) / 2} y={height - 6} textAnchor="middle" className="r-plot-title">
              {value}
            </text>
            {groups.map((group, row) => {
              const y = row * ROW + ROW / 2;
              const box = boxOf(group.points.map((point) => point.value));
              return (
                <g key={group.name}>
                  <text x={left - 10} y={y - 2} textAnchor="end" className="r-plot-name">
                    {fitted(group.name, left)}
                  </text>
                  <text x={left - 10} y={y + 13} textAnchor="end">
                    n {formatNumber(group.points.length, 'count')}
                  </text>
                  {box ? (
                    <>
                      <path className="r-box-whisker" d={`M${px(box.from)} ${y}H${px(box.to)}`} />
                      <rect
                        className="r-box"
                        x={px(box.low)}
                        y={y - 11}
                        width={Math.max(1, px(box.high) - px(box.low))}
                        height={22}
                      />
                      <path className="r-box-middle" d={`M${px(box.middle)} ${y - 11}v22`} />
                    </>
                  ) : null}
                  {group.points.map((point) => (
                    <circle
                      key={point.id}
                      className="r-plot-point"
                      cx={px(point.value)}
                      cy={y}
                      r={point.id === active ? 6 : 4}
                      {...markOf(point.id)}
                    />
                  ))}
                </g>
              );
            })}
          </svg>
        ) : null}
        {named ? (
          <PlotTip x={px(named.value)} width={width}>
            <b>{named.name}</b> {value} {formatNumber(named.value)}
          </PlotTip>
        ) : null}
      </div>
    </figure>
  );
}

const fitted = (name: string, left: number): string => {
  const room = Math.max(4, Math.floor((left - 14) / 7));
  return name.length > room ? `${name.slice(0, room - 1)}\u2026` : name;
};

/** Quartiles (R's type 7), and whiskers to the outermost values within 1.5 times their distance (Tukey 1977). */
export function boxOf(values: readonly number[]) {
  if (values.length < MIN_BOX) return undefined;
  const sorted = sortedValues(values);
  const [low, middle, high] = [0.25, 0.5, 0.75].map((q) => quantileOf(sorted, q)) as [number, number, number];
  const reach = 1.5 * (high - low);
  const within = sorted.filter((value) => value >= low - reach && value <= high + reach);
  return { from: within[0] ?? low, low, middle, high, to: within.at(-1) ?? high };
}

function sentence(value: string, { name, points }: BoxGroup): string {
  const sorted = sortedValues(points.map((point) => point.value));
  const n = `n ${formatNumber(points.length, 'count')}`;
  return `${name}: ${value} ${formatNumber(quantileOf(sorted, 0.5))} in the middle, ${formatNumber(sorted[0] ?? null)} to ${formatNumber(sorted.at(-1) ?? null)}, ${n}.`;
}
