import { putName } from '../../../artifacts/index.ts';
import type { Tx } from '../../../database/index.ts';
import { AppError } from '../../../lib/errors.ts';
import { urn, urnIn } from '../../../lib/urn.ts';
import type { Actor } from '../../identity/schema.ts';
import type { Outcome } from '../../tracking/schema/import.ts';
import { badParameter } from '../errors.ts';
import { manifestDigest } from '../manifest.ts';
import { aliasFault, nameFault } from '../policy.ts';
import type { ManifestEntry } from '../schema.ts';
import type { ImportedRegistered, ImportedVersion } from '../schema/import.ts';
import {
  findModel,
  insertModel,
  type ModelRow,
  modelDetails,
  putAlias,
  putModelTags,
} from '../store/models.ts';
import { anyVersion, insertVersion, putVersionTags, versionTags } from '../store/versions.ts';
import type { RegistryContext } from './context.ts';
import { rootOfVersion } from './freeze.ts';
import { checkTag, isPrompt } from './models.ts';

const VERSIONS_AT_ONCE = 20;

type Pair = { key: string; value: string };

/** Brings in models and prompts that were registered elsewhere, with the numbers that people's code names. */
export function registryImportVerbs(context: RegistryContext) {
  const { database, ground } = context;

  async function putModel(tx: Tx, project: string, given: ImportedRegistered) {
    const name = given.name.normalize('NFC');
    const before = await findModel(tx, project, name);
    const row =
      before ??
      (await insertModel(tx, {
        project,
        name,
        description: given.description,
        last_version: 0,
        is_prompt: Number(isPrompt(given.tags)),
        created_at: given.created_at,
        updated_at: given.updated_at,
      }));
    if (!row) throw badParameter(`Registered Model (name=${name}) was made by somebody else just now.`);
    const known = (await modelDetails(tx, [row.id])).tags.get(row.id) ?? [];
    const fresh = freshOf(given.tags, known);
    await putModelTags(tx, row.id, fresh);
    const highest = Math.max(
      row.last_version,
      given.last_version,
      ...given.versions.map((one) => one.version),
    );
    await tx
      .updateTable('registered_models')
      .set({ last_version: highest })
      .where('id', '=', row.id)
      .where('last_version', '<', highest)
      .execute();
    const outcome = before ? (fresh.length > 0 ? 'changed' : 'present') : 'imported';
    return { row, result: { id: name, outcome } satisfies Outcome };
  }

  async function putVersion(
    tx: Tx,
    model: ModelRow,
    given: ImportedVersion,
    files: readonly ManifestEntry[],
  ): Promise<Outcome> {
    const { version, files_at: _, tags, stage: __, ...rest } = given;
    const id = `${model.name}/${version}`;
    const before = await anyVersion(tx, model.id, version);
    if (before?.stage === 'Deleted') return { id, outcome: 'refused', why: 'The version was deleted here.' };
    if (before && (before.run_id !== given.run_id || before.model_id !== given.model_id))
      return { id, outcome: 'refused', why: 'There is another version of this number here.' };
    const root = rootOfVersion(model.project, model.id, version);
    const frozen = files.length > 0 && (before === undefined || before.manifest === null);
    const storage = frozen
      ? {
          storage_uri: `mlflow-artifacts:/model-versions/${model.project}/${model.id}/${version}`,
          manifest: manifestDigest([...files]),
        }
      : { storage_uri: given.source, manifest: null };
    if (!before) {
      await insertVersion(tx, { model: model.id, version, stage: 'None', ...rest, ...storage });
      await link(tx, model, given);
    } else if (frozen)
      await tx
        .updateTable('model_versions')
        .set(storage)
        .where('model', '=', model.id)
        .where('version', '=', version)
        .execute();
    if (frozen) for (const file of files) await putName(tx, root, file.path, file);
    const known = (await versionTags(tx, [{ model: model.id, version }])).get(`${model.id}/${version}`);
    const fresh = freshOf(tags, known ?? []);
    await putVersionTags(tx, model.id, version, fresh);
    const changed = fresh.length > 0 || frozen;
    return { id, outcome: before ? (changed ? 'changed' : 'present') : 'imported' };
  }

  async function link(
    tx: Tx,
    model: ModelRow,
    { version, run_id, model_id }: ImportedVersion,
  ): Promise<void> {
    const from = urnIn(model.project, 'model-version', model.name, version);
    const add = (...[relation, to]: [Parameters<typeof ground.lineage.link>[3], ReturnType<typeof urn>]) =>
      ground.lineage.link(tx, model.project, from, relation, to);
    await add('version-of', urnIn(model.project, 'model', model.name));
    if (run_id !== '') await add('produced-by', urn('run', run_id));
    if (model_id !== '') await add('derived-from', urn('logged-model', model_id));
  }

  /** An alias or stage is set where nobody set it here; one that only a promotion may move is asked for, not set. */
  async function unlessProtected(
    actor: Actor,
    model: ModelRow,
    name: Parameters<RegistryContext['assertFree']>[1],
    version: number,
    set: (tx: Tx) => Promise<void>,
  ): Promise<Outcome['why']> {
    const { row } = await context.version(database.read, model.project, model.name, version);
    try {
      const wish = { project: model.project, model: model.name, version, digest: row.manifest };
      await context.assertFree(actor, name, wish);
      await database.write(set);
      return undefined;
    } catch (error) {
      if (error instanceof AppError) return error.message;
      throw error;
    }
  }

  return {
    /** Versions that are there keep their files; aliases that are there keep their version. */
    async importModel(actor: Actor, project: string, given: ImportedRegistered): Promise<Outcome[]> {
      const fault = nameFault(given.name);
      if (fault) throw badParameter(fault);
      for (const tag of [given, ...given.versions].flatMap(({ tags }) => tags)) checkTag(tag);
      await ground.tracking.assertProject(project);
      const files = new Map<number, ManifestEntry[]>();
      for (const { version, files_at } of given.versions)
        if (files_at !== undefined) files.set(version, await ground.tracking.importFiles(project, files_at));
      const { row: model, result } = await database.write((tx) => putModel(tx, project, given));
      const results: Outcome[] = [result];
      for (let start = 0; start < given.versions.length; start += VERSIONS_AT_ONCE) {
        const piece = given.versions.slice(start, start + VERSIONS_AT_ONCE);
        const made = await database.write(async (tx) => {
          const part: Outcome[] = [];
          for (const one of piece) part.push(await putVersion(tx, model, one, files.get(one.version) ?? []));
          return part;
        });
        results.push(...made);
      }
      for (const { version, stage } of given.versions) {
        const made = results.find(({ id }) => id === `${model.name}/${version}`);
        if (stage === 'None' || made?.outcome !== 'imported') continue;
        const why = await unlessProtected(actor, model, { stage }, version, async (tx) => {
          const set = tx.updateTable('model_versions').set({ stage });
          await set.where('model', '=', model.id).where('version', '=', version).execute();
        });
        if (why) made.why = why;
      }
      const { aliases } = await modelDetails(database.read, [model.id]);
      const taken = new Map(aliases.get(model.id)?.map((row) => [row.alias, row.version]));
      for (const { alias, version } of given.aliases) {
        const id = `${model.name}@${alias}`;
        const there = taken.get(alias);
        const bad =
          aliasFault(alias) ??
          (there === undefined || there === version
            ? undefined
            : `The alias points to version ${there} here.`) ??
          ((await anyVersion(database.read, model.id, version))
            ? undefined
            : `There is no version ${version}.`);
        if (bad) results.push({ id, outcome: 'refused', why: bad });
        else if (there === version) results.push({ id, outcome: 'present' });
        else {
          const why = await unlessProtected(actor, model, { alias }, version, (tx) =>
            putAlias(tx, { model: model.id, alias, version }),
          );
          results.push(why ? { id, outcome: 'refused', why } : { id, outcome: 'imported' });
        }
      }
      await tell(project, model.name, results);
      return results;
    },
  };

  /** One fact for all of it. */
  async function tell(project: string, name: string, results: readonly Outcome[]): Promise<void> {
    const count = (outcome: Outcome['outcome']) => results.filter((one) => one.outcome === outcome).length;
    const data = { name, imported: count('imported'), changed: count('changed'), refused: count('refused') };
    if (data.imported + data.changed === 0) return;
    const subject = urnIn(project, 'model', name);
    await database.write((tx) =>
      ground.events.append(tx, { type: 'registry.imported', source: 'registry', subject, project, data }),
    );
  }
}

function freshOf(given: readonly Pair[], there: readonly Pair[]): Pair[] {
  const known = new Map(there.map(({ key, value }) => [key, value]));
  return given.filter(({ key, value }) => known.get(key) !== value);
}
