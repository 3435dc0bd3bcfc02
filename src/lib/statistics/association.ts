import { createRandom, type Random } from './random.ts';

/** How strongly one column goes with another, among `n` rows that have both. */
export interface Association {
  method: 'rank-correlation' | 'correlation-ratio';
  /** 0 to 1. */
  strength: number;
  /** Up when large goes with large; none for categories. */
  direction: 'up' | 'down' | undefined;
  n: number;
  /** What chance alone reaches in 1 of 20 shuffles of the rows. */
  chance: number;
}

/** Fewer rows than this say nothing. */
export const MIN_ASSOCIATED = 10;
const SHUFFLES = 400;

/**
 * Numbers: Spearman's rank correlation (1904), the product-moment correlation of the mid-ranks; its size is the strength.
 * Categories: the correlation ratio of the target's mid-ranks, the root of the share of their variance that lies between the
 * categories (Pearson 1905; on ranks this is the effect size of the Kruskal-Wallis test, 1952). Ranks, so that one wild value
 * decides nothing. Rows where either is missing are left out. `chance` is the 95% quantile over shuffled rows (Fisher's
 * permutation test, 1935), drawn from a seed. Both are of one column at a time: what acts together, or stands for another
 * column, is not seen. Undefined below `MIN_ASSOCIATED` rows, or where one column does not vary.
 */
export function association(
  values: readonly (number | string | null)[],
  target: readonly (number | null)[],
  seed = 'association',
): Association | undefined {
  const rows = values.flatMap((value, at): { value: number | string; goal: number }[] => {
    const goal = target[at] ?? null;
    return value === null || goal === null || Number.isNaN(goal) ? [] : [{ value, goal }];
  });
  const n = rows.length;
  if (n < MIN_ASSOCIATED) return undefined;
  const goals = midRanks(rows.map((row) => row.goal));
  if (new Set(goals).size < 2 || new Set(rows.map((row) => row.value)).size < 2) return undefined;
  const numeric = rows.every((row) => typeof row.value === 'number');
  const strengthOf = numeric
    ? correlationWith(midRanks(rows.map((row) => row.value as number)))
    : ratioWith(rows.map((row) => String(row.value)));
  const strength = strengthOf(goals);
  const random = createRandom(seed);
  const shuffled = Array.from({ length: SHUFFLES }, () => Math.abs(strengthOf(shuffle(goals, random))));
  const chance = shuffled.sort((a, b) => a - b)[Math.ceil(0.95 * SHUFFLES) - 1] ?? 0;
  return {
    method: numeric ? 'rank-correlation' : 'correlation-ratio',
    strength: Math.min(1, Math.abs(strength)),
    direction: numeric && strength !== 0 ? (strength > 0 ? 'up' : 'down') : undefined,
    n,
    chance: Math.min(1, chance),
  };
}

/** 1-based ranks; ties share the mean of theirs. */
function midRanks(values: readonly number[]): number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = Array.from(values, () => 0);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end++;
    for (let at = start; at < end; at++) ranks[order[at] as number] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

const centred = (values: readonly number[]): number[] => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
};
const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0);

function correlationWith(values: readonly number[]) {
  const own = centred(values);
  const size = squares(own);
  return (goals: readonly number[]): number => {
    const other = centred(goals);
    return (
      own.reduce((sum, value, at) => sum + value * (other[at] as number), 0) /
      Math.sqrt(size * squares(other))
    );
  };
}

function ratioWith(categories: readonly string[]) {
  const members = new Map<string, number[]>();
  categories.forEach((category, at) => members.set(category, [...(members.get(category) ?? []), at]));
  return (goals: readonly number[]): number => {
    const other = centred(goals);
    let between = 0;
    for (const rows of members.values()) {
      const sum = rows.reduce((total, at) => total + (other[at] as number), 0);
      between += (sum * sum) / rows.length;
    }
    return Math.sqrt(between / squares(other));
  };
}

function shuffle(values: readonly number[], random: Random): number[] {
  const copy = [...values];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [copy[at], copy[other]] = [copy[other] as number, copy[at] as number];
  }
  return copy;
}
