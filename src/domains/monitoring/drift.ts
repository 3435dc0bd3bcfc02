import { identifier } from '../../analytics/index.ts';
import { binnedDistance } from '../../lib/statistics/drift.ts';
import { resampleBlocks, resampleRows, shareBudget, thresholdOf } from '../../lib/statistics/calibrate.ts';
import type { DriftFeature } from './schema.ts';

const DAY = 86_400_000;
const INNER_BINS = 20;
const METHOD = 'jensen-shannon' as const;

/** Edges at the quantiles of the reference, one query for all features. */
export const edgesSql = (features: readonly string[], table: string): string =>
  `select ${features
    .map(
      (feature) =>
        `list_distinct(quantile_cont(${clean(feature)}, [${quantiles().join(', ')}])) as ${identifier(feature)}`,
    )
    .join(', ')} from ${table}`;

const quantiles = () => Array.from({ length: INNER_BINS + 1 }, (_, i) => (i / INNER_BINS).toFixed(4));
const clean = (feature: string) => `nullif(${identifier(feature)}::double, 'nan'::double)`;

/** Counts per slot (edges plus one) and missing values, per day of event time, so that ordinary day-to-day change is known. */
export function countsSql(edges: Record<string, number[]>, table: string, time: string): string {
  const columns = Object.entries(edges).flatMap(([feature, list]) => [
    `map_values(histogram(${clean(feature)}, [${list.map((edge) => `${edge}::double`).join(', ')}])) as ${identifier(feature)}`,
    `map_keys(histogram(${clean(feature)}, [${list.map((edge) => `${edge}::double`).join(', ')}])) as ${identifier(`${feature} keys`)}`,
    `(count(*) - count(${clean(feature)}))::integer as ${identifier(`${feature} missing`)}`,
  ]);
  return `select ${columns.join(', ')} from ${table} group by floor(${time} / ${DAY}) order by floor(${time} / ${DAY})`;
}

export interface DayCounts {
  counts: number[];
  missing: number;
}

/** The answer of `countsSql`, a list of days per feature. */
export function readCounts(
  rows: readonly Record<string, unknown>[],
  edges: Record<string, number[]>,
): Record<string, DayCounts[]> {
  return Object.fromEntries(
    Object.entries(edges).map(([feature, list]) => [
      feature,
      rows.map((row) => ({
        counts: slots(row[feature], row[`${feature} keys`], list),
        missing: Number(row[`${feature} missing`] ?? 0),
      })),
    ]),
  );
}

/** DuckDB leaves out the overflow slot when nothing fell there. */
function slots(values: unknown, keys: unknown, edges: number[]): number[] {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  const names = Array.isArray(keys) ? keys : [];
  for (const [index, value] of (Array.isArray(values) ? values : []).entries()) {
    const at = edges.indexOf(Number(names[index]));
    counts[at < 0 ? edges.length : at] = Number(value);
  }
  return counts;
}

const pool = (days: readonly DayCounts[]): DayCounts => ({
  counts: (days[0]?.counts ?? []).map((_, slot) =>
    days.reduce((sum, day) => sum + (day.counts[slot] ?? 0), 0),
  ),
  missing: days.reduce((sum, day) => sum + day.missing, 0),
});

/**
 * Distance of each feature of the window from the reference (Jensen-Shannon on the reference's bins), against a limit that unchanged
 * data passes with at most the stated chance: days of the reference are resampled to windows of this very size, and the chance is shared
 * among the features. Method and reason: monitoring reference, calibration.
 */
export function driftOf(options: {
  edges: Record<string, number[]>;
  reference: Record<string, DayCounts[]>;
  current: Record<string, DayCounts[]>;
  falseAlarms: number;
  seed: string;
}): DriftFeature[] {
  const features = Object.keys(options.edges);
  const rate = shareBudget(options.falseAlarms, features.length);
  return features.map((feature) => {
    const days = (options.reference[feature] ?? []).filter((day) => day.counts.some((count) => count > 0));
    const before = pool(days);
    const now = pool(options.current[feature] ?? []);
    const windowRows = now.counts.reduce((sum, count) => sum + count, 0);
    const share = (counts: number[]) => {
      const total = counts.reduce((sum, count) => sum + count, 0);
      return counts.map((count) => (total === 0 ? 0 : count / total));
    };
    const result = {
      feature,
      missing: now.missing,
      edges: options.edges[feature] ?? [],
      reference: share(before.counts),
      current: share(now.counts),
    };
    if (windowRows === 0 || days.length === 0)
      return { ...result, distance: null, limit: null, shifted: false };
    const question = { distance: METHOD, windowRows, seed: `${options.seed}/${feature}`, resamples: 400 };
    const nulls =
      days.length >= 5
        ? resampleBlocks({ ...question, blocks: days.map((day) => day.counts) })
        : resampleRows({ ...question, reference: before.counts });
    const distance = binnedDistance(METHOD, before.counts, now.counts);
    const limit = thresholdOf(nulls, rate);
    return { ...result, distance, limit, shifted: distance > limit };
  });
}
