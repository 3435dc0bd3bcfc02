import uPlot from 'uplot';
import {
  CHART_FONT,
  cssColour,
  type EndLabel,
  fade,
  labelRoom,
  paintEndLabels,
  paintGaps,
  paintLimits,
  paintOdd,
  seriesVariable,
} from './chart-paint.ts';
import {
  type ChartAxis,
  type ChartData,
  type ChartLimit,
  type ChartSeries,
  tickPlaces,
  timeTicks,
} from './chart-model.ts';
import { axisEnds, type ChartRange, outlierFence, spanWithin } from './chart-range.ts';
import { formatNumber, type NumberStyle, settingStyle } from './number.ts';

export const CHART_LEFT = 58;

export interface ChartOptions {
  width: number;
  height: number;
  axis: ChartAxis;
  zone: string;
  series: readonly ChartSeries[];
  limits: readonly ChartLimit[];
  style?: NumberStyle;
  log?: boolean;
  y?: ChartRange;
  sync?: string;
  /** The data as it is at the time of drawing. */
  current: () => ChartData;
  onCursor: (index: number | null) => void;
  onScale: (min: number, max: number) => void;
}

/** Right padding in px that the labels of those series need. */
export const chartRight = (series: readonly ChartSeries[]) =>
  labelRoom(series.filter((_each, index) => series.length > 1 && index < 8).map((each) => each.label));

/** uPlot columns: x, then for each series settled, provisional, low, high. */
export const chartColumns = (data: ChartData): uPlot.AlignedData => [
  data.x,
  ...data.series.flatMap((each) => [each.settled, each.provisional, each.low, each.high]),
];

export function chartOptions(o: ChartOptions): uPlot.Options {
  const limits = o.limits.map((limit) => ({
    ...limit,
    text: `${limit.label} ${formatNumber(limit.at, settingStyle(o.style))}`,
  }));
  return {
    width: o.width,
    height: o.height,
    ms: 1,
    tzDate: (at) => uPlot.tzDate(new Date(at), o.zone),
    padding: [10, chartRight(o.series), 0, 0],
    legend: { show: false },
    scales: {
      x: { time: o.axis.kind === 'time' },
      y: { distr: o.log ? 3 : 1, range: (u, min, max) => yRange(o, u, min, max) },
    },
    series: [{}, ...o.series.flatMap((each, index) => lines(each, index))],
    bands: o.series.flatMap((each, index) =>
      each.low && each.high
        ? [
            {
              series: [4 * index + 4, 4 * index + 3] as [number, number],
              fill: () => fade(cssColour(seriesVariable(each, index)), 0.16),
            },
          ]
        : [],
    ),
    axes: [xAxis(o), yAxis(o)],
    cursor: {
      drag: { x: true, y: false, setScale: true },
      points: { size: 7, width: 1.5, show: (_u, index) => cursorPoint(isBound(index)) },
      y: false,
      ...(o.sync ? { sync: { key: o.sync, setSeries: false, scales: ['x', null] as [string, null] } } : {}),
    },
    hooks: {
      drawClear: [(u) => paintGaps(u, o.current().gaps)],
      draw: [
        (u) => {
          paintOdd(u, o.current().odd);
          paintLimits(u, limits);
          if (o.series.length > 1)
            paintEndLabels(u, endLabels(o.series, o.current(), u.scales.x?.max ?? Number.POSITIVE_INFINITY));
        },
      ],
      setCursor: [(u) => o.onCursor(u.cursor.idx ?? null)],
      setScale: [
        (u, key) => {
          if (key === 'x' && u.scales.x) o.onScale(u.scales.x.min ?? 0, u.scales.x.max ?? 1);
        },
      ],
    },
  };
}

/** Bands are drawn by two series each, whose points under the cursor stay hidden. */
const isBound = (index: number) => (index - 1) % 4 > 1;

function cursorPoint(hidden: boolean): HTMLElement {
  const point = document.createElement('div');
  if (hidden) point.style.visibility = 'hidden';
  Object.assign(point.style, {
    width: '7px',
    height: '7px',
    marginLeft: '-3.5px',
    marginTop: '-3.5px',
    borderWidth: '1.5px',
  });
  return point;
}

function lines(series: ChartSeries, index: number): uPlot.Series[] {
  const variable = seriesVariable(series, index);
  const grey = variable === '--r-ink3' && series.role !== 'reference';
  const colour = () => (grey ? fade(cssColour(variable), 0.35) : cssColour(variable));
  const width = series.role === 'reference' || grey ? 1.25 : 1.75;
  const bound: uPlot.Series = {
    stroke: () => fade(cssColour(variable), 0.6),
    width: 1,
    dash: [1, 3],
    points: { show: false },
  };
  return [
    {
      label: series.label,
      stroke: colour,
      width,
      dash: series.role === 'reference' ? [6, 4] : undefined,
      points: { show: true, size: 6, stroke: colour, fill: colour, filter: alone },
    },
    {
      label: `${series.label}, provisional`,
      stroke: colour,
      width,
      dash: [2, 4],
      points: {
        show: series.provisionalFrom !== undefined,
        size: 6,
        width: 1.5,
        stroke: colour,
        fill: () => cssColour('--r-paper'),
        filter: provisionalOnly(series),
      },
    },
    bound,
    bound,
  ];
}

/** Points with no other beside them: no line shows them. */
const alone: uPlot.Series.Points.Filter = (u, index) => {
  const column = u.data[index] ?? [];
  const found: number[] = [];
  // What is undefined lies on the line between its neighbours; null breaks it.
  let before: number | undefined;
  let several = false;
  for (let at = 0; at <= column.length; at++) {
    const value = at < column.length ? column[at] : null;
    if (value === undefined) continue;
    if (value !== null) {
      several = before !== undefined;
      before = at;
      continue;
    }
    if (before !== undefined && !several) found.push(before);
    before = undefined;
    several = false;
  }
  return found;
};

const provisionalOnly =
  (series: ChartSeries): uPlot.Series.Points.Filter =>
  (u, index) => {
    const column = u.data[index];
    const settled = u.data[index - 1];
    const found: number[] = [];
    if (column && settled)
      for (let i = 0; i < column.length; i++) if (column[i] != null && settled[i] == null) found.push(i);
    return series.provisionalFrom === undefined ? null : found;
  };

/** The ends of y for what of x is in view. */
function yRange(o: ChartOptions, u: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  const all: [number, number] | undefined = min === null || max === null ? undefined : [min, max];
  const within = () => {
    const data = o.current();
    const [from, to] = u.series[0]?.idxs ?? [0, data.x.length - 1];
    return spanWithin(data, outlierFence(data), from, to) ?? all;
  };
  return axisEnds(o.y?.ignoreOutliers ? within() : all, o.limits, o.y, o.log);
}

const grid = () => ({ stroke: () => cssColour('--r-line'), width: 1 });

/** Distances of ticks: 1, 2 and 5 times the powers of ten. */
const distances = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => 10 ** (from + at)).flatMap((power) => [
    power,
    2 * power,
    5 * power,
  ]);
const WHOLE = distances(0, 15);
const ANY = distances(-12, 15);

/** Steps and counts have no tick between two of them. */
const isWhole = (x: readonly number[]): boolean => x.slice(0, 100).every(Number.isInteger);

function xAxis(o: ChartOptions): uPlot.Axis {
  return {
    stroke: () => cssColour('--r-ink3'),
    font: CHART_FONT,
    size: 40,
    gap: 6,
    space: 84,
    grid: { show: false },
    ticks: { ...grid(), size: 5 },
    border: { show: true, stroke: () => cssColour('--r-lineStrong'), width: 1 },
    ...(o.axis.kind === 'count' ? { incrs: () => (isWhole(o.current().x) ? WHOLE : ANY) } : {}),
    values: (_u, splits, _axis, _space, step) =>
      o.axis.kind === 'time'
        ? timeTicks(splits, step, o.zone)
        : splits.map((split) => formatNumber(split, Number.isInteger(split) ? 'count' : 'metric')),
  };
}

function yAxis(o: ChartOptions): uPlot.Axis {
  return {
    stroke: () => cssColour('--r-ink3'),
    font: CHART_FONT,
    size: CHART_LEFT,
    gap: 6,
    space: 32,
    grid: grid(),
    ticks: { show: false },
    values: (_u, splits, _axis, _space, step) =>
      splits.map((split) => (split === null ? '' : tickText(split, step, o))),
  };
}

function tickText(value: number, step: number, o: ChartOptions): string {
  if (o.log) return formatNumber(value, o.style);
  if (o.style === 'bytes' || o.style === 'seconds') return formatNumber(value, o.style);
  if (o.style === 'share') return `${(value * 100).toFixed(tickPlaces(step * 100))}%`;
  const places = tickPlaces(step);
  const text = Math.abs(value).toLocaleString('en-US', {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  });
  return value < 0 ? `\u2212${text}` : text;
}

/** Each name at the height of the last value that is in view. */
function endLabels(series: readonly ChartSeries[], data: ChartData, until: number): EndLabel[] {
  return series.slice(0, 8).flatMap((each, index) => {
    const column = data.series[index];
    if (!column) return [];
    const at = data.x.findLastIndex(
      (x, i) => x <= until && (column.settled[i] ?? column.provisional[i] ?? null) !== null,
    );
    const y = column.settled[at] ?? column.provisional[at];
    return y === null || y === undefined
      ? []
      : [{ text: each.label, y, variable: seriesVariable(each, index) }];
  });
}
