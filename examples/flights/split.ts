export interface Split {
  feature: number;
  /** Values of the feature's bins 0..bin go left; its last bin means every value that is not NaN. */
  bin: number;
  missingLeft: boolean;
  /** Loss saved, in the trainer's second-order approximation. */
  gain: number;
}

/** Sums over the rows of a node: gradient, hessian, count. */
export interface Totals {
  g: number;
  h: number;
  n: number;
}

/**
 * The split of most gain, 1/2 [G_l²/(H_l+λ) + G_r²/(H_r+λ) − G²/(H+λ)] (Chen and Guestrin 2016, eq. 7), or undefined when none
 * gains. NaN goes to the side where it gains more; where a node has seen none, to the side with more rows.
 * `sums` holds gradient, hessian and count per bin; `start` as in `Binned`.
 */
export function bestSplit(
  sums: Float64Array,
  start: Int32Array,
  totals: Totals,
  { minLeaf, lambda }: { minLeaf: number; lambda: number },
): Split | undefined {
  const parent = (totals.g * totals.g) / (totals.h + lambda);
  let best = parent + 1e-7 * (1 + parent);
  let feature = -1;
  let bin = 0;
  let missingLeft = false;
  let rowsLeft = 0;
  for (let f = 0; f + 1 < start.length; f++) {
    const missing = (start[f + 1]! - 1) * 3;
    const first = start[f]! * 3;
    const someMissing = sums[missing + 2]! > 0;
    for (let side = someMissing ? 0 : 1; side < 2; side++) {
      let g = side === 0 ? sums[missing]! : 0;
      let h = side === 0 ? sums[missing + 1]! : 0;
      let n = side === 0 ? sums[missing + 2]! : 0;
      for (let at = first; at < missing; at += 3) {
        g += sums[at]!;
        h += sums[at + 1]!;
        n += sums[at + 2]!;
        if (n < minLeaf) continue;
        if (totals.n - n < minLeaf) break;
        const rest = totals.g - g;
        const score = (g * g) / (h + lambda) + (rest * rest) / (totals.h - h + lambda);
        if (score > best) {
          best = score;
          feature = f;
          bin = (at - first) / 3;
          missingLeft = someMissing ? side === 0 : false;
          rowsLeft = someMissing ? -1 : n;
        }
      }
    }
  }
  if (feature < 0) return undefined;
  if (rowsLeft >= 0) missingLeft = rowsLeft >= totals.n - rowsLeft;
  return { feature, bin, missingLeft, gain: (best - parent) / 2 };
}
