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
  type ChartPart,
  type ChartSeries,
  partsOf,
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

/** uPlot columns: x, then for each series the parts that it has. */
export const chartColumns = (data: ChartData): uPlot.AlignedData => [
  data.x as number[],
  ...data.series.flatMap((each) =>
    [each.settled, each.provisional, each.low, each.high].flatMap((column) =>
      column ? [column as (number | null | undefined)[]] : [],
    ),
  ),
];

/** Which part of which series each uPlot column is; the first is x. */
const partsOfAll = (series: readonly ChartSeries[]) =>
  series.flatMap((each, index) => partsOf(each).map((part) => ({ each, index, part })));

export function chartOptions(o: ChartOptions): uPlot.Options {
  const limits = o.limits.map((limit) => ({
    ...limit,
    text: `${limit.label} ${formatNumber(limit.at, settingStyle(o.style))}`,
  }));
  const parts = partsOfAll(o.series);
  const colours = new Map<string, string>();
  const colourOf = (variable: string) => {
    const colour = colours.get(variable) ?? cssColour(variable);
    colours.set(variable, colour);
    return colour;
  };
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
    series: [{}, ...parts.map(({ each, index, part }) => lineOf(each, index, part, colourOf))],
    bands: parts.flatMap(({ each, index, part }, at) =>
      part === 'high'
        ? [
            {
              series: [at + 1, at] as [number, number],
              fill: () => fade(colourOf(seriesVariable(each, index)), 0.16),
            },
          ]
        : [],
    ),
    axes: [xAxis(o), yAxis(o)],
    cursor: {
      drag: { x: true, y: false, setScale: true },
      points: {
        size: 7,
        width: 1.5,
        show: ((_u: uPlot, at: number) =>
          isBound(parts[at - 1]?.part) ? undefined : cursorPoint()) as uPlot.Cursor.Points.Show,
      },
      y: false,
      ...(o.sync ? { sync: { key: o.sync, setSeries: false, scales: ['x', null] as [string, null] } } : {}),
    },
    hooks: {
      drawClear: [
        (u) => {
          // The scheme may be another one since the last time.
          colours.clear();
          paintGaps(u, o.current().gaps);
        },
      ],
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

/** The edges of a band have no points, under the cursor neither. */
const isBound = (part: ChartPart | undefined) => part === 'low' || part === 'high';

function cursorPoint(): HTMLElement {
  const point = document.createElement('div');
  Object.assign(point.style, {
    width: '7px',
    height: '7px',
    marginLeft: '-3.5px',
    marginTop: '-3.5px',
    borderWidth: '1.5px',
  });
  return point;
}

function lineOf(
  series: ChartSeries,
  index: number,
  part: ChartPart,
  colourOf: (variable: string) => string,
): uPlot.Series {
  const variable = seriesVariable(series, index);
  if (isBound(part))
    return {
      stroke: () => fade(colourOf(variable), 0.6),
      width: 1,
      dash: [1, 3],
      points: { show: false },
    };
  const grey = variable === '--r-ink3' && series.role !== 'reference';
  const stroke = () => (grey ? fade(colourOf(variable), 0.35) : colourOf(variable));
  // A hairline is drawn in a tenth of the time, which counts where there are many.
  const width = grey ? 1 : series.role === 'reference' ? 1.25 : 1.75;
  if (part === 'provisional')
    return {
      label: `${series.label}, provisional`,
      stroke,
      width,
      dash: [2, 4],
      points: {
        show: true,
        size: 6,
        width: 1.5,
        stroke,
        fill: () => colourOf('--r-paper'),
        filter: provisionalOnly,
      },
    };
  return {
    label: series.label,
    stroke,
    width,
    dash: series.role === 'reference' ? [6, 4] : undefined,
    points: { show: true, size: 6, stroke, fill: stroke, filter: alone },
  };
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

/** The column before it is that of the settled points. */
const provisionalOnly: uPlot.Series.Points.Filter = (u, index) => {
  const column = u.data[index];
  const settled = u.data[index - 1];
  const found: number[] = [];
  if (column && settled)
    for (let i = 0; i < column.length; i++) if (column[i] != null && settled[i] == null) found.push(i);
  return found;
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
      (x, i) => x <= until && (column.settled[i] ?? column.provisional?.[i] ?? null) !== null,
    );
    const y = column.settled[at] ?? column.provisional?.[at];
    return y === null || y === undefined
      ? []
      : [{ text: each.label, y, variable: seriesVariable(each, index) }];
  });
}
