import uPlot from 'uplot';
import type { ChartData, ChartLimit } from './chart-model.ts';

/** Ends of y that somebody typed. */
export interface ChartEnds {
  min?: number | undefined;
  max?: number | undefined;
}

/** What of y a chart shows where that is not simply everything. */
export interface ChartRange extends ChartEnds {
  /** The axis spans what is left without the values that lie far from all others. */
  ignoreOutliers?: boolean;
}

export interface Fence {
  low: number;
  high: number;
}

const EVERYTHING: Fence = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** Share of the values at each end that does not say how far the others reach. */
const TAIL = 0.05;

/**
 * Where values stop to be outliers: further from the middle nine tenths than these reach. The extremes of a column are no values of
 * their own: one of them stands for many points and would count as much as all of them.
 */
export function outlierFence(data: Pick<ChartData, 'series'>): Fence {
  const values = Float64Array.from(
    data.series.flatMap(({ settled, provisional }) => [...settled, ...(provisional ?? [])].filter(isNumber)),
  ).sort();
  if (values.length === 0) return EVERYTHING;
  const low = values[Math.floor((values.length - 1) * TAIL)] as number;
  const high = values[Math.ceil((values.length - 1) * (1 - TAIL))] as number;
  return { low: low - (high - low), high: high + (high - low) };
}

/** The columns of each series, extremes too, from one index to another. */
function* shown({ series }: Pick<ChartData, 'series'>, from: number, to: number): Generator<number> {
  for (const each of series)
    for (const column of Object.values(each))
      for (let at = from; at <= to; at++) {
        const value = column[at];
        if (isNumber(value)) yield value;
      }
}

/** The lowest and the highest value within the fence; undefined where there is none. */
export function spanWithin(
  data: Pick<ChartData, 'series'>,
  { low, high }: Fence,
  from: number,
  to: number,
): [number, number] | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of shown(data, from, to)) {
    if (value < low || value > high) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least <= most ? [least, most] : undefined;
}

/** Ends that an axis can have: a log axis has none at or below 0. */
const typed = (end: number | undefined, log: boolean) =>
  log && end !== undefined && end <= 0 ? undefined : end;

/** The ends of the axis: of values and limits with some air, or what was typed. */
export function axisEnds(
  values: readonly [number, number] | undefined,
  limits: readonly ChartLimit[],
  range: ChartRange = {},
  log = false,
): [number, number] {
  const [min, max] = [typed(range.min, log), typed(range.max, log)];
  const [low, high] = log ? uPlot.rangeLog(...(values ?? [1, 10]), 10, false) : airAround(values, limits);
  const [from, to] = [min ?? low ?? 1, max ?? high ?? 10];
  if (from < to) return [from, to];
  // All there is lies beyond the end that was typed.
  if (min === undefined) return [log ? to / 10 : to - (Math.abs(to) || 1), to];
  return [from, log ? from * 10 : from + (Math.abs(from) || 1)];
}

function airAround(
  values: readonly [number, number] | undefined,
  limits: readonly ChartLimit[],
): [number, number] {
  const all = [...(values ?? []), ...limits.map((limit) => limit.at)].filter(Number.isFinite);
  if (all.length === 0) return [0, 1];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const pad = (high - low || Math.abs(high) || 1) * 0.08;
  return [low >= 0 && low - pad < 0 ? 0 : low - pad, high + pad];
}

/** What the caption says of points that the range leaves out; undefined where it leaves out none. */
export function leftOut(
  data: Pick<ChartData, 'x' | 'series'>,
  range: ChartRange,
  log: boolean,
): string | undefined {
  const { low, high } = range.ignoreOutliers ? outlierFence(data) : EVERYTHING;
  const from = typed(range.min, log) ?? low;
  const to = typed(range.max, log) ?? high;
  const beyond = (value: number | null | undefined) => isNumber(value) && (value < from || value > to);
  let points = 0;
  for (const each of data.series)
    for (let at = 0; at < data.x.length; at++)
      if (Object.values(each).some((column) => beyond(column[at]))) points++;
  if (points === 0) return undefined;
  return `${points.toLocaleString('en-US')} ${points === 1 ? 'point reaches' : 'points reach'} beyond the shown range`;
}

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';
