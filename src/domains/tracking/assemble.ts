import type { Reader } from '../../database/index.ts';
import type { Metric, Run } from './schema.ts';
import { datasetsOf, modelsOf } from './store/inputs.ts';
import type { MetricKeys, MetricStore } from './store/metrics.ts';
import type { RunRow, RunStore } from './store/runs.ts';
import { toMetric, toRun } from './wire.ts';

export interface AssembleParts {
  read: Reader;
  runs: RunStore;
  metrics: MetricStore;
  keys: MetricKeys;
}

/** Whole runs of the rows, in their order; each kind of detail is one query for all of them. */
export async function assembleRuns(
  { read, runs, metrics: store, keys }: AssembleParts,
  rows: readonly RunRow[],
): Promise<Run[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const [points, params, tags, datasets, models] = await Promise.all([
    store.latest(read, ids),
    runs.params(read, ids),
    runs.tags(read, ids),
    datasetsOf(read, ids),
    modelsOf(read, ids),
  ]);
  const names = await keys.names(
    read,
    points.map((point) => point.key),
  );
  const metrics = new Map<number, Metric[]>(ids.map((id) => [id, []]));
  for (const point of points) metrics.get(point.run)?.push(toMetric(names.get(point.key) ?? '', point));
  return rows.map((row) =>
    toRun(row, {
      metrics: metrics.get(row.id),
      params: params.get(row.id),
      tags: tags.get(row.id),
      datasets: datasets.get(row.id),
      models: models.filter((model) => model.run === row.id),
    }),
  );
}
