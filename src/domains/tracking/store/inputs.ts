import type { Reader, Tx } from '../../../database/index.ts';
import type { Dataset, DatasetInput, KeyValue } from '../schema.ts';

const CONTEXT = 'mlflow.data.context';

/** Links datasets to a run; one that the experiment knows by name and digest is not stored again. */
export async function putDatasets(
  tx: Tx,
  run: number,
  experiment: number,
  inputs: readonly DatasetInput[],
): Promise<void> {
  for (const { dataset, tags = [] } of inputs) {
    const { schema = null, profile = null, ...named } = dataset;
    const inserted = await tx
      .insertInto('logged_datasets')
      .values({ experiment, schema, profile, ...named })
      .onConflict((conflict) => conflict.columns(['experiment', 'name', 'digest']).doNothing())
      .returning('id')
      .executeTakeFirst();
    const { id } =
      inserted ??
      (await tx
        .selectFrom('logged_datasets')
        .select('id')
        .where('experiment', '=', experiment)
        .where('name', '=', dataset.name)
        .where('digest', '=', dataset.digest)
        .executeTakeFirstOrThrow());
    const context = tags.find((tag) => tag.key === CONTEXT)?.value ?? null;
    await tx
      .insertInto('run_datasets')
      .values({ run, dataset: id, context, tags: JSON.stringify(tags) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export async function datasetsOf(
  reader: Reader,
  runs: readonly number[],
): Promise<Map<number, DatasetInput[]>> {
  const found = new Map<number, DatasetInput[]>();
  for (let start = 0; start < runs.length; start += 500) {
    const rows = await reader
      .selectFrom('run_datasets')
      .innerJoin('logged_datasets', 'logged_datasets.id', 'run_datasets.dataset')
      .select(['run', 'tags', 'name', 'digest', 'source_type', 'source', 'schema', 'profile'])
      .where('run', 'in', runs.slice(start, start + 500))
      .orderBy('run')
      .orderBy('dataset')
      .execute();
    for (const { run, tags, schema, profile, ...named } of rows) {
      const dataset: Dataset = {
        ...named,
        ...(schema === null ? {} : { schema }),
        ...(profile === null ? {} : { profile }),
      };
      const parsed = JSON.parse(tags) as KeyValue[];
      const input = { ...(parsed.length > 0 ? { tags: parsed } : {}), dataset };
      const list = found.get(run);
      if (list) list.push(input);
      else found.set(run, [input]);
    }
  }
  return found;
}

export async function putModels(
  tx: Tx,
  run: number,
  direction: 'input' | 'output',
  models: readonly { model_id: string; step: number }[],
): Promise<void> {
  if (models.length === 0) return;
  await tx
    .insertInto('run_models')
    .values(models.map(({ model_id, step }) => ({ run, direction, model_id, step })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export interface RunModel {
  run: number;
  direction: 'input' | 'output';
  model_id: string;
  step: number;
}

export async function modelsOf(reader: Reader, runs: readonly number[]): Promise<RunModel[]> {
  const found: RunModel[] = [];
  for (let start = 0; start < runs.length; start += 500) {
    const rows = await reader
      .selectFrom('run_models')
      .selectAll()
      .where('run', 'in', runs.slice(start, start + 500))
      .execute();
    found.push(...rows);
  }
  return found;
}

export interface DatasetSummary {
  experiment_id: string;
  name: string;
  digest: string;
  context?: string;
}

/** Each dataset with each context it was used in, at most 1000. */
export async function summarizeDatasets(
  reader: Reader,
  project: string,
  experiments: readonly number[],
): Promise<DatasetSummary[]> {
  const rows = await reader
    .selectFrom('logged_datasets')
    .innerJoin('experiments', 'experiments.id', 'logged_datasets.experiment')
    .innerJoin('run_datasets', 'run_datasets.dataset', 'logged_datasets.id')
    .select(['logged_datasets.experiment', 'logged_datasets.name', 'digest', 'context'])
    .distinct()
    .where('experiments.project', '=', project)
    .where('logged_datasets.experiment', 'in', experiments)
    .limit(1000)
    .execute();
  return rows.map(({ experiment, context, ...named }) => ({
    experiment_id: String(experiment),
    ...named,
    ...(context === null ? {} : { context }),
  }));
}
