import type { Curve } from '../schema.ts';

export type XAxis = 'step' | 'time' | 'relative';

/** A curve on an axis, as a chart takes it: NaN and the infinities are themselves again, and are marked instead of drawn. */
export interface Line {
  x: readonly number[];
  last: number[];
  low: (number | null)[];
  high: (number | null)[];
  points: number;
  nan: number;
}

/** The largest doubles stand for the infinities. */
const real = (value: number): number =>
  Math.abs(value) >= Number.MAX_VALUE ? Math.sign(value) * Number.POSITIVE_INFINITY : value;
const bound = (value: number | null) => (value === null ? null : real(value));

const isInOrder = (x: readonly number[]) => x.every((at, index) => index === 0 || (x[index - 1] ?? at) <= at);

/** `began` in epoch ms; relative x is in seconds. */
export function lineOf(curve: Curve, axis: XAxis, began: number): Line {
  const at =
    axis === 'relative' ? curve.ts.map((ts) => (ts - began) / 1000) : axis === 'step' ? curve.step : curve.ts;
  const order = isInOrder(at) ? undefined : [...at.keys()].sort((a, b) => (at[a] ?? 0) - (at[b] ?? 0));
  const sorted = <T>(list: readonly T[]): readonly T[] => order?.map((index) => list[index] as T) ?? list;
  return {
    x: sorted(at),
    last: sorted(curve.last).map((value) => (value === null ? Number.NaN : real(value))),
    low: sorted(curve.low).map(bound),
    high: sorted(curve.high).map(bound),
    points: curve.points,
    nan: curve.nan,
  };
}

const placesOf = ({ step, ts }: Curve, axis: 'step' | 'time') => (axis === 'step' ? step : ts);

/** Coarse columns outside a zoomed range and fine ones inside it, so that one can zoom out again at once. */
export function withFiner(coarse: Curve, fine: Curve | undefined, axis: 'step' | 'time'): Curve {
  const inside = fine ? placesOf(fine, axis) : [];
  const [first, last] = [inside[0], inside.at(-1)];
  if (!fine || first === undefined || last === undefined) return coarse;
  const at = placesOf(coarse, axis);
  const from = at.filter((x) => x < first).length;
  const to = at.filter((x) => x <= last).length;
  const joined = <T>(old: readonly T[], finer: readonly T[]) => [
    ...old.slice(0, from),
    ...finer,
    ...old.slice(to),
  ];
  return {
    ...coarse,
    step: joined(coarse.step, fine.step),
    ts: joined(coarse.ts, fine.ts),
    last: joined(coarse.last, fine.last),
    low: joined(coarse.low, fine.low),
    high: joined(coarse.high, fine.high),
  };
}

/** Whether a range leaves out something of a curve whose columns hold more than a point each: then finer ones are worth asking for. */
export function isPart(curve: Curve, { from, to }: { from: number; to: number }, axis: 'step' | 'time') {
  const x = placesOf(curve, axis);
  return curve.points > x.length && ((x[0] ?? from) < from || (x.at(-1) ?? to) > to);
}

/**
 * Exponential mean, weighted by the distance between points: evenly spaced points get `weight` of what was before, points
 * further apart less. Gaps and what is no number stay as they are.
 */
export function smoothed(
  x: readonly number[],
  values: readonly (number | null | undefined)[],
  weight: number,
): (number | null | undefined)[] {
  if (weight <= 0 || x.length < 2) return [...values];
  const spacing = ((x.at(-1) ?? 0) - (x[0] ?? 0)) / (x.length - 1) || 1;
  let mean: number | undefined;
  let before = x[0] ?? 0;
  return values.map((value, index) => {
    if (value === null || value === undefined || !Number.isFinite(value)) return value;
    const at = x[index] ?? 0;
    const kept = mean === undefined ? 0 : weight ** Math.max(0, (at - before) / spacing);
    mean = kept * (mean ?? 0) + (1 - kept) * value;
    before = at;
    return mean;
  });
}
