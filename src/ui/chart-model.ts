import { formatNumber, type NumberStyle } from './number.ts';
import type { Clock } from './time.ts';

/** The x of a chart: a time on one clock (milliseconds), or a count such as steps or labelled rows. */
export type ChartAxis = { kind: 'time'; clock: Clock } | { kind: 'count'; name: string };

export type SeriesRole = 'reference' | 'current' | 'candidate';

export interface ChartSeries {
  key: string;
  label: string;
  role?: SeriesRole;
  /** 1 to 8; by default the order of the series. Roles fix it: current is 1, candidate 2. */
  colour?: number;
  /**
   * As long as x. null where there is none: the line breaks. undefined where only others have a point: it goes on. NaN and
   * infinities are marked at the upper edge.
   */
  values: readonly (number | null | undefined)[];
  /** Bounds of the band: the interval, or min and max of a downsampled pixel column. */
  low?: readonly (number | null | undefined)[];
  high?: readonly (number | null | undefined)[];
  /** From this index on the points are provisional: hollow, dashed, never alerting. */
  provisionalFrom?: number;
}

export interface ChartLimit {
  at: number;
  label: string;
}

type Column = readonly (number | null | undefined)[];

/** What is drawn of a series, in this order: its line, that of its provisional points, the edges of its band. */
export type ChartPart = 'settled' | 'provisional' | 'low' | 'high';

export const partsOf = ({ provisionalFrom, low, high }: ChartSeries): readonly ChartPart[] => [
  'settled',
  ...(provisionalFrom === undefined ? [] : (['provisional'] as const)),
  ...(low && high ? (['low', 'high'] as const) : []),
];

export interface ChartData {
  x: readonly number[];
  /** A column for each part that a series has. */
  series: ({ settled: Column } & Partial<Record<ChartPart, Column>>)[];
  /** Spans without data, longer than three usual spacings; hatched, with no line across. */
  gaps: [number, number][];
  /** x of values that are NaN or infinite. */
  odd: number[];
  /** What the caption must say about points that are not drawn as they are. */
  notes: string[];
}

const GAP_SPACINGS = 3;

/** Columns ready to draw: gaps opened, odd and (on a log axis) non-positive values taken out and counted. */
export function prepareChart(x: readonly number[], series: readonly ChartSeries[], log: boolean): ChartData {
  const gaps = findGaps(x);
  const odd: number[] = [];
  let below = 0;
  const clean = (value: number | null | undefined, at: number): number | null | undefined => {
    if (value === null || value === undefined) return value;
    if (!Number.isFinite(value)) {
      odd.push(at);
      return null;
    }
    if (log && value <= 0) {
      below++;
      return null;
    }
    return value;
  };
  const bound = (value: number | null | undefined) =>
    value === null || value === undefined
      ? value
      : !Number.isFinite(value) || (log && value <= 0)
        ? null
        : value;
  const cuts = new Set(gaps.map(([from]) => from));
  const opened = (column: Column): Column =>
    cuts.size === 0
      ? column
      : column.flatMap((value, index) => (cuts.has(x[index]!) ? [value, null] : [value]));
  const columns = series.map((each): ChartData['series'][number] => {
    const values = x.map((at, index) => clean(each.values[index], at));
    const from = each.provisionalFrom;
    const only = (is: (index: number) => boolean) => values.map((value, index) => (is(index) ? value : null));
    return {
      settled: opened(from === undefined ? values : only((index) => index < from)),
      ...(from === undefined ? {} : { provisional: opened(only((index) => index >= from - 1)) }),
      ...(each.low && each.high
        ? { low: opened(each.low.map(bound)), high: opened(each.high.map(bound)) }
        : {}),
    };
  });
  const notes: string[] = [];
  if (odd.length)
    notes.push(
      `${odd.length} ${odd.length === 1 ? 'value is' : 'values are'} NaN or infinite, marked at the upper edge`,
    );
  if (below)
    notes.push(
      `${below} ${below === 1 ? 'value' : 'values'} at or below 0 ${below === 1 ? 'is' : 'are'} not drawn`,
    );
  const outX = x.flatMap((at, index) => (cuts.has(at) ? [at, (at + x[index + 1]!) / 2] : [at]));
  return { x: outX, series: columns, gaps, odd, notes };
}

/** Spans between neighbours that are more than three times the median spacing. */
export function findGaps(x: readonly number[]): [number, number][] {
  if (x.length < 4) return [];
  const spacings = x.slice(1).map((at, index) => at - x[index]!);
  const usual = [...spacings].sort((a, b) => a - b)[spacings.length >> 1]!;
  return spacings.flatMap((spacing, index): [number, number][] =>
    spacing > GAP_SPACINGS * usual ? [[x[index]!, x[index + 1]!]] : [],
  );
}

/** The chart in a sentence: "log loss of v2 went from 0.69 to 0.42 over 150 steps, lowest 0.41." */
export function chartSentence(
  metric: string,
  series: readonly ChartSeries[],
  span: string,
  style: NumberStyle | undefined,
): string {
  const lines = series.slice(0, 3).map((each) => {
    const values = each.values.filter((value): value is number => Number.isFinite(value));
    const [first, last] = [values[0], values.at(-1)];
    if (first === undefined || last === undefined) return `${each.label} has no values`;
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    const show = (value: number) => formatNumber(value, style);
    const verb = last > first ? 'rose' : last < first ? 'fell' : 'stayed';
    const path =
      verb === 'stayed' ? `stayed at ${show(last)}` : `${verb} from ${show(first)} to ${show(last)}`;
    return `${each.label} ${path}, lowest ${show(low)}, highest ${show(high)}`;
  });
  const more = series.length > 3 ? `; ${series.length - 3} more series` : '';
  return `${metric}, ${span}: ${lines.join('; ')}${more}.`;
}

const DAY = 86_400_000;

/** Tick labels of a time axis in a zone, 24 hours; the day or year is told at the first tick and where it changes. */
export function timeTicks(ticks: readonly number[], step: number, zone: string): string[] {
  const parts = (at: number) => {
    const found = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    }).formatToParts(at);
    const get = (type: Intl.DateTimeFormatPartTypes) => found.find((part) => part.type === type)?.value ?? '';
    return {
      year: get('year'),
      month: get('month').slice(0, 3),
      day: `${get('day')} ${get('month').slice(0, 3)}`,
      time: `${get('hour')}:${get('minute')}`,
      seconds: `:${get('second')}`,
    };
  };
  let before: ReturnType<typeof parts> | undefined;
  return ticks.map((at) => {
    const here = parts(at);
    const newYear = before?.year !== here.year;
    const newDay = before?.day !== here.day;
    before = here;
    if (step >= 360 * DAY) return here.year;
    if (step >= 28 * DAY) return newYear ? `${here.month} ${here.year}` : here.month;
    if (step >= DAY) return newYear ? `${here.day} ${here.year}` : here.day;
    const time = step < 60_000 ? here.time + here.seconds : here.time;
    return newDay ? `${here.day}\n${time}` : time;
  });
}

/** Decimal places that tell neighbouring ticks apart. */
export function tickPlaces(step: number): number {
  return Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}
