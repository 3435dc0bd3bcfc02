export type Better = 'lower' | 'higher';
export type DeltaWord = 'better' | 'worse' | 'no clear difference' | 'higher' | 'lower' | 'equal';

/** What a difference means: with an interval better, worse or no clear difference (it holds 0); without one only its direction. */
export function deltaWord(
  value: number,
  interval: readonly [number, number] | undefined,
  better: Better | undefined,
): DeltaWord {
  const direction = value > 0 ? 'higher' : value < 0 ? 'lower' : 'equal';
  if (!interval) return direction;
  if (interval[0] <= 0 && interval[1] >= 0) return 'no clear difference';
  if (!better) return direction;
  return direction === better ? 'better' : 'worse';
}
