import type { SourceModel, SourceRun } from './source.ts';

/** Characters of one request, about. */
const TEXT_AT_ONCE = 1_000_000;

/** Pieces of at most `most` items and about `TEXT_AT_ONCE` characters; what is longer by itself is a piece of its own. */
export async function* batches<T>(
  items: AsyncIterable<T> | Iterable<T>,
  most: number,
  weight: (item: T) => number,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let sum = 0;
  for await (const item of items) {
    const more = weight(item);
    if (batch.length > 0 && (batch.length === most || sum + more > TEXT_AT_ONCE)) {
      yield batch;
      batch = [];
      sum = 0;
    }
    batch.push(item);
    sum += more;
  }
  if (batch.length > 0) yield batch;
}

const weightOfPairs = ({ params, tags }: Pick<SourceModel, 'params' | 'tags'>): number =>
  [...params, ...tags].reduce((sum, { key, value }) => sum + key.length + value.length + 20, 500);

export const weightOfModel = (model: Pick<SourceModel, 'params' | 'tags' | 'metrics'>): number =>
  model.metrics.length * 200 + weightOfPairs(model);

type Weighed = Pick<SourceRun, 'params' | 'tags' | 'datasets'>;

export const weightOfRun = (run: Weighed): number =>
  (run.datasets ?? []).reduce((sum, dataset) => sum + JSON.stringify(dataset).length, weightOfPairs(run));

const METRICS_AT_ONCE = 5000;

/** A logged model whose metrics are too many for one request, as several of the same model. */
export function modelInParts<M extends Pick<SourceModel, 'metrics'>>(model: M): M[] {
  const parts = Math.max(1, Math.ceil(model.metrics.length / METRICS_AT_ONCE));
  return Array.from({ length: parts }, (_, part) => ({
    ...model,
    metrics: model.metrics.slice(part * METRICS_AT_ONCE, (part + 1) * METRICS_AT_ONCE),
  }));
}

/** A run whose datasets are too many for one request, as several of the same run: the server adds what is missing. */
export async function* runInParts<R extends Weighed>(run: R): AsyncGenerator<R> {
  const weight = (dataset: NonNullable<R['datasets']>[number]) => JSON.stringify(dataset).length;
  let parts = 0;
  for await (const datasets of batches(run.datasets ?? [], Infinity, weight)) {
    parts++;
    yield { ...run, datasets };
  }
  if (parts === 0) yield run;
}
