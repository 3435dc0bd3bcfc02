/** Feature values cut into at most 255 bins each, plus one bin for NaN, so that a split search sums over bins instead of rows. */
export interface Binned {
  rows: number;
  features: number;
  /** Row-major [rows][features]; a cell is its bin's place among all bins of all features. */
  cells: Uint16Array;
  /** Upper bounds of the bins of one feature but the last, rising: a value v is in the first bin b with v <= edges[b]. */
  edges: Float32Array[];
  /** Place of each feature's first bin; its NaN bin is the last before the next feature's. One entry more than features. */
  start: Int32Array;
}

const QUANTILE_ROWS = 200_000;

/** Cuts at the midpoints between distinct values, or at quantiles where there are more than `maxBins` of them (2 to 255). */
export function binColumns(columns: readonly Float32Array[], maxBins: number): Binned {
  const features = columns.length;
  const rows = columns[0]?.length ?? 0;
  const edges = columns.map((column) => binEdges(column, maxBins));
  const start = new Int32Array(features + 1);
  for (let f = 0; f < features; f++) start[f + 1] = start[f]! + edges[f]!.length + 2;
  const cells = new Uint16Array(rows * features);
  for (let f = 0; f < features; f++) {
    const column = columns[f]!;
    const cuts = edges[f]!;
    const first = start[f]!;
    const missing = start[f + 1]! - 1;
    for (let i = 0, at = f; i < rows; i++, at += features) {
      const value = column[i]!;
      cells[at] = Number.isNaN(value) ? missing : first + binOf(cuts, value);
    }
  }
  return { rows, features, cells, edges, start };
}

function binOf(cuts: Float32Array, value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= cuts[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

function binEdges(column: Float32Array, maxBins: number): Float32Array {
  const values = sortedSample(column);
  const cuts: number[] = [];
  const distinct = distinctValues(values, maxBins);
  if (distinct) {
    for (let i = 1; i < distinct.length; i++) cuts.push(cutBetween(distinct[i - 1]!, distinct[i]!));
    return Float32Array.from(cuts);
  }
  for (let b = 1; b < maxBins; b++) {
    const at = Math.floor((b * values.length) / maxBins);
    const cut = cutBetween(values[at - 1]!, values[at]!);
    if (cut < values[values.length - 1]! && (cuts.length === 0 || cut > cuts[cuts.length - 1]!))
      cuts.push(cut);
  }
  return Float32Array.from(cuts);
}

function sortedSample(column: Float32Array): Float32Array {
  const step = Math.max(1, column.length / QUANTILE_ROWS);
  const sample = new Float32Array(Math.min(column.length, QUANTILE_ROWS));
  let kept = 0;
  for (let i = 0; i < sample.length; i++) {
    const value = column[Math.floor(i * step)]!;
    if (!Number.isNaN(value)) sample[kept++] = value;
  }
  return sample.subarray(0, kept).sort();
}

/** The distinct values of a sorted array, or undefined when there are more than `limit`. */
function distinctValues(sorted: Float32Array, limit: number): number[] | undefined {
  const distinct: number[] = [];
  for (const value of sorted) {
    if (value === distinct[distinct.length - 1]) continue;
    if (distinct.length === limit) return undefined;
    distinct.push(value);
  }
  return distinct;
}

/** A float32 c with low <= c < high (c = low when low = high): the midpoint unless rounding lifts it to `high`. */
function cutBetween(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}
