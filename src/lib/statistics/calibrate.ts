import { sortedValues } from './bins.ts';
import { binnedDistance } from './drift.ts';
import type { BinnedDistance } from './drift.ts';
import { binomial, createRandom, multinomial } from './random.ts';
import type { Random } from './random.ts';

/**
 * Thresholds for drift distances that hold a stated false-alarm rate at the actual window size.
 * A distance grows as the window shrinks, so a fixed threshold either cries wolf or sleeps; here the distances that
 * unchanged data would give are simulated from the reference itself.
 */
export interface NullDistances {
  /** Ascending distances of windows without drift. */
  distances: Float64Array;
  windowRows: number;
}

export interface ResampleQuestion {
  distance: BinnedDistance;
  /** Counts of the reference in its bins. */
  reference: ArrayLike<number>;
  /** Ascending, one per slot; for Wasserstein. */
  positions?: ArrayLike<number>;
  windowRows: number;
  seed: string;
  /** Default 2000. */
  resamples?: number;
}

/**
 * Distances of windows whose rows are drawn independently from the reference. The reference is redrawn too, at its own
 * size, because its counts are a sample as well. Needs no rows: a multinomial draw of the counts is the same thing.
 */
export function resampleRows(question: ResampleQuestion): NullDistances {
  const { reference, windowRows, distance, positions } = question;
  const random = createRandom(question.seed);
  const referenceRows = Array.from(reference).reduce((sum, count) => sum + count, 0);
  if (referenceRows === 0) return { distances: new Float64Array(0), windowRows };
  const distances = Float64Array.from({ length: question.resamples ?? 2000 }, () => {
    const redrawn = multinomial(random, referenceRows, reference);
    const current = multinomial(random, windowRows, reference);
    addUnseen(random, current, windowRows, reference, referenceRows);
    return binnedDistance(distance, redrawn, current, positions);
  });
  return { distances: sortedValues(distances), windowRows };
}

export interface BlockQuestion {
  distance: BinnedDistance;
  /** Counts of one natural block of the reference each, for example one day; at least two. */
  blocks: readonly ArrayLike<number>[];
  positions?: ArrayLike<number>;
  windowRows: number;
  seed: string;
  resamples?: number;
}

/**
 * As `resampleRows`, for rows that come in blocks which differ among themselves (days, stores): whole blocks are drawn until the window
 * is full, the last one thinned. Without this, ordinary day-to-day change would count as drift.
 */
export function resampleBlocks(question: BlockQuestion): NullDistances {
  const { blocks, windowRows, distance, positions } = question;
  if (blocks.length < 2) throw new RangeError('Block resampling needs at least two blocks.');
  const random = createRandom(question.seed);
  const sizes = blocks.map((block) => Array.from(block).reduce((sum, count) => sum + count, 0));
  const pooled = new Float64Array(blocks[0]?.length ?? 0);
  for (const block of blocks) addInto(pooled, block);
  const referenceRows = sizes.reduce((sum, size) => sum + size, 0);
  if (referenceRows === 0) return { distances: new Float64Array(0), windowRows };
  const draw = () => Math.floor(random() * blocks.length);
  const distances = Float64Array.from({ length: question.resamples ?? 2000 }, () => {
    const reference = new Float64Array(pooled.length);
    for (let i = 0; i < blocks.length; i++) addInto(reference, blocks[draw()] as ArrayLike<number>);
    const current = new Float64Array(pooled.length);
    for (let left = windowRows; left > 0; ) {
      const index = draw();
      const size = sizes[index] as number;
      if (size === 0) continue;
      const block = blocks[index] as ArrayLike<number>;
      addInto(current, size <= left ? block : multinomial(random, left, block));
      left -= size;
    }
    addUnseen(random, current, windowRows, pooled, referenceRows);
    return binnedDistance(distance, reference, current, positions);
  });
  return { distances: sortedValues(distances), windowRows };
}

/**
 * The threshold that unchanged data reaches or passes with chance at most `falseAlarmRate` per window.
 * Beyond what the number of resamples can show, the tail is continued exponentially from its top twentieth, which for
 * these distances errs towards fewer alarms.
 */
export function thresholdOf(nulls: NullDistances, falseAlarmRate: number): number {
  const { distances } = nulls;
  if (distances.length === 0) return Number.NaN;
  const above = Math.floor(falseAlarmRate * (distances.length + 1));
  if (above >= RELIABLE_EXCEEDANCES) return distances[distances.length - above] as number;
  const tail = tailOf(distances);
  return tail.start + tail.meanExcess * Math.log(tail.share / falseAlarmRate);
}

/** Chance that unchanged data is at least this far away; never 0. For `holm` or `benjaminiHochberg` over columns. */
export function nullPValue(nulls: NullDistances, observed: number): number {
  const { distances } = nulls;
  if (distances.length === 0 || Number.isNaN(observed)) return Number.NaN;
  const tail = tailOf(distances);
  let above = 0;
  while (above < distances.length && (distances[distances.length - 1 - above] as number) >= observed) above++;
  if (above >= RELIABLE_EXCEEDANCES || tail.meanExcess === 0) return (above + 1) / (distances.length + 1);
  return tail.share * Math.exp(-Math.max(0, observed - tail.start) / tail.meanExcess);
}

/**
 * The rate each column may use so that the chance of *any* false alarm among them stays within the budget (Bonferroni, so
 * it holds for dependent columns too).
 */
export const shareBudget = (budget: number, columns: number): number => budget / Math.max(1, columns);

/** Below this many simulated windows beyond a point, an empirical tail is too noisy to promise a rate. */
const RELIABLE_EXCEEDANCES = 20;
const TAIL_SHARE = 0.05;

interface Tail {
  start: number;
  share: number;
  meanExcess: number;
}

function tailOf(distances: Float64Array): Tail {
  const size = Math.max(1, Math.floor(distances.length * TAIL_SHARE));
  const start = distances[Math.max(0, distances.length - 1 - size)] as number;
  let excess = 0;
  for (const distance of distances.subarray(distances.length - size)) excess += distance - start;
  return { start, share: size / distances.length, meanExcess: excess / size };
}

/**
 * Rows in slots that the reference never filled. A new value lies beyond the largest of N with chance 1/(N + 1); without
 * this, the first such row of an unchanged window would raise an alarm.
 */
function addUnseen(
  random: Random,
  current: Float64Array,
  rows: number,
  reference: ArrayLike<number>,
  referenceRows: number,
): void {
  for (let i = 0; i < current.length; i++) {
    if (reference[i] === 0) current[i]! += binomial(random, rows, 1 / (referenceRows + 1));
  }
}

function addInto(sum: Float64Array, counts: ArrayLike<number>): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += counts[i] as number;
}
