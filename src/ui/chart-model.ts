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

type Column = (number | null | undefined)[];

export interface ChartData {
  x: number[];
  series: { settled: Column; provisional: Column; low: Column; high: Column }[];
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
  const cuts = new Set(gaps.map(([from]) => from));
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
  const outX: number[] = [];
  const columns: ChartData['series'] = series.map(() => ({
    settled: [],
    provisional: [],
    low: [],
    high: [],
  }));
  x.forEach((at, index) => {
    outX.push(at);
    series.forEach((each, s) => {
      const column = columns[s]!;
      const value = clean(each.values[index], at);
      const from = each.provisionalFrom ?? Number.POSITIVE_INFINITY;
      column.settled.push(index < from ? value : null);
      column.provisional.push(index >= from - 1 ? value : null);
      column.low.push(bound(each.low?.[index]));
      column.high.push(bound(each.high?.[index]));
    });
    if (!cuts.has(at)) return;
    outX.push((at + x[index + 1]!) / 2);
    for (const column of columns)
      for (const part of [column.settled, column.provisional, column.low, column.high]) part.push(null);
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
