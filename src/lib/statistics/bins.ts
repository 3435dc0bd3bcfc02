/**
 * Bins fixed once from the reference, so that every later window is counted into the same ones and windows never
 * influence each other. Plain data: store it with the monitor.
 */
export interface NumericBins {
  kind: 'numeric';
  /** Ascending. Slot 0 counts values below the first edge, slot i those in (edge i-1, edge i] (the first edge belongs to slot 1), the last slot those above the last edge. */
  edges: number[];
  /** Mean of the reference within each slot; the outer two are the outer edges. Same length as the counts. */
  positions: number[];
}

export interface CategoryBins {
  kind: 'category';
  /** The most frequent values of the reference; one more slot counts all others. */
  categories: string[];
}

export type Bins = NumericBins | CategoryBins;

export interface BinCounts {
  counts: Float64Array;
  /** null, undefined and NaN; counted apart, because missing values are a matter of data quality. */
  missing: number;
}

/** How many slots the counts of these bins have. */
export const slotsOf = (bins: Bins): number =>
  bins.kind === 'numeric' ? bins.edges.length + 1 : bins.categories.length + 1;

/**
 * Edges at the quantiles of the reference, at most `inner` bins between its minimum and maximum.
 * Values with at most `inner` distinct numbers get one bin each. NaN is ignored. Throws RangeError without any value.
 */
export function numericBins(reference: ArrayLike<number>, inner = 30): NumericBins {
  const sorted = sortedValues(reference);
  if (sorted.length === 0) throw new RangeError('Bins need at least one reference value.');
  const distinct = firstDistinct(sorted, inner + 1);
  const edges = distinct.length <= inner ? edgesBetween(distinct) : quantileEdges(sorted, inner);
  return { kind: 'numeric', edges, positions: slotMeans(edges, sorted) };
}

/** The `top` most frequent values, ties broken by code unit order. */
export function categoryBins(reference: Iterable<string | null | undefined>, top = 50): CategoryBins {
  const counts = new Map<string, number>();
  for (const value of reference) if (value != null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return categoryBinsOf(counts, top);
}

/** As `categoryBins`, from counts that a query has already made. */
export function categoryBinsOf(counts: ReadonlyMap<string, number>, top = 50): CategoryBins {
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { kind: 'category', categories: ranked.slice(0, top).map(([value]) => value) };
}

export function countNumeric(bins: NumericBins, values: ArrayLike<number | null | undefined>): BinCounts {
  const counts = new Float64Array(slotsOf(bins));
  let missing = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value == null || Number.isNaN(value)) missing++;
    else counts[slotOf(bins.edges, value)]! += 1;
  }
  return { counts, missing };
}

export function countCategories(bins: CategoryBins, values: Iterable<string | null | undefined>): BinCounts {
  const counts = new Float64Array(slotsOf(bins));
  const slots = new Map(bins.categories.map((category, i) => [category, i]));
  const other = bins.categories.length;
  let missing = 0;
  for (const value of values) {
    if (value == null) missing++;
    else counts[slots.get(value) ?? other]! += 1;
  }
  return { counts, missing };
}

/** Ascending copy without NaN. */
export function sortedValues(values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values).sort();
  let end = copy.length;
  while (end > 0 && Number.isNaN(copy[end - 1])) end--;
  return copy.subarray(0, end);
}

/** Quantile of ascending values by linear interpolation (R's type 7, numpy's default); NaN when empty. */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = q * (sorted.length - 1);
  const low = sorted[Math.floor(place)] as number;
  const high = sorted[Math.ceil(place)] as number;
  return low + (high - low) * (place - Math.floor(place));
}

/** The slot of a value in the layout described at `NumericBins.edges`. */
export function slotOf(edges: readonly number[], value: number): number {
  if (value === edges[0]) return edges.length > 1 ? 1 : 0;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstDistinct(sorted: Float64Array, limit: number): number[] {
  const distinct: number[] = [];
  for (const value of sorted) {
    if (distinct.length > 0 && distinct.at(-1) === value) continue;
    distinct.push(value);
    if (distinct.length === limit) break;
  }
  return distinct;
}

/** One slot per distinct value, with edges half-way; the outer edges are the values themselves. */
function edgesBetween(distinct: number[]): number[] {
  const halves = distinct.slice(1).map((value, i) => (value + (distinct[i] as number)) / 2);
  return [distinct[0] as number, ...halves, distinct.at(-1) as number].filter(isNew);
}

function quantileEdges(sorted: Float64Array, inner: number): number[] {
  return Array.from({ length: inner + 1 }, (_, i) => quantileOf(sorted, i / inner)).filter(isNew);
}

const isNew = (value: number, i: number, all: number[]): boolean => i === 0 || value > (all[i - 1] as number);

function slotMeans(edges: number[], sorted: Float64Array): number[] {
  const sums = new Float64Array(edges.length + 1);
  const counts = new Float64Array(edges.length + 1);
  for (const value of sorted) {
    const slot = slotOf(edges, value);
    sums[slot]! += value;
    counts[slot]! += 1;
  }
  return Array.from(sums, (sum, slot) => {
    if (counts[slot]! > 0) return sum / counts[slot]!;
    const left = edges[Math.max(0, slot - 1)] as number;
    return (left + (edges[Math.min(slot, edges.length - 1)] as number)) / 2;
  });
}
