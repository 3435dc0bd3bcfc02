import { formatNumber } from './number.ts';
import { cutMiddle } from './data-column.ts';

export type PlotValue = number | string;

/** What lies along an axis, and where on it: 0 is the low end, 1 the high one. */
export interface PlotScale {
  kind: 'number' | 'category';
  place: (value: PlotValue) => number;
  /** The number at a place; of categories the place itself. */
  at: (place: number) => number;
  ticks: readonly { place: number; text: string }[];
}

/** Ends of an axis, so that no point lies on its rim. */
const RIM = 0.04;
const MOST_TICKS = 5;

/** Numbers on a line (by magnitude where `log` and all are above 0), or categories at equal distances in their order. */
export function plotScale(values: readonly PlotValue[], log = false): PlotScale {
  if (values.some((value) => typeof value === 'string')) return categories([...new Set(values.map(String))]);
  const numbers = values as readonly number[];
  if (numbers.length === 0)
    return lineScale(
      0,
      1,
      (value) => value,
      () => [],
    );
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  if (log && low > 0)
    return lineScale(
      Math.log10(low),
      Math.log10(high),
      Math.log10,
      (from, to) => powers(from, to),
      (value) => 10 ** value,
    );
  return lineScale(low, high, (value) => value, niceTicks);
}

function lineScale(
  low: number,
  high: number,
  of: (value: number) => number,
  ticksOf: (low: number, high: number) => number[],
  back: (value: number) => number = (value) => value,
): PlotScale {
  const span = high - low || Math.abs(high) || 1;
  const from = low - (high > low ? span * RIM : span / 2);
  const to = high + (high > low ? span * RIM : span / 2);
  const place = (value: PlotValue) => (of(Number(value)) - from) / (to - from);
  const ticks = ticksOf(back(from), back(to))
    .map((value) => ({ place: place(value), text: formatNumber(value, 'exact') }))
    .filter((tick) => tick.place >= 0 && tick.place <= 1);
  return { kind: 'number', place, at: (where) => back(from + where * (to - from)), ticks };
}

function categories(names: readonly string[]): PlotScale {
  const index = new Map(names.map((name, at) => [name, at]));
  const place = (value: PlotValue) => ((index.get(String(value)) ?? -1) + 0.5) / names.length;
  const each = Math.ceil(names.length / 12);
  const ticks = names
    .filter((_, at) => at % each === 0)
    .map((name) => ({ place: place(name), text: cutMiddle(name, 18) || 'empty' }));
  return { kind: 'category', place, at: (where) => where, ticks };
}

/** Round numbers from low to high, at distances of 1, 2 or 5 times a power of ten. */
export function niceTicks(low: number, high: number): number[] {
  const rough = (high - low) / MOST_TICKS;
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough * 0.999_999) ?? 10) * power;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  // A number times a step is not exact; what is printed is.
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
}

function powers(low: number, high: number): number[] {
  const [from, to] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  if (to - from < 1) return niceTicks(low, high).filter((value) => value > 0);
  const each = Math.ceil((to - from + 1) / MOST_TICKS);
  return Array.from({ length: Math.floor((to - from) / each) + 1 }, (_, at) => 10 ** (from + at * each));
}
