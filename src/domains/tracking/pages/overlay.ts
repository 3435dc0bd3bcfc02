import type { Curve } from '../schema.ts';
import { lineOf, type Line, type XAxis } from './metric-points.ts';

export interface RunCurve {
  /** Epoch ms. */
  began: number;
  curve: Curve;
}

/** Lines on one x: cells of equal width from the first point of all to the last, or every x where there are few. */
export interface Overlay {
  x: number[];
  lines: {
    last: (number | null | undefined)[];
    low: (number | null | undefined)[];
    high: (number | null | undefined)[];
    points: number;
    nan: number;
  }[];
}

/**
 * Curves of runs on one x. Where they have more different x than `columns`, a cell holds what lies in it: its last value, and
 * the extremes of all of it, so that nothing that stands out is lost.
 */
export function overlayOf(curves: readonly RunCurve[], axis: XAxis, columns: number): Overlay {
  const lines = curves.map(({ began, curve }) => lineOf(curve, axis, began));
  const all = [...new Set(lines.flatMap((line) => line.x))].sort((a, b) => a - b);
  const [first = 0, last = 0] = [all[0], all.at(-1)];
  const width = (last - first) / columns;
  const cellOf = (x: number) =>
    all.length <= columns ? x : Math.min(columns - 1, Math.floor((x - first) / width));
  // A cell stands where its last point is, so that the end of a curve is at its end.
  const cells = new Map(all.map((at) => [cellOf(at), at]));
  const index = new Map([...cells.keys()].map((cell, place) => [cell, place]));
  const place = (at: number) => index.get(cellOf(at)) as number;
  return { x: [...cells.values()], lines: lines.map((line) => spread(line, cells.size, place)) };
}

/** Undefined where a curve has no point: its line goes on. Null where it has one that is no number: it breaks. */
function spread({ x, last, low, high, points, nan }: Line, length: number, placeOf: (x: number) => number) {
  const holes = () => Array.from({ length }, (): Value => undefined);
  const found = { last: holes(), low: holes(), high: holes(), points, nan };
  x.forEach((at, from) => {
    const to = placeOf(at);
    found.last[to] = last[from];
    found.low[to] = outer(Math.min, found.low[to], low[from]);
    found.high[to] = outer(Math.max, found.high[to], high[from]);
  });
  return found;
}

type Value = number | null | undefined;
const outer = (of: (a: number, b: number) => number, a: Value, b: Value): Value =>
  typeof a === 'number' && typeof b === 'number' ? of(a, b) : (a ?? b);
