import type { Reader } from '../../database/index.ts';
import type { Projection } from './columns.ts';
import type { Metric, Run } from './schema.ts';
import { datasetsOf, modelsOf } from './store/inputs.ts';
import type { MetricKeys, MetricStore } from './store/metrics.ts';
import { extremesOf, latestOf, pairsWith } from './store/projection.ts';
import type { RunRow, RunStore } from './store/runs.ts';
import type { Engine } from './store/statements.ts';
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

export interface ProjectedParts extends AssembleParts {
  engine: Engine;
}

/** Runs with the projected keys only; with `extremes` each metric also has its lowest and highest value. */
export async function assembleProjected(
  { read, engine, keys }: ProjectedParts,
  rows: readonly RunRow[],
  projection: Projection,
  extremes: boolean,
): Promise<Run[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const names = new Map<number, string>();
  for (const name of new Set(projection.metrics)) {
    const number = await keys.find(read, name);
    if (number !== undefined) names.set(number, name);
  }
  const numbers = [...names.keys()];
  const inputs = projection.inputs ? ids : [];
  const [points, spans, params, tags, datasets, models] = await Promise.all([
    latestOf(read, engine, ids, numbers),
    extremes ? extremesOf(read, engine, ids, numbers) : [],
    pairsWith(read, engine, 'run_params', ids, projection.params),
    pairsWith(read, engine, 'run_tags', ids, projection.tags),
    datasetsOf(read, inputs),
    modelsOf(read, inputs),
  ]);
  const span = new Map(spans.map((each) => [`${each.run} ${each.key}`, each]));
  const metrics = new Map<number, Metric[]>(ids.map((id) => [id, []]));
  for (const point of points) {
    const found = span.get(`${point.run} ${point.key}`);
    metrics.get(point.run)?.push({
      ...toMetric(names.get(point.key) ?? '', point),
      ...(found ? { min: found.low, max: found.high } : {}),
    });
  }
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
