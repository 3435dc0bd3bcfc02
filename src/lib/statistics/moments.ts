/**
 * Count, mean and sum of squared deviations: what a confidence interval needs of a stream of numbers.
 * Plain data, so that parts computed in different processes merge (Chan, Golub and LeVeque 1979).
 */
export interface Moments {
  n: number;
  mean: number;
  /** Sum of squared deviations from the mean. */
  m2: number;
}

export interface CoMoments {
  n: number;
  meanX: number;
  meanY: number;
  m2x: number;
  m2y: number;
  /** Sum of products of deviations. */
  cxy: number;
}

export const emptyMoments = (): Moments => ({ n: 0, mean: 0, m2: 0 });

/** Adds one value in place (Welford). NaN is not skipped: leave missing values out before. */
export function addValue(moments: Moments, value: number): void {
  moments.n += 1;
  const delta = value - moments.mean;
  moments.mean += delta / moments.n;
  moments.m2 += delta * (value - moments.mean);
}

export function momentsOf(values: ArrayLike<number>): Moments {
  const moments = emptyMoments();
  for (let i = 0; i < values.length; i++) addValue(moments, values[i] as number);
  return moments;
}

/** From a count, a sum and a sum of squares, as other systems report them. */
export function momentsFromSums(n: number, sum: number, sumOfSquares: number): Moments {
  if (n === 0) return emptyMoments();
  return { n, mean: sum / n, m2: Math.max(0, sumOfSquares - (sum * sum) / n) };
}

export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return { ...b };
  if (b.n === 0) return { ...a };
  const n = a.n + b.n;
  const delta = b.mean - a.mean;
  return { n, mean: a.mean + (delta * b.n) / n, m2: a.m2 + b.m2 + (delta * delta * a.n * b.n) / n };
}

/** Sample variance (divided by n - 1); NaN below two values. */
export const varianceOf = (moments: Moments): number =>
  moments.n < 2 ? Number.NaN : moments.m2 / (moments.n - 1);

/** Standard error of the mean; NaN below two values. */
export const standardErrorOf = (moments: Moments): number => Math.sqrt(varianceOf(moments) / moments.n);

export const emptyCoMoments = (): CoMoments => ({ n: 0, meanX: 0, meanY: 0, m2x: 0, m2y: 0, cxy: 0 });

/** Adds one pair in place. */
export function addPair(moments: CoMoments, x: number, y: number): void {
  moments.n += 1;
  const dx = x - moments.meanX;
  const dy = y - moments.meanY;
  moments.meanX += dx / moments.n;
  moments.meanY += dy / moments.n;
  moments.m2x += dx * (x - moments.meanX);
  moments.m2y += dy * (y - moments.meanY);
  moments.cxy += dx * (y - moments.meanY);
}

export function mergeCoMoments(a: CoMoments, b: CoMoments): CoMoments {
  if (a.n === 0) return { ...b };
  if (b.n === 0) return { ...a };
  const n = a.n + b.n;
  const dx = b.meanX - a.meanX;
  const dy = b.meanY - a.meanY;
  const weight = (a.n * b.n) / n;
  return {
    n,
    meanX: a.meanX + (dx * b.n) / n,
    meanY: a.meanY + (dy * b.n) / n,
    m2x: a.m2x + b.m2x + dx * dx * weight,
    m2y: a.m2y + b.m2y + dy * dy * weight,
    cxy: a.cxy + b.cxy + dx * dy * weight,
  };
}

/** Sample covariance; NaN below two pairs. */
export const covarianceOf = (moments: CoMoments): number =>
  moments.n < 2 ? Number.NaN : moments.cxy / (moments.n - 1);

/** Pearson correlation; NaN when a side does not vary. */
export const correlationOf = (moments: CoMoments): number =>
  moments.cxy / Math.sqrt(moments.m2x * moments.m2y);
