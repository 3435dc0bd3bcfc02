import type { Generated } from 'kysely';
import type { Reader, Tx } from '../../../database/index.ts';
import type { KeyValue } from '../../tracking/schema.ts';
import type { ModelVersion, Stage } from '../schema.ts';

export interface ModelRow {
  id: number;
  project: string;
  name: string;
  description: string;
  last_version: number;
  is_prompt: number;
  created_at: number;
  updated_at: number;
}

export interface VersionRow {
  model: number;
  version: number;
  /** A deleted version keeps its number. */
  stage: Stage | 'Deleted';
  description: string;
  source: string;
  storage_uri: string;
  run_id: string;
  run_link: string;
  model_id: string;
  user_id: string;
  status: ModelVersion['status'];
  /** Root digest; null when the files lie outside Rondo or there are none. */
  manifest: string | null;
  created_at: number;
  updated_at: number;
}

export interface AliasRow {
  model: number;
  alias: string;
  version: number;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    registered_models: Omit<ModelRow, 'id'> & { id: Generated<number> };
    registered_model_tags: { model: number; key: string; value: string };
    model_versions: VersionRow;
    model_version_tags: { model: number; version: number; key: string; value: string };
    model_aliases: AliasRow;
  }
}

/** The new row, or undefined when the project has a model of that name. */
export async function insertModel(tx: Tx, row: Omit<ModelRow, 'id'>): Promise<ModelRow | undefined> {
  return tx
    .insertInto('registered_models')
    .values(row)
    .onConflict((conflict) => conflict.columns(['project', 'name']).doNothing())
    .returningAll()
    .executeTakeFirst();
}

export async function findModel(
  reader: Reader,
  project: string,
  name: string,
): Promise<ModelRow | undefined> {
  return reader
    .selectFrom('registered_models')
    .selectAll()
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst();
}

export interface ModelCounts {
  models: number;
  /** Those that are not deleted. */
  versions: number;
  /** Epoch ms; 0 without any. */
  newest_change: number;
}

export async function countModels(reader: Reader, project: string, prompts: boolean): Promise<ModelCounts> {
  const found = await reader
    .selectFrom('registered_models as m')
    .select((eb) => [
      eb.fn.countAll().as('models'),
      eb.fn.max('m.updated_at').as('newest_change'),
      eb
        .selectFrom('model_versions as v')
        .innerJoin('registered_models as o', 'o.id', 'v.model')
        .select((of) => of.fn.countAll().as('versions'))
        .where('o.project', '=', project)
        .where('o.is_prompt', '=', Number(prompts))
        .where('v.stage', '<>', 'Deleted')
        .as('versions'),
    ])
    .where('m.project', '=', project)
    .where('m.is_prompt', '=', Number(prompts))
    .executeTakeFirstOrThrow();
  const number = (value: unknown) => Number(value ?? 0);
  return {
    models: number(found.models),
    versions: number(found.versions),
    newest_change: number(found.newest_change),
  };
}

export async function updateModel(
  tx: Tx,
  id: number,
  change: { name?: string; description?: string; is_prompt?: number },
): Promise<void> {
  await tx
    .updateTable('registered_models')
    .set({ ...change, updated_at: Date.now() })
    .where('id', '=', id)
    .execute();
}

export async function removeModel(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('model_aliases').where('model', '=', id).execute();
  await tx.deleteFrom('model_version_tags').where('model', '=', id).execute();
  await tx.deleteFrom('model_versions').where('model', '=', id).execute();
  await tx.deleteFrom('registered_model_tags').where('model', '=', id).execute();
  await tx.deleteFrom('registered_models').where('id', '=', id).execute();
}

export async function putModelTags(tx: Tx, model: number, tags: readonly KeyValue[]): Promise<void> {
  for (const { key, value } of tags) {
    await tx
      .insertInto('registered_model_tags')
      .values({ model, key, value })
      .onConflict((conflict) => conflict.columns(['model', 'key']).doUpdateSet({ value }))
      .execute();
  }
}

/** Whether there was such a tag. */
export async function removeModelTag(tx: Tx, model: number, key: string): Promise<boolean> {
  const row = await tx
    .deleteFrom('registered_model_tags')
    .where('model', '=', model)
    .where('key', '=', key)
    .returning('key')
    .executeTakeFirst();
  return row !== undefined;
}

export async function putAlias(tx: Tx, row: AliasRow): Promise<void> {
  await tx
    .insertInto('model_aliases')
    .values(row)
    .onConflict((conflict) => conflict.columns(['model', 'alias']).doUpdateSet({ version: row.version }))
    .execute();
}

export async function removeAlias(tx: Tx, model: number, alias: string): Promise<void> {
  await tx.deleteFrom('model_aliases').where('model', '=', model).where('alias', '=', alias).execute();
}

export async function findAlias(reader: Reader, model: number, alias: string): Promise<AliasRow | undefined> {
  return reader
    .selectFrom('model_aliases')
    .selectAll()
    .where('model', '=', model)
    .where('alias', '=', alias)
    .executeTakeFirst();
}

/** Tags and aliases of models, each one query for all of them. */
export async function modelDetails(
  reader: Reader,
  models: readonly number[],
): Promise<{ tags: Map<number, KeyValue[]>; aliases: Map<number, AliasRow[]> }> {
  const tags = new Map<number, KeyValue[]>();
  const aliases = new Map<number, AliasRow[]>();
  if (models.length === 0) return { tags, aliases };
  const tagRows = await reader
    .selectFrom('registered_model_tags')
    .selectAll()
    .where('model', 'in', models)
    .orderBy('key')
    .execute();
  const aliasRows = await reader
    .selectFrom('model_aliases')
    .selectAll()
    .where('model', 'in', models)
    .orderBy('alias')
    .execute();
  for (const { model, key, value } of tagRows) tags.set(model, [...(tags.get(model) ?? []), { key, value }]);
  for (const row of aliasRows) aliases.set(row.model, [...(aliases.get(row.model) ?? []), row]);
  return { tags, aliases };
}
