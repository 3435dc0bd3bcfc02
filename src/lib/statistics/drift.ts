import { chi2Sf, kolmogorovSf } from './special.ts';

/**
 * Distances between a reference and a current sample. The exact forms take *ascending* values without NaN
 * (`sortedValues`), the binned forms take counts of the same bins. All are NaN when a side is empty.
 */
export type BinnedDistance = 'ks' | 'wasserstein' | 'psi' | 'jensen-shannon' | 'chi-square';

/** Two-sample Kolmogorov-Smirnov D: the largest gap between the two distribution functions. */
export function ksDistance(a: Float64Array, b: Float64Array): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  let i = 0;
  let j = 0;
  let gap = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] as number, b[j] as number);
    while (i < a.length && (a[i] as number) <= value) i++;
    while (j < b.length && (b[j] as number) <= value) j++;
    gap = Math.max(gap, Math.abs(i / a.length - j / b.length));
  }
  return gap;
}

/** Asymptotic p-value of D for samples of n and m values; conservative for values with ties. */
export const ksPValue = (d: number, n: number, m: number): number =>
  kolmogorovSf(d * Math.sqrt((n * m) / (n + m)));

/** Exact first Wasserstein distance (earth mover's), in the unit of the values. */
export function wassersteinDistance(a: Float64Array, b: Float64Array): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  let i = 0;
  let j = 0;
  let work = 0;
  let previous = Math.min(a[0] as number, b[0] as number);
  while (i < a.length || j < b.length) {
    const takeA = j >= b.length || (i < a.length && (a[i] as number) <= (b[j] as number));
    const value = (takeA ? a[i] : b[j]) as number;
    work += Math.abs(i / a.length - j / b.length) * (value - previous);
    previous = value;
    if (takeA) i++;
    else j++;
  }
  return work;
}

/** The named distance between two count vectors; `positions` (ascending, one per slot) is needed by Wasserstein only. */
export function binnedDistance(
  kind: BinnedDistance,
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  positions?: ArrayLike<number>,
): number {
  if (kind === 'ks') return ksOfBins(reference, current);
  if (kind === 'psi') return psi(reference, current);
  if (kind === 'jensen-shannon') return jensenShannon(reference, current);
  if (kind === 'chi-square') return chiSquare(reference, current).statistic;
  if (!positions) throw new RangeError('The Wasserstein distance of bins needs their positions.');
  return wassersteinOfBins(reference, current, positions);
}

/** KS distance at the bin edges: never above the exact one. */
export function ksOfBins(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [n, m] = totals(reference, current);
  let cumulative = 0;
  let gap = n > 0 && m > 0 ? 0 : Number.NaN;
  for (let i = 0; i < reference.length; i++) {
    cumulative += (reference[i] as number) / n - (current[i] as number) / m;
    gap = Math.max(gap, Math.abs(cumulative));
  }
  return gap;
}

/** Wasserstein distance with all values of a slot moved to its position. */
export function wassersteinOfBins(
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
  positions: ArrayLike<number>,
): number {
  const [n, m] = totals(reference, current);
  if (n === 0 || m === 0) return Number.NaN;
  let cumulative = 0;
  let work = 0;
  for (let i = 0; i + 1 < reference.length; i++) {
    cumulative += (reference[i] as number) / n - (current[i] as number) / m;
    work += Math.abs(cumulative) * ((positions[i + 1] as number) - (positions[i] as number));
  }
  return work;
}

/**
 * Population stability index. An empty slot counts as half a row, so that the index stays finite and does not jump
 * with the choice of an arbitrary epsilon.
 */
export function psi(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [n, m] = totals(reference, current);
  if (n === 0 || m === 0) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < reference.length; i++) {
    if (reference[i] === 0 && current[i] === 0) continue;
    const p = ((reference[i] as number) || 0.5) / n;
    const q = ((current[i] as number) || 0.5) / m;
    sum += (p - q) * Math.log(p / q);
  }
  return sum;
}

/** Jensen-Shannon *distance* (the root of the divergence), natural logarithm: 0 to √ln 2 = 0.83. */
export function jensenShannon(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const [n, m] = totals(reference, current);
  if (n === 0 || m === 0) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < reference.length; i++) {
    const p = (reference[i] as number) / n;
    const q = (current[i] as number) / m;
    const middle = (p + q) / 2;
    if (p > 0) sum += p * Math.log(p / middle);
    if (q > 0) sum += q * Math.log(q / middle);
  }
  return Math.sqrt(Math.max(0, sum / 2));
}

export interface ChiSquare {
  statistic: number;
  df: number;
  p: number;
}

/** Chi-square test that both samples come from the same categories; slots empty on both sides do not count. */
export function chiSquare(reference: ArrayLike<number>, current: ArrayLike<number>): ChiSquare {
  const [n, m] = totals(reference, current);
  if (n === 0 || m === 0) return { statistic: Number.NaN, df: 0, p: Number.NaN };
  let statistic = 0;
  let used = 0;
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i] as number;
    const c = current[i] as number;
    if (r + c === 0) continue;
    used++;
    statistic += (r * Math.sqrt(m / n) - c * Math.sqrt(n / m)) ** 2 / (r + c);
  }
  const df = used - 1;
  return { statistic, df, p: df === 0 ? 1 : chi2Sf(statistic, df) };
}

function totals(reference: ArrayLike<number>, current: ArrayLike<number>): [number, number] {
  let n = 0;
  let m = 0;
  for (let i = 0; i < reference.length; i++) {
    n += reference[i] as number;
    m += current[i] as number;
  }
  return [n, m];
}
