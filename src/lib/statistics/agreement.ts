/** A recorded value nearer to zero than this counts as this far from it when a distance is put in relation to it. */
export const NEAR_ZERO = 1e-3;

/**
 * How far a repeated value lies from the recorded one: |repeated − recorded| / max(|recorded|, 0.001), so relative, and absolute near
 * zero. 0 for the same value, NaN and the infinities among them; Infinity where only one of the two is a finite number.
 */
export function relativeDistance(recorded: number, repeated: number): number {
  if (Object.is(recorded, repeated) || recorded === repeated) return 0;
  const distance = Math.abs(repeated - recorded) / Math.max(Math.abs(recorded), NEAR_ZERO);
  return Number.isFinite(distance) ? distance : Number.POSITIVE_INFINITY;
}
