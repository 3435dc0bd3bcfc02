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
  const few = fewOf(lines, columns);
  const { x, placeOf } = few ? ownPlaces(few) : cells(lines, columns);
  return { x, lines: lines.map((line) => spread(line, x.length, placeOf)) };
}

interface Places {
  x: number[];
  placeOf: (x: number) => number;
}

/** All different x in order, unless they are more than `most`. */
function fewOf(lines: readonly Line[], most: number): number[] | undefined {
  const found = new Set<number>();
  for (const { x } of lines)
    for (const at of x) {
      found.add(at);
      if (found.size > most) return undefined;
    }
  return [...found].sort((a, b) => a - b);
}

function ownPlaces(x: number[]): Places {
  const places = new Map(x.map((at, place) => [at, place]));
  return { x, placeOf: (at) => places.get(at) as number };
}

/** A cell stands where its last point is, so that the end of a curve is at its end; cells without a point are left out. */
function cells(lines: readonly Line[], columns: number): Places {
  const first = Math.min(...lines.map(({ x }) => x[0] ?? Number.POSITIVE_INFINITY));
  const last = Math.max(...lines.map(({ x }) => x.at(-1) ?? Number.NEGATIVE_INFINITY));
  const width = (last - first) / columns;
  const cellOf = (at: number) => Math.min(columns - 1, Math.floor((at - first) / width));
  const ends = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  for (const { x } of lines)
    for (const at of x) {
      const cell = cellOf(at);
      if (at > (ends[cell] as number)) ends[cell] = at;
    }
  const places = new Int32Array(columns);
  const x: number[] = [];
  ends.forEach((end, cell) => {
    places[cell] = x.length;
    if (end > Number.NEGATIVE_INFINITY) x.push(end);
  });
  return { x, placeOf: (at) => places[cellOf(at)] as number };
}

/** Undefined where a curve has no point: its line goes on. Null where it has one that is no number: it breaks. */
function spread({ x, last, low, high, points, nan }: Line, length: number, placeOf: (x: number) => number) {
  const holes = () => Array.from<Value>({ length }).fill(undefined);
  const found = { last: holes(), low: holes(), high: holes(), points, nan };
  for (let from = 0; from < x.length; from++) {
    const to = placeOf(x[from] as number);
    found.last[to] = last[from];
    found.low[to] = outer(Math.min, found.low[to], low[from]);
    found.high[to] = outer(Math.max, found.high[to], high[from]);
  }
  return found;
}

type Value = number | null | undefined;
const outer = (of: (a: number, b: number) => number, a: Value, b: Value): Value =>
  typeof a === 'number' && typeof b === 'number' ? of(a, b) : (a ?? b);
