import { AppError } from '../../../lib/errors.ts';
import { urn } from '../../../lib/urn.ts';
import type { Actor } from '../../identity/schema.ts';
import { checkLocation } from '../artifact-path.ts';
import { absent, badParameter, exists, TRACKING_ERRORS } from '../errors.ts';
import { checkExperimentName, checkKey, checkLength, LIMITS } from '../limits.ts';
import type { Experiment, KeyValue } from '../schema.ts';
import {
  type ExperimentRow,
  experimentTaken,
  experimentTags,
  findExperimentByName,
  putExperimentTags,
  removeExperimentTag,
  setLifecycleOfRuns,
  updateExperiment,
} from '../store/experiments.ts';
import { toExperiment } from '../wire.ts';
import type { TrackingContext } from './context.ts';

export interface NewExperiment {
  /** Chosen when left out. */
  id?: string | undefined;
  name: string;
  artifact_location?: string | undefined;
  tags?: readonly KeyValue[];
}

export function experimentVerbs(context: TrackingContext) {
  const { database, ground } = context;

  async function withTags(row: ExperimentRow): Promise<Experiment> {
    return toExperiment(row, (await experimentTags(database.read, [row.id])).get(row.id));
  }

  return {
    /** Throws RESOURCE_ALREADY_EXISTS for a name or a given id in use, also by a deleted experiment. Returns the id. */
    async createExperiment(_actor: Actor, project: string, given: NewExperiment): Promise<string> {
      const name = given.name.normalize('NFC');
      checkExperimentName(name);
      for (const tag of given.tags ?? []) checkExperimentTag(tag);
      if (given.artifact_location) {
        checkLength('artifact_location', LIMITS.artifactLocation, given.artifact_location);
        checkLocation(given.artifact_location, ground.defaultArtifactRoot);
      }
      await context.ready(project);
      const id = given.id === undefined ? undefined : await context.experimentNumber(project, given.id);
      return database.write(async (tx) => {
        if (id !== undefined && (await experimentTaken(tx, id)))
          throw exists(`Experiment(id=${id}) already exists.`);
        const row = await context.insertExperiment(tx, {
          ...(id === undefined ? {} : { id }),
          project,
          name,
          artifact_location: given.artifact_location || undefined,
        });
        if (!row) throw nameTaken(name, await findExperimentByName(tx, project, name));
        await putExperimentTags(tx, row.id, given.tags ?? []);
        await ground.events.append(tx, {
          type: 'experiment.created',
          source: 'tracking',
          subject: urn('experiment', row.id),
          project,
          data: { experiment_id: String(row.id), name },
        });
        return String(row.id);
      });
    },

    async getExperiment(project: string, id: string): Promise<Experiment> {
      return withTags(await context.experiment(database.read, project, id));
    },

    async findExperiment(project: string, name: string): Promise<Experiment | undefined> {
      await context.ready(project);
      const row = await findExperimentByName(database.read, project, name.normalize('NFC'));
      return row && withTags(row);
    },

    async getExperimentByName(project: string, name: string): Promise<Experiment> {
      const found = await this.findExperiment(project, name);
      if (found) return found;
      throw absent(`Could not find experiment with name '${name.slice(0, 600)}'`);
    },

    async renameExperiment(_actor: Actor, project: string, id: string, given: string): Promise<void> {
      const name = given.normalize('NFC');
      checkExperimentName(name);
      const number = await context.experimentNumber(project, id);
      await database.write(async (tx) => {
        const row = await context.experiment(tx, project, String(number));
        if (row.lifecycle !== 'active')
          throw new AppError(TRACKING_ERRORS.INVALID_STATE, 'Cannot rename a non-active experiment.');
        const other = await findExperimentByName(tx, project, name);
        if (other && other.id !== row.id) throw nameTaken(name, other);
        await updateExperiment(tx, row.id, { name });
      });
    },

    deleteExperiment: (_actor: Actor, project: string, id: string) => setLifecycle(project, id, 'deleted'),
    restoreExperiment: (_actor: Actor, project: string, id: string) => setLifecycle(project, id, 'active'),

    async setExperimentTag(_actor: Actor, project: string, id: string, tag: KeyValue): Promise<void> {
      checkExperimentTag(tag);
      await onActive(project, id, (tx, row) => putExperimentTags(tx, row.id, [tag]));
    },

    async deleteExperimentTag(_actor: Actor, project: string, id: string, key: string): Promise<void> {
      await onActive(project, id, async (tx, row) => {
        if (await removeExperimentTag(tx, row.id, key)) return;
        throw absent(`No tag with name: ${key} in experiment with id ${row.id}`);
      });
    },
  };

  async function onActive(
    project: string,
    id: string,
    body: (tx: Parameters<typeof putExperimentTags>[0], row: ExperimentRow) => Promise<void>,
  ): Promise<void> {
    const number = await context.experimentNumber(project, id);
    await database.write(async (tx) => {
      const row = await context.experiment(tx, project, String(number));
      assertActive(row);
      await body(tx, row);
    });
  }

  async function setLifecycle(project: string, id: string, lifecycle: 'active' | 'deleted'): Promise<void> {
    const number = await context.experimentNumber(project, id);
    await database.write(async (tx) => {
      const row = await context.experiment(tx, project, String(number));
      if (row.lifecycle === lifecycle) throw absent(`No Experiment with id=${row.id} exists`);
      await updateExperiment(tx, row.id, { lifecycle });
      await setLifecycleOfRuns(tx, row.id, lifecycle);
    });
  }
}

export function assertActive(row: ExperimentRow): void {
  if (row.lifecycle === 'active') return;
  throw badParameter(
    `The experiment ${row.id} must be in the 'active' state. Current state is ${row.lifecycle}.`,
  );
}

const nameTaken = (name: string, by: ExperimentRow | undefined) =>
  exists(
    by?.lifecycle === 'deleted'
      ? `Experiment(name=${name}) already exists in the trash. Restore experiment ${by.id}, or delete it for good (\`rondo trash purge\`): then its name is free.`
      : `Experiment(name=${name}) already exists.`,
  );

function checkExperimentTag(tag: KeyValue): void {
  checkKey(tag.key, 'key');
  checkLength('key', LIMITS.key, tag.key);
  checkLength('value', LIMITS.experimentTagValue, tag.value);
}
