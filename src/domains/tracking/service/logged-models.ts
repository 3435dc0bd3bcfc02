import { newRunId } from '../../../lib/ids.ts';
import { urn } from '../../../lib/urn.ts';
import type { Actor } from '../../identity/schema.ts';
import { under } from '../artifact-path.ts';
import { absent, badParameter, exists } from '../errors.ts';
import { checkLength, checkText, LIMITS } from '../limits.ts';
import { randomName } from '../run-name.ts';
import type { KeyValue, LoggedModel, LoggedModelStatus } from '../schema.ts';
import {
  findLoggedModel,
  insertLoggedModel,
  loggedModelDetails,
  type LoggedModelRow,
  loggedModelsOfRun,
  otherModelParam,
  putLoggedModelPairs,
  removeLoggedModelTag,
  updateLoggedModel,
} from '../store/logged-models.ts';
import { toLoggedModel } from '../wire.ts';
import type { TrackingContext } from './context.ts';
import { assertActive } from './experiments.ts';
import type { Tx } from '../../../database/index.ts';

export interface NewLoggedModel {
  /** `m-` and 32 hexadecimal digits; chosen when left out. */
  id?: string | undefined;
  experiment_id: string;
  name?: string | undefined;
  model_type?: string | undefined;
  source_run_id?: string | undefined;
  params?: readonly KeyValue[];
  tags?: readonly KeyValue[];
}

export function loggedModelVerbs(context: TrackingContext) {
  const { database, ground } = context;

  async function find(project: string, modelId: string, deletedToo = false): Promise<LoggedModelRow> {
    const row = await findLoggedModel(database.read, project, modelId);
    if (row && (deletedToo || row.lifecycle === 'active')) return row;
    throw absent(`Logged model with ID '${modelId.slice(0, 100)}' not found.`);
  }

  async function assemble(rows: readonly LoggedModelRow[]): Promise<LoggedModel[]> {
    const details = await loggedModelDetails(
      database.read,
      rows.map((row) => row.model_id),
    );
    return rows.map((row) => toLoggedModel(row, details));
  }

  async function change(
    project: string,
    modelId: string,
    body: (tx: Tx) => Promise<void>,
  ): Promise<LoggedModel> {
    await find(project, modelId, true);
    await database.write(body);
    return (await assemble([await find(project, modelId, true)]))[0] as LoggedModel;
  }

  return {
    assembleModels: assemble,

    /** A place for a model's files; `PENDING` until it is finalized. */
    async createLoggedModel(_actor: Actor, project: string, given: NewLoggedModel): Promise<LoggedModel> {
      const name = given.name || randomName();
      checkModelName(name);
      checkPairs(given.params, LIMITS.paramValue);
      checkPairs(given.tags, LIMITS.tagValue);
      const experiment = await context.experiment(database.read, project, given.experiment_id);
      assertActive(experiment);
      const model_id = given.id ?? `m-${newRunId()}`;
      if (!/^m-[0-9a-f]{32}$/.test(model_id))
        throw badParameter(`Not the id of a logged model: '${model_id.slice(0, 100)}'.`);
      const now = Date.now();
      const row: LoggedModelRow = {
        model_id,
        project,
        experiment: experiment.id,
        name,
        model_type: given.model_type ?? '',
        source_run_id: given.source_run_id ?? '',
        status: 'LOGGED_MODEL_PENDING',
        status_message: null,
        artifact_uri: under(experiment.artifact_location, 'models', model_id, 'artifacts'),
        lifecycle: 'active',
        created_at: now,
        updated_at: now,
      };
      await database.write(async (tx) => {
        if (!(await insertLoggedModel(tx, row)))
          throw exists(`Logged model with ID '${model_id}' already exists.`);
        await putLoggedModelPairs(tx, 'logged_model_params', model_id, given.params ?? []);
        await putLoggedModelPairs(tx, 'logged_model_tags', model_id, given.tags ?? []);
        if (row.source_run_id !== '') {
          const run = urn('run', row.source_run_id);
          await ground.lineage.link(tx, project, urn('logged-model', model_id), 'produced-by', run);
        }
      });
      return (await assemble([row]))[0] as LoggedModel;
    },

    async getLoggedModel(project: string, modelId: string, deletedToo = false): Promise<LoggedModel> {
      return (await assemble([await find(project, modelId, deletedToo)]))[0] as LoggedModel;
    },

    /** The newest model that a run logged under this name, if any. */
    async findLoggedModelOf(project: string, runId: string, name: string): Promise<LoggedModel | undefined> {
      const rows = await loggedModelsOfRun(database.read, runId, name);
      return (await assemble(rows.filter((row) => row.project === project).slice(0, 1)))[0];
    },

    finalizeLoggedModel: (_actor: Actor, project: string, modelId: string, status: LoggedModelStatus) =>
      change(project, modelId, async (tx) => {
        await updateLoggedModel(tx, modelId, { status });
        await ground.events.append(tx, {
          type: 'logged-model.finalized',
          source: 'tracking',
          subject: urn('logged-model', modelId),
          project,
          data: { model_id: modelId, status },
        });
      }),

    async deleteLoggedModel(_actor: Actor, project: string, modelId: string): Promise<void> {
      await change(project, modelId, (tx) => updateLoggedModel(tx, modelId, { lifecycle: 'deleted' }));
    },

    async logModelParams(_actor: Actor, project: string, modelId: string, params: readonly KeyValue[]) {
      checkPairs(params, LIMITS.paramValue);
      await change(project, modelId, async (tx) => {
        const other = await otherModelParam(tx, modelId, params);
        if (other) {
          throw badParameter(
            `Changing param values is not allowed. Param with key='${other.key}' was already logged with value='${other.value}' for logged model '${modelId}'.`,
          );
        }
        await putLoggedModelPairs(tx, 'logged_model_params', modelId, params);
      });
    },

    async setModelTags(_actor: Actor, project: string, modelId: string, tags: readonly KeyValue[]) {
      checkPairs(tags, LIMITS.tagValue);
      return change(project, modelId, (tx) => putLoggedModelPairs(tx, 'logged_model_tags', modelId, tags));
    },

    async deleteModelTag(_actor: Actor, project: string, modelId: string, key: string): Promise<void> {
      await change(project, modelId, async (tx) => {
        if (await removeLoggedModelTag(tx, modelId, key)) return;
        throw absent(`No tag with key '${key}' found for model with ID '${modelId}'.`);
      });
    },
  };
}

const BAD = ['/', ':', '.', '%', '"', "'"];

function checkModelName(name: string): void {
  checkLength('name', LIMITS.experimentName, name);
  checkText('name', name);
  if (!BAD.some((character) => name.includes(character))) return;
  throw badParameter(
    `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
  );
}

function checkPairs(pairs: readonly KeyValue[] | undefined, limit: number): void {
  for (const { key, value } of pairs ?? []) {
    checkLength('key', LIMITS.key, key);
    checkLength('value', limit, value);
  }
}
