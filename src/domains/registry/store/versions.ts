import { sql } from 'kysely';
import type { Reader, Tx } from '../../../database/index.ts';
import type { KeyValue } from '../../tracking/schema.ts';
import type { Stage } from '../schema.ts';
import type { VersionRow } from './models.ts';

/** The next number of a model. The model's row is locked until the transaction ends, so no number is given twice. */
export async function nextVersion(tx: Tx, model: number): Promise<number> {
  const row = await tx
    .updateTable('registered_models')
    .set({ last_version: sql`last_version + 1`, updated_at: Date.now() })
    .where('id', '=', model)
    .returning('last_version')
    .executeTakeFirstOrThrow();
  return row.last_version;
}

/** Takes a number that is given; answers false when a version has it, also a deleted one. Later numbers are higher. */
export async function takeVersion(tx: Tx, model: number, version: number): Promise<boolean> {
  await tx
    .updateTable('registered_models')
    .set({
      last_version: sql`case when last_version < ${version} then ${version} else last_version end`,
      updated_at: Date.now(),
    })
    .where('id', '=', model)
    .execute();
  return (await anyVersion(tx, model, version)) === undefined;
}

export async function insertVersion(tx: Tx, row: VersionRow): Promise<void> {
  await tx.insertInto('model_versions').values(row).execute();
}

/** Deleted versions are not found. */
export async function findVersion(
  reader: Reader,
  model: number,
  version: number,
): Promise<VersionRow | undefined> {
  const row = await anyVersion(reader, model, version);
  return row?.stage === 'Deleted' ? undefined : row;
}

/** Deleted versions are found too: their numbers are taken. */
export async function anyVersion(
  reader: Reader,
  model: number,
  version: number,
): Promise<VersionRow | undefined> {
  return reader
    .selectFrom('model_versions')
    .selectAll()
    .where('model', '=', model)
    .where('version', '=', version)
    .executeTakeFirst();
}

export async function updateVersion(
  tx: Tx,
  model: number,
  version: number,
  change: Partial<
    Pick<VersionRow, 'stage' | 'description' | 'source' | 'run_id' | 'run_link' | 'storage_uri'>
  >,
): Promise<void> {
  await tx
    .updateTable('model_versions')
    .set({ ...change, updated_at: Date.now() })
    .where('model', '=', model)
    .where('version', '=', version)
    .execute();
}

export async function versionsInStage(
  reader: Reader,
  model: number,
  stage: Stage,
  but: number,
): Promise<VersionRow[]> {
  return reader
    .selectFrom('model_versions')
    .selectAll()
    .where('model', '=', model)
    .where('stage', '=', stage)
    .where('version', '!=', but)
    .orderBy('version')
    .execute();
}

export async function removeAliasesOf(tx: Tx, model: number, version: number): Promise<void> {
  await tx.deleteFrom('model_aliases').where('model', '=', model).where('version', '=', version).execute();
}

export async function putVersionTags(
  tx: Tx,
  model: number,
  version: number,
  tags: readonly KeyValue[],
): Promise<void> {
  for (const { key, value } of tags) {
    await tx
      .insertInto('model_version_tags')
      .values({ model, version, key, value })
      .onConflict((conflict) => conflict.columns(['model', 'version', 'key']).doUpdateSet({ value }))
      .execute();
  }
}

/** Whether there was such a tag. */
export async function removeVersionTag(
  tx: Tx,
  model: number,
  version: number,
  key: string,
): Promise<boolean> {
  const row = await tx
    .deleteFrom('model_version_tags')
    .where('model', '=', model)
    .where('version', '=', version)
    .where('key', '=', key)
    .returning('key')
    .executeTakeFirst();
  return row !== undefined;
}

/** Tags of versions by `model/version`. */
export async function versionTags(
  reader: Reader,
  versions: readonly { model: number; version: number }[],
): Promise<Map<string, KeyValue[]>> {
  const found = new Map<string, KeyValue[]>();
  const wanted = new Set(versions.map(({ model, version }) => `${model}/${version}`));
  const models = [...new Set(versions.map(({ model }) => model))];
  for (let start = 0; start < models.length; start += 500) {
    const rows = await reader
      .selectFrom('model_version_tags')
      .selectAll()
      .where('model', 'in', models.slice(start, start + 500))
      .orderBy('key')
      .execute();
    for (const { model, version, key, value } of rows) {
      const id = `${model}/${version}`;
      if (wanted.has(id)) found.set(id, [...(found.get(id) ?? []), { key, value }]);
    }
  }
  return found;
}

/** The newest version of each stage of each model. */
export async function latestVersions(reader: Reader, models: readonly number[]): Promise<VersionRow[]> {
  if (models.length === 0) return [];
  return reader
    .selectFrom('model_versions as v')
    .selectAll()
    .where('v.model', 'in', models)
    .where('v.stage', '!=', 'Deleted')
    .where((eb) =>
      eb(
        'v.version',
        '=',
        eb
          .selectFrom('model_versions as n')
          .select((inner) => inner.fn.max('n.version').as('newest'))
          .whereRef('n.model', '=', 'v.model')
          .whereRef('n.stage', '=', 'v.stage'),
      ),
    )
    .orderBy('v.model')
    .orderBy('v.version')
    .execute();
}

/** The newest version of each named model, where that one names a run. */
export async function newestRuns(
  reader: Reader,
  project: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, { version: number; run_id: string }>> {
  if (names.length === 0) return new Map();
  const rows = await reader
    .selectFrom('model_versions as v')
    .innerJoin('registered_models as m', 'm.id', 'v.model')
    .select(['m.name', 'v.version', 'v.run_id'])
    .where('m.project', '=', project)
    .where('m.name', 'in', names)
    .where('v.version', '=', (eb) =>
      eb
        .selectFrom('model_versions as n')
        .select((inner) => inner.fn.max('n.version').as('newest'))
        .whereRef('n.model', '=', 'v.model')
        .where('n.stage', '!=', 'Deleted'),
    )
    .execute();
  return new Map(rows.flatMap(({ name, version, run_id }) => (run_id ? [[name, { version, run_id }]] : [])));
}

/** Versions of a project made in [from, to] (epoch ms), newest first; prompts and deleted versions are left out. */
export async function versionsBetween(
  reader: Reader,
  project: string,
  span: { from: number; to: number },
  limit: number,
): Promise<(VersionRow & { name: string })[]> {
  return reader
    .selectFrom('model_versions as v')
    .innerJoin('registered_models as m', 'm.id', 'v.model')
    .selectAll('v')
    .select('m.name')
    .where('m.project', '=', project)
    .where('m.is_prompt', '=', 0)
    .where('v.stage', '!=', 'Deleted')
    .where('v.created_at', '>=', span.from)
    .where('v.created_at', '<=', span.to)
    .orderBy('v.created_at', 'desc')
    .orderBy('v.model')
    .orderBy('v.version', 'desc')
    .limit(limit)
    .execute();
}
