import type { Metric } from '../schema.ts';

/** One row of the grid of metrics: curves or numbers side by side. */
export interface MetricRow {
  kind: 'curves' | 'numbers';
  metrics: readonly Metric[];
}

/** More numbers than this would push the curves out of sight, so they stand below them. */
const NUMBERS_FIRST = 12;

const isNumber = (metric: Metric): boolean => metric.points === 1;

/** A metric of one point has no curve: it takes the room of a number, in rows of their own. */
export function metricRows(
  metrics: readonly Metric[],
  across: Readonly<Record<MetricRow['kind'], number>>,
): MetricRow[] {
  const rowsOf = (kind: MetricRow['kind'], of: readonly Metric[]): MetricRow[] =>
    Array.from({ length: Math.ceil(of.length / across[kind]) }, (_, at) => ({
      kind,
      metrics: of.slice(at * across[kind], (at + 1) * across[kind]),
    }));
  const numbers = metrics.filter(isNumber);
  const curves = rowsOf(
    'curves',
    metrics.filter((metric) => !isNumber(metric)),
  );
  return numbers.length <= NUMBERS_FIRST
    ? [...rowsOf('numbers', numbers), ...curves]
    : [...curves, ...rowsOf('numbers', numbers)];
}
