import type { Tx } from '../../../database/index.ts';
import { parseFilter, parseOrderBy } from '../../../lib/search/parse.ts';
import type { Comparison, Filter } from '../../../lib/search/filter.ts';
import type { Actor } from '../../identity/schema.ts';
import { checkKey } from '../../tracking/limits.ts';
import type { KeyValue, Page } from '../../tracking/schema.ts';
import { badParameter, exists } from '../errors.ts';
import { aliasFault, nameFault, TAG_VALUE_LENGTH } from '../policy.ts';
import type { ModelVersion, RegisteredModel } from '../schema.ts';
import {
  findAlias,
  insertModel,
  modelDetails,
  type ModelRow,
  putAlias,
  putModelTags,
  removeAlias,
  removeModel,
  removeModelTag,
  updateModel,
} from '../store/models.ts';
import { searchModels } from '../store/search.ts';
import { latestVersions } from '../store/versions.ts';
import { toModel } from '../wire.ts';
import type { RegistryContext } from './context.ts';
import { assembleVersions } from './assemble.ts';

export const PROMPT_TAG = 'mlflow.prompt.is_prompt';

export interface RegistrySearchOptions {
  filter?: string | undefined;
  orderBy?: readonly string[];
  limit?: number | undefined;
  token?: string | undefined;
}

export function modelVerbs(context: RegistryContext) {
  const { database } = context;

  async function assemble(rows: readonly ModelRow[]): Promise<RegisteredModel[]> {
    const ids = rows.map((row) => row.id);
    const details = await modelDetails(database.read, ids);
    const newest = await latestVersions(database.read, ids);
    const names = new Map(rows.map((row) => [row.id, row.name]));
    const versions = await assembleVersions(
      database.read,
      newest.map((row) => ({ ...row, name: names.get(row.model) ?? '' })),
    );
    const latest = new Map<number, ModelVersion[]>();
    for (const [index, row] of newest.entries())
      latest.set(row.model, [...(latest.get(row.model) ?? []), versions[index] as ModelVersion]);
    return rows.map((row) =>
      toModel(row, {
        latest: latest.get(row.id) ?? [],
        tags: details.tags.get(row.id),
        aliases: details.aliases.get(row.id),
      }),
    );
  }

  async function change(
    project: string,
    name: string,
    body: (tx: Tx, row: ModelRow) => Promise<void>,
  ): Promise<RegisteredModel> {
    const id = await database.write(async (tx) => {
      const row = await context.model(tx, project, name);
      await body(tx, row);
      return row.id;
    });
    const row = await database.read
      .selectFrom('registered_models')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return (await assemble([row]))[0] as RegisteredModel;
  }

  return {
    /** Throws RESOURCE_ALREADY_EXISTS for a name in use. */
    async createModel(
      _actor: Actor,
      project: string,
      given: { name: string; description?: string | undefined; tags?: readonly KeyValue[] },
    ): Promise<RegisteredModel> {
      const fault = nameFault(given.name);
      if (fault) throw badParameter(fault);
      const name = given.name.normalize('NFC');
      for (const tag of given.tags ?? []) checkTag(tag);
      await context.ground.tracking.assertProject(project);
      const now = Date.now();
      const row = await database.write(async (tx) => {
        const inserted = await insertModel(tx, {
          project,
          name,
          description: given.description ?? '',
          last_version: 0,
          is_prompt: Number(isPrompt(given.tags ?? [])),
          created_at: now,
          updated_at: now,
        });
        if (!inserted) throw taken(name, isPrompt(given.tags ?? []), await context.model(tx, project, name));
        await putModelTags(tx, inserted.id, given.tags ?? []);
        await context.tellOf(tx, inserted, 'created', {
          description: inserted.description,
          tags: tagsOf(given.tags ?? []),
        });
        return inserted;
      });
      return (await assemble([row]))[0] as RegisteredModel;
    },

    async getModel(project: string, name: string): Promise<RegisteredModel> {
      return (await assemble([await context.model(database.read, project, name)]))[0] as RegisteredModel;
    },

    updateModel: (_actor: Actor, project: string, name: string, description: string) =>
      change(project, name, (tx, row) => updateModel(tx, row.id, { description })),

    async renameModel(_actor: Actor, project: string, name: string, given: string): Promise<RegisteredModel> {
      const fault = nameFault(given);
      if (fault) throw badParameter(fault.replace("'name'", "'new_name'"));
      const to = given.normalize('NFC');
      return change(project, name, async (tx, row) => {
        const other = await tx
          .selectFrom('registered_models')
          .select('id')
          .where('project', '=', project)
          .where('name', '=', to)
          .executeTakeFirst();
        if (other && other.id !== row.id) throw exists(`Registered Model (name=${to}) already exists.`);
        await updateModel(tx, row.id, { name: to });
        await context.tellOf(tx, { ...row, name: to }, 'renamed', { from: row.name, to });
      });
    },

    /** Removes the model with its versions and aliases; the files stay with the runs that made them. */
    async deleteModel(actor: Actor, project: string, name: string): Promise<void> {
      const { id } = await context.model(database.read, project, name);
      const { aliases } = await modelDetails(database.read, [id]);
      for (const { alias, version: _ } of aliases.get(id) ?? [])
        await context.assertFree(actor, { alias }, { project, model: name, version: null, digest: null });
      await database.write(async (tx) => {
        const row = await context.model(tx, project, name);
        await removeModel(tx, row.id);
        await context.tellOf(tx, row, 'deleted', {});
      });
    },

    async setModelTag(_actor: Actor, project: string, name: string, tag: KeyValue): Promise<void> {
      checkTag(tag);
      await database.write(async (tx) => {
        const row = await context.model(tx, project, name);
        await putModelTags(tx, row.id, [tag]);
        if (tag.key === PROMPT_TAG) await updateModel(tx, row.id, { is_prompt: Number(isPrompt([tag])) });
        await context.tellOf(tx, row, 'tag.set', tag);
      });
    },

    async deleteModelTag(_actor: Actor, project: string, name: string, key: string): Promise<void> {
      await database.write(async (tx) => {
        const row = await context.model(tx, project, name);
        if (!(await removeModelTag(tx, row.id, key))) return;
        if (key === PROMPT_TAG) await updateModel(tx, row.id, { is_prompt: 0 });
        await context.tellOf(tx, row, 'tag.removed', { key });
      });
    },

    /** Points an alias to a version. A protected alias is refused, and the wish filed as a promotion request. */
    async setAlias(
      actor: Actor,
      project: string,
      name: string,
      alias: string,
      version: string | number,
    ): Promise<void> {
      const fault = aliasFault(alias);
      if (fault) throw badParameter(fault);
      const { model, row } = await context.version(database.read, project, name, version);
      const before = await findAlias(database.read, model.id, alias);
      if (before?.version === row.version) return;
      await context.assertFree(
        actor,
        { alias },
        { project, model: model.name, version: row.version, digest: row.manifest },
      );
      await this.moveAlias(actor, project, name, alias, row.version);
    },

    /** As setAlias without asking whether the alias is protected: the promotion itself goes through here. */
    async moveAlias(
      actor: Actor,
      project: string,
      name: string,
      alias: string,
      version: number,
    ): Promise<void> {
      await database.write((tx) => this.moveAliasIn(tx, actor, project, name, alias, version));
    },

    async moveAliasIn(
      tx: Tx,
      actor: Actor,
      project: string,
      name: string,
      alias: string,
      version: number,
    ): Promise<void> {
      const { model, row } = await context.version(tx, project, name, version);
      const before = await findAlias(tx, model.id, alias);
      await putAlias(tx, { model: model.id, alias, version: row.version });
      await updateModel(tx, model.id, {});
      await context.tellOf(tx, model, 'alias.set', {
        alias,
        version: row.version,
        before: before?.version ?? null,
        by: actor.name,
      });
    },

    async deleteAlias(actor: Actor, project: string, name: string, alias: string): Promise<void> {
      const model = await context.model(database.read, project, name);
      if (!(await findAlias(database.read, model.id, alias))) return;
      await context.assertFree(actor, { alias }, { project, model: model.name, version: null, digest: null });
      await database.write(async (tx) => {
        await removeAlias(tx, model.id, alias);
        await updateModel(tx, model.id, {});
        await context.tellOf(tx, model, 'alias.removed', { alias, by: actor.name });
      });
    },

    async searchModels(project: string, options: RegistrySearchOptions = {}): Promise<Page<RegisteredModel>> {
      const { filter, prompts } = withoutPrompts(parseFilter(options.filter ?? '', 'models'));
      const page = await searchModels(database, {
        project,
        filter,
        prompts,
        orderBy: parseOrderBy(options.orderBy ?? [], 'models'),
        limit: limitOf(options.limit ?? 100, 1000),
        token: options.token || undefined,
      });
      return { items: await assemble(page.items), token: page.token };
    },
  };
}

/** In the words that clients of prompts look for. */
function taken(name: string, prompt: boolean, before: ModelRow) {
  const word = (which: boolean) => (which ? 'Prompt' : 'Registered Model');
  const wanted = word(prompt);
  const found = word(before.is_prompt === 1);
  if (wanted === found) return exists(`${wanted} (name=${name}) already exists.`);
  return exists(
    `Tried to create a ${wanted.toLowerCase()} with name '${name}', but the name is already taken by a ${found.toLowerCase()}. MLflow does not allow creating a model and a prompt with the same name.`,
  );
}

export const isPrompt = (tags: readonly KeyValue[]): boolean =>
  tags.findLast((tag) => tag.key === PROMPT_TAG)?.value.toLowerCase() === 'true';

export const tagsOf = (tags: readonly KeyValue[]): Record<string, string> =>
  Object.fromEntries(tags.map(({ key, value }) => [key, value]));

export function checkTag(tag: KeyValue): void {
  if (tag.key === '') throw badParameter("Missing value for required parameter 'key'.");
  checkKey(tag.key, 'key');
  if (tag.key.length > 250) throw badParameter("'key' exceeds the maximum length of 250 characters");
  if (tag.value.length > TAG_VALUE_LENGTH)
    throw badParameter(`'value' exceeds the maximum length of ${TAG_VALUE_LENGTH} characters`);
}

export function limitOf(limit: number, most: number): number {
  if (limit < 1)
    throw badParameter(`Invalid value for max_results. It must be a positive integer, but got ${limit}`);
  if (limit > most) {
    throw badParameter(
      `Invalid value for request parameter max_results. It must be at most ${most}, but got value ${limit}`,
    );
  }
  return limit;
}

/**
 * Prompts are left out unless the filter asks for them by their tag, and then nothing else is shown. A clause on the tag that does
 * not ask for prompts is taken out, since `!= 'true'` also means the rows that do not have the tag.
 */
export function withoutPrompts(filter: Filter | undefined): { filter: Filter | undefined; prompts: boolean } {
  if (!filter) return { filter, prompts: false };
  const items = filter.kind === 'and' ? filter.items : [filter];
  const prompts = items.some((item) => onPromptTag(item) && asksForPrompts(item));
  const rest = prompts ? items : items.filter((item) => !onPromptTag(item));
  if (rest.length === 0) return { filter: undefined, prompts };
  return { filter: rest.length === 1 ? rest[0] : { kind: 'and', items: rest }, prompts };
}

const onPromptTag = (item: Filter): item is Comparison =>
  item.kind === 'comparison' && item.entity === 'tag' && item.key === PROMPT_TAG;

function asksForPrompts({ comparator, value }: Comparison): boolean {
  const text = String(value).toLowerCase();
  if (comparator === '=') return text === 'true';
  if (comparator === '!=') return text === 'false';
  return comparator === 'IS NOT NULL';
}
