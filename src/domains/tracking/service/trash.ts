import { createHash } from 'node:crypto';
import { enqueue, type JobOutcome } from '../../../jobs/index.ts';
import { AppError, conflict } from '../../../lib/errors.ts';
import { urn } from '../../../lib/urn.ts';
import type { Actor } from '../../identity/schema.ts';
import { badParameter, TRACKING_ERRORS } from '../errors.ts';
import type { PurgePreview } from '../schema.ts';
import {
  type Doomed,
  doomed,
  purgedRun,
  removeDoomed,
  removeLogged,
  runsLeft,
  weigh,
} from '../store/trash.ts';
import type { TrackingContext } from './context.ts';
import { assertActive } from './experiments.ts';

export const PURGE_JOB = 'tracking.purge';

export interface Which {
  run_ids: readonly string[];
  experiment_ids: readonly string[];
}

/** Things that came of what is deleted are looked for from this many runs and models, and shown up to that many. */
const ASKED = 200;
const SHOWN = 50;
/** Points removed in one write, so that loggers beside it wait for milliseconds only. */
const PIECE = 20_000;

/** Deleting for good what is in the trash, and moving runs between experiments. */
export function trashVerbs(context: TrackingContext) {
  const { database, ground } = context;
  const { engine } = database.capabilities;

  async function meant(project: string, { run_ids, experiment_ids }: Which) {
    await context.ready(project);
    const numbers: number[] = [];
    for (const id of experiment_ids) numbers.push(await context.experimentNumber(project, id));
    return { run_ids, experiment_ids: numbers };
  }

  async function dependents(
    viewer: Actor,
    { runs, models }: Doomed,
  ): Promise<Pick<PurgePreview, 'dependents' | 'more'>> {
    const roots = [
      ...runs.map(({ run_id }) => urn('run', run_id)),
      ...models.map((id) => urn('logged-model', id)),
    ];
    const own = new Set<string>(roots);
    const found = new Map<string, PurgePreview['dependents'][number]>();
    for (const root of roots.slice(0, ASKED)) {
      const graph = await ground.lineage.walk(root, { direction: 'down', depth: 2, limit: 100, viewer });
      for (const { urn: of, title, href } of graph.nodes)
        if (!own.has(of) && title !== null) found.set(of, { urn: of, title, href });
    }
    const list = [...found.values()].sort((a, b) => (a.urn < b.urn ? -1 : 1));
    return { dependents: list.slice(0, SHOWN), more: list.length > SHOWN || roots.length > ASKED };
  }

  return {
    async previewPurge(actor: Actor, project: string, which: Which): Promise<PurgePreview> {
      const found = await doomed(database.read, project, await meant(project, which));
      return {
        experiments: found.experiments.length,
        runs: found.runs.length,
        logged_models: found.models.length,
        ...(await weigh(database.read, engine, found)),
        ...(await dependents(actor, found)),
        digest: digestOf(found),
      };
    },

    /** The runs are gone when this returns; a job removes what they logged. */
    async purge(
      actor: Actor,
      project: string,
      which: Which & { digest: string },
    ): Promise<{ experiments: number; runs: number }> {
      const home = await context.ready(project);
      const numbers = await meant(project, which);
      if (numbers.experiment_ids.includes(home))
        throw badParameter("The project's default experiment cannot be deleted for good. Its runs can.");
      return database.write(async (tx) => {
        const found = await doomed(tx, project, numbers);
        if (digestOf(found) !== which.digest)
          throw conflict(
            'The trash has changed since it was looked at; nothing was deleted.',
            'Ask for the preview again and delete with its digest.',
          );
        await removeDoomed(tx, engine, { ...found, experiments: [] });
        for (const { id, name } of found.experiments)
          if ((await runsLeft(tx, id)) > 0)
            throw new AppError(
              TRACKING_ERRORS.INVALID_PARAMETER_VALUE,
              `Experiment '${name}' has runs that are not in the trash; nothing was deleted.`,
            );
        await removeDoomed(tx, engine, { experiments: found.experiments, runs: [], models: [] });
        const counts = { experiments: found.experiments.length, runs: found.runs.length };
        await ground.events.append(tx, {
          type: 'runs.purged',
          source: 'tracking',
          subject: urn('project', project),
          project,
          data: { ...counts, by: actor.name, run_ids: found.runs.slice(0, 1000).map(({ run_id }) => run_id) },
        });
        await enqueue(tx, { kind: PURGE_JOB, payload: {}, singletonKey: PURGE_JOB });
        return counts;
      });
    },

    /** Removes what purged runs logged, piece by piece; goes on where a dead server stopped. */
    async clearPurged(signal: AbortSignal): Promise<JobOutcome> {
      for (
        let next = await purgedRun(database.read);
        next && !signal.aborted;
        next = await purgedRun(database.read)
      ) {
        const doing = next;
        for (let done = false; !done && !signal.aborted; )
          done = await database.write((tx) => removeLogged(tx, engine, doing, PIECE));
      }
      return undefined;
    },

    /** All of them or none; `from` is where they were, so that they can be moved back. */
    async moveRuns(
      _actor: Actor,
      project: string,
      runIds: readonly string[],
      experimentId: string,
    ): Promise<{ moved: number; from: { experiment_id: string; run_ids: string[] }[] }> {
      return database.write(async (tx) => {
        const to = await context.experiment(tx, project, experimentId);
        assertActive(to);
        const from = new Map<number, string[]>();
        for (const runId of runIds) {
          const row = await context.activeRun(tx, project, runId);
          if (row.experiment === to.id) continue;
          from.set(row.experiment, [...(from.get(row.experiment) ?? []), runId]);
          await context.runs.move(tx, row, to.id);
        }
        const groups = [...from].map(([id, run_ids]) => ({ experiment_id: String(id), run_ids }));
        return { moved: groups.reduce((sum, { run_ids }) => sum + run_ids.length, 0), from: groups };
      });
    },
  };
}

const digestOf = ({ experiments, runs, models }: Doomed): string =>
  createHash('sha256')
    .update(JSON.stringify([experiments.map(({ id }) => id), runs.map(({ id }) => id), models]))
    .digest('hex');
