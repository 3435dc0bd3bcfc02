import type { Reader, Tx } from '../../../database/index.ts';
import type { KeyValue, Lifecycle, LoggedModelStatus } from '../schema.ts';
import type { LoggedModelRow, ModelMetricRow } from './tables.ts';

export type { LoggedModelRow, ModelMetricRow };

/** Answers false when there is a model of that id. */
export async function insertLoggedModel(tx: Tx, row: LoggedModelRow): Promise<boolean> {
  const made = await tx
    .insertInto('logged_models')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('model_id')
    .executeTakeFirst();
  return made !== undefined;
}

export async function findLoggedModel(
  reader: Reader,
  project: string,
  modelId: string,
): Promise<LoggedModelRow | undefined> {
  return reader
    .selectFrom('logged_models')
    .selectAll()
    .where('model_id', '=', modelId)
    .where('project', '=', project)
    .executeTakeFirst();
}

/** Models that a run logged under a name, newest first. */
export async function loggedModelsOfRun(
  reader: Reader,
  runId: string,
  name: string,
): Promise<LoggedModelRow[]> {
  return reader
    .selectFrom('logged_models')
    .selectAll()
    .where('source_run_id', '=', runId)
    .where('name', '=', name)
    .where('lifecycle', '=', 'active')
    .orderBy('created_at', 'desc')
    .orderBy('model_id')
    .execute();
}

/** Those of the ids that are models of the project. */
export async function modelsOfProject(
  tx: Tx,
  project: string,
  modelIds: readonly string[],
): Promise<Set<string>> {
  const found = await tx
    .selectFrom('logged_models')
    .select('model_id')
    .where('project', '=', project)
    .where('model_id', 'in', modelIds)
    .execute();
  return new Set(found.map((row) => row.model_id));
}

export async function updateLoggedModel(
  tx: Tx,
  modelId: string,
  change: { status?: LoggedModelStatus; lifecycle?: Lifecycle },
): Promise<void> {
  await tx
    .updateTable('logged_models')
    .set({ ...change, updated_at: Date.now() })
    .where('model_id', '=', modelId)
    .execute();
}

export async function putLoggedModelPairs(
  tx: Tx,
  table: 'logged_model_params' | 'logged_model_tags',
  modelId: string,
  pairs: readonly KeyValue[],
): Promise<void> {
  const last = new Map(pairs.map(({ key, value }) => [key, value]));
  for (const [key, value] of last) {
    await tx
      .insertInto(table)
      .values({ model_id: modelId, key, value })
      .onConflict((conflict) => conflict.columns(['model_id', 'key']).doUpdateSet({ value }))
      .execute();
  }
}

/** A param that the model already has with another value than the one given. */
export async function otherModelParam(
  tx: Tx,
  modelId: string,
  params: readonly KeyValue[],
): Promise<KeyValue | undefined> {
  if (params.length === 0) return undefined;
  const given = new Map(params.map(({ key, value }) => [key, value]));
  const stored = await tx
    .selectFrom('logged_model_params')
    .select(['key', 'value'])
    .where('model_id', '=', modelId)
    .where('key', 'in', [...given.keys()])
    .execute();
  return stored.find(({ key, value }) => given.get(key) !== value);
}

export async function removeLoggedModelTag(tx: Tx, modelId: string, key: string): Promise<boolean> {
  const gone = await tx
    .deleteFrom('logged_model_tags')
    .where('model_id', '=', modelId)
    .where('key', '=', key)
    .returning('key')
    .executeTakeFirst();
  return gone !== undefined;
}

export interface LoggedModelDetails {
  params: Map<string, KeyValue[]>;
  tags: Map<string, KeyValue[]>;
  metrics: Map<string, ModelMetricRow[]>;
}

export async function loggedModelDetails(
  reader: Reader,
  ids: readonly string[],
): Promise<LoggedModelDetails> {
  const details: LoggedModelDetails = { params: new Map(), tags: new Map(), metrics: new Map() };
  for (let start = 0; start < ids.length; start += 500) {
    const piece = ids.slice(start, start + 500);
    for (const [table, into] of [
      ['logged_model_params', details.params],
      ['logged_model_tags', details.tags],
    ] as const) {
      const rows = await reader
        .selectFrom(table)
        .selectAll()
        .where('model_id', 'in', piece)
        .orderBy('key')
        .execute();
      for (const { model_id, key, value } of rows) append(into, model_id, { key, value });
    }
    const points = await reader
      .selectFrom('logged_model_metrics')
      .selectAll()
      .where('model_id', 'in', piece)
      .orderBy('ts')
      .execute();
    for (const point of points) append(details.metrics, point.model_id, point);
  }
  return details;
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
