/** How many of all traces fulfil each of two filters, and both. */
export interface FilterCounts {
  total: number;
  first: number;
  second: number;
  both: number;
}

/** Jeffreys' prior for the four cells of a table of two by two. */
const PRIOR = 0.5;

/**
 * Normalised pointwise mutual information of two filters, from -1 (never together) over 0 (independent) to 1 (always together); NaN
 * where a filter fits nothing. `smoothed` adds Jeffreys' prior to each cell, so that few traces do not look certain.
 * Source: G. Bouma, Normalized (Pointwise) Mutual Information in Collocation Extraction, GSCL 2009:
 * ln(p(x,y) / (p(x) p(y))) / -ln p(x,y).
 */
export function npmiOf(counts: FilterCounts): { npmi: number; smoothed: number } {
  const { total, first, second, both } = counts;
  const cells = [both, first - both, second - both, total - first - second + both] as const;
  if (total <= 0 || first === 0 || second === 0 || Math.min(...cells) < 0)
    return { npmi: Number.NaN, smoothed: Number.NaN };
  return { npmi: both === 0 ? -1 : npmi(cells, 0), smoothed: npmi(cells, PRIOR) };
}

/** `cells`: counts of both, only the first, only the second, neither. */
function npmi(
  [both, first, second, neither]: readonly [number, number, number, number],
  prior: number,
): number {
  if (first === 0 && second === 0 && neither === 0) return 1;
  const together = both + prior;
  const total = both + first + second + neither + 4 * prior;
  const [x, y] = [together + first + prior, together + second + prior];
  const information = Math.log(together) + Math.log(total) - (Math.log(x) + Math.log(y));
  return Math.max(-1, Math.min(1, information / -(Math.log(together) - Math.log(total))));
}
