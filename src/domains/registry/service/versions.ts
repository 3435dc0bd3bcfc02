import { putName, removeNames } from '../../../artifacts/index.ts';
import type { Tx } from '../../../database/index.ts';
import { parseFilter, parseOrderBy } from '../../../lib/search/parse.ts';
import { pythonText } from '../../../lib/python-json.ts';
import { urn, urnIn } from '../../../lib/urn.ts';
import type { Actor } from '../../identity/schema.ts';
import type { KeyValue, Page } from '../../tracking/schema.ts';
import { AppError } from '../../../lib/errors.ts';
import { absent, badParameter, exists } from '../errors.ts';
import { manifestDigest } from '../manifest.ts';
import type { ModelVersion } from '../schema.ts';
import { ACTIVE_STAGES, stageOf } from '../states.ts';
import { findAlias, type ModelRow, modelDetails, updateModel, type VersionRow } from '../store/models.ts';
import { searchVersions } from '../store/search.ts';
import {
  findVersion,
  insertVersion,
  latestVersions,
  nextVersion,
  putVersionTags,
  removeAliasesOf,
  removeVersionTag,
  takeVersion,
  updateVersion,
  versionsBetween,
  versionsInStage,
} from '../store/versions.ts';
import { assembleVersions } from './assemble.ts';
import { type RegistryContext, versionNumber } from './context.ts';
import { type Resolved, resolveSource, rootOfVersion } from './freeze.ts';
import {
  checkTag,
  isPrompt,
  limitOf,
  PROMPT_TAG,
  type RegistrySearchOptions,
  tagsOf,
  withoutPrompts,
} from './models.ts';

export interface NewVersion {
  /** The number of the version, which is free; the next one when left out. */
  id?: string | undefined;
  /** `models:/m-…`, `runs:/<run>/<path>`, `mlflow-artifacts:/…`, `models:/<name>/<version>`, or an object store's URI. */
  source: string;
  run_id?: string | undefined;
  model_id?: string | undefined;
  run_link?: string | undefined;
  description?: string | undefined;
  tags?: readonly KeyValue[];
}

const PROMPT_SOURCES = ['dummy-source', 'prompt-template'];
const MODEL_VERSIONS_TAG = 'mlflow.modelVersions';

export function versionVerbs(context: RegistryContext) {
  const { database, ground } = context;

  const whole = async (model: ModelRow, row: VersionRow): Promise<ModelVersion> =>
    (await assembleVersions(database.read, [{ ...row, name: model.name }]))[0] as ModelVersion;

  async function getVersion(project: string, name: string, version: string | number): Promise<ModelVersion> {
    const { model, row } = await context.version(database.read, project, name, version);
    return whole(model, row);
  }

  async function insert(tx: Tx, actor: Actor, model: ModelRow, given: NewVersion, from: Resolved) {
    const version = given.id === undefined ? await nextVersion(tx, model.id) : versionNumber(given.id);
    if (given.id !== undefined && !(await takeVersion(tx, model.id, version)))
      throw exists(`Model Version (name=${model.name}, version=${version}) already exists`);
    const now = Date.now();
    const frozen = from.files.length > 0;
    const row: VersionRow = {
      model: model.id,
      version,
      stage: 'None',
      description: given.description ?? '',
      source: from.source,
      storage_uri: frozen
        ? `mlflow-artifacts:/model-versions/${model.project}/${model.id}/${version}`
        : from.uri,
      run_id: from.runId,
      run_link: given.run_link ?? '',
      model_id: from.modelId,
      user_id: actor.kind === 'anonymous' ? '' : actor.name,
      status: 'READY',
      manifest: frozen ? manifestDigest(from.files) : null,
      created_at: now,
      updated_at: now,
    };
    await insertVersion(tx, row);
    const root = rootOfVersion(model.project, model.id, version);
    for (const file of from.files) await putName(tx, root, file.path, file);
    await putVersionTags(tx, model.id, version, given.tags ?? []);
    if (isPrompt(given.tags ?? [])) await updateModel(tx, model.id, { is_prompt: 1 });
    await link(tx, model, row, from);
    const thing = { ...model, is_prompt: Number(isPrompt(given.tags ?? [])) };
    await context.tellOf(tx, thing, 'version.created', {
      version,
      digest: row.manifest,
      source: row.source,
      run_id: row.run_id,
      model_id: row.model_id,
      description: row.description,
      tags: tagsOf(given.tags ?? []),
    });
    return row;
  }

  async function link(tx: Tx, model: ModelRow, row: VersionRow, from: Resolved): Promise<void> {
    const version = urnIn(model.project, 'model-version', model.name, row.version);
    const add = (...[relation, to]: [Parameters<typeof ground.lineage.link>[3], ReturnType<typeof urn>]) =>
      ground.lineage.link(tx, model.project, version, relation, to);
    await add('version-of', urnIn(model.project, 'model', model.name));
    if (row.run_id !== '') await add('produced-by', urn('run', row.run_id));
    if (row.model_id !== '') await add('derived-from', urn('logged-model', row.model_id));
    if (from.copyOf)
      await add('derived-from', urnIn(model.project, 'model-version', from.copyOf.name, from.copyOf.version));
  }

  async function change(
    project: string,
    name: string,
    version: string | number,
    body: (tx: Tx, model: ModelRow, row: VersionRow) => Promise<void>,
  ): Promise<void> {
    await database.write(async (tx) => {
      const { model, row } = await context.version(tx, project, name, version);
      await body(tx, model, row);
    });
  }

  return {
    /** Registers a version and freezes its files: what it serves never changes after this. */
    async createVersion(
      actor: Actor,
      project: string,
      name: string,
      given: NewVersion,
    ): Promise<ModelVersion> {
      for (const tag of given.tags ?? []) checkTag(tag);
      const from = isPrompt(given.tags ?? [])
        ? promptSource(given.source)
        : await resolveSource(context, project, given.source, {
            runId: given.run_id,
            modelId: given.model_id,
          });
      const { model, row } = await database.write(async (tx) => {
        const found = await context.model(tx, project, name);
        return { model: found, row: await insert(tx, actor, found, given, from) };
      });
      if (given.model_id) await noteOnModel(actor, project, given.model_id, model.name, row.version);
      return whole(model, row);
    },

    getVersion,

    async getVersionByAlias(project: string, name: string, alias: string): Promise<ModelVersion> {
      const model = await context.model(database.read, project, name);
      if (alias.toLowerCase() === 'latest') {
        const newest = (await latestVersions(database.read, [model.id])).at(-1);
        if (newest) return whole(model, newest);
        throw absent(`Latest version not found for model ${model.name}.`);
      }
      const found = await findAlias(database.read, model.id, alias);
      const row = found && (await findVersion(database.read, model.id, found.version));
      if (row) return whole(model, row);
      throw badParameter(`Registered model alias ${alias} not found.`);
    },

    async updateVersion(
      _actor: Actor,
      project: string,
      name: string,
      version: string | number,
      description: string,
    ): Promise<ModelVersion> {
      await change(project, name, version, (tx, model, row) =>
        updateVersion(tx, model.id, row.version, { description }),
      );
      return getVersion(project, name, version);
    },

    /** Moves a version to a stage; with `archive`, the versions that were there are archived. Protected stages are refused. */
    async transitionStage(
      actor: Actor,
      project: string,
      name: string,
      version: string | number,
      wanted: string,
      archive: boolean,
    ): Promise<ModelVersion> {
      const stage = stageOf(wanted);
      if (archive && !ACTIVE_STAGES.includes(stage)) {
        throw badParameter(
          `Model version transition cannot archive existing model versions because '${wanted}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
        );
      }
      const { model, row } = await context.version(database.read, project, name, version);
      const asked = { project, model: model.name, version: row.version, digest: row.manifest };
      for (const each of new Set([stage, row.stage]))
        if (each !== 'Deleted' && each !== 'None' && stage !== row.stage)
          await context.assertFree(actor, { stage: each }, asked);
      await change(project, name, version, async (tx, _model, now) => {
        const leaving = archive ? await versionsInStage(tx, model.id, stage, now.version) : [];
        for (const other of leaving) await updateVersion(tx, model.id, other.version, { stage: 'Archived' });
        await updateVersion(tx, model.id, now.version, { stage });
        await updateModel(tx, model.id, {});
        await context.tellOf(tx, model, 'version.staged', {
          version: now.version,
          stage,
          before: now.stage,
          archived: leaving.map((other) => other.version),
          by: actor.name,
        });
      });
      return getVersion(project, name, version);
    },

    /** The number stays taken; what the version pointed to is forgotten. */
    async deleteVersion(
      actor: Actor,
      project: string,
      name: string,
      version: string | number,
    ): Promise<void> {
      const found = await context.version(database.read, project, name, version);
      const { aliases } = await modelDetails(database.read, [found.model.id]);
      for (const { alias, version: to } of aliases.get(found.model.id) ?? []) {
        if (to !== found.row.version) continue;
        const wish = { project, model: found.model.name, version: null, digest: null };
        await context.assertFree(actor, { alias }, wish);
      }
      await change(project, name, version, async (tx, model, row) => {
        await removeAliasesOf(tx, model.id, row.version);
        await updateVersion(tx, model.id, row.version, {
          stage: 'Deleted',
          description: '',
          source: 'REDACTED-SOURCE-PATH',
          storage_uri: 'REDACTED-SOURCE-PATH',
          run_id: 'REDACTED-RUN-ID',
          run_link: 'REDACTED-RUN-LINK',
        });
        await removeNames(tx, rootOfVersion(project, model.id, row.version));
        await updateModel(tx, model.id, {});
        await context.tellOf(tx, model, 'version.deleted', { version: row.version });
      });
    },

    async setVersionTag(
      _actor: Actor,
      project: string,
      name: string,
      version: string | number,
      tag: KeyValue,
    ): Promise<void> {
      checkTag(tag);
      await change(project, name, version, async (tx, model, row) => {
        await putVersionTags(tx, model.id, row.version, [tag]);
        if (tag.key === PROMPT_TAG && isPrompt([tag])) await updateModel(tx, model.id, { is_prompt: 1 });
        await context.tellOf(tx, model, 'version.tag.set', { version: row.version, ...tag });
      });
    },

    deleteVersionTag: (_actor: Actor, project: string, name: string, version: string | number, key: string) =>
      change(project, name, version, async (tx, model, row) => {
        if (await removeVersionTag(tx, model.id, row.version, key))
          await context.tellOf(tx, model, 'version.tag.removed', { version: row.version, key });
      }),

    /** The newest version of each stage asked for; of every stage when none is named. */
    async latestVersions(project: string, name: string, stages: readonly string[]): Promise<ModelVersion[]> {
      const model = await context.model(database.read, project, name);
      const wanted = stages.map(stageOf);
      const rows = await latestVersions(database.read, [model.id]);
      const kept = rows.filter((row) => wanted.length === 0 || wanted.includes(row.stage as never));
      return assembleVersions(
        database.read,
        kept.map((row) => ({ ...row, name: model.name })),
      );
    },

    async searchVersions(project: string, options: RegistrySearchOptions = {}): Promise<Page<ModelVersion>> {
      const { filter, prompts } = withoutPrompts(parseFilter(options.filter ?? '', 'versions'));
      const page = await searchVersions(database, {
        project,
        filter,
        prompts,
        orderBy: parseOrderBy(options.orderBy ?? [], 'versions'),
        limit: limitOf(options.limit ?? 10_000, 200_000),
        token: options.token || undefined,
      });
      return { items: await assembleVersions(database.read, page.items), token: page.token };
    },

    /** Versions made in a span of time, at most the newest 500, with the run and logged model each came from. */
    async versionsBetween(
      project: string,
      span: { from: number; to: number },
    ): Promise<{ name: string; version: number; run_id: string; model_id: string; created_at: number }[]> {
      const rows = await versionsBetween(database.read, project, span, 500);
      return rows.map(({ name, version, run_id, model_id, created_at }) => ({
        name,
        version,
        run_id,
        model_id,
        created_at,
      }));
    },
  };

  /** MLflow's clients read from this tag where a logged model went. */
  async function noteOnModel(actor: Actor, project: string, modelId: string, name: string, version: number) {
    try {
      const { info } = await ground.tracking.getLoggedModel(project, modelId, true);
      const before = info.tags?.find((tag) => tag.key === MODEL_VERSIONS_TAG)?.value ?? '[]';
      const list = [...(JSON.parse(before) as Noted[]), { name, version }].map(noted);
      await ground.tracking.setModelTags(actor, project, modelId, [
        { key: MODEL_VERSIONS_TAG, value: `[${list.join(', ')}]` },
      ]);
    } catch (error) {
      // The version stands without the note: a model elsewhere has no row here to carry it.
      if (!(error instanceof AppError)) throw error;
    }
  }
}

interface Noted {
  name: string;
  version: number | string;
}

/** Clients compare the text. */
const noted = ({ name, version }: Noted): string =>
  `{"name": ${pythonText(name)}, "version": ${JSON.stringify(version)}}`;

function promptSource(source: string): Resolved {
  if (!PROMPT_SOURCES.includes(source))
    throw badParameter(`Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`);
  return { source, runId: '', modelId: '', uri: source, files: [] };
}
