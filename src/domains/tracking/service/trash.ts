import { createHash } from 'node:crypto';
import { enqueue, type JobOutcome } from '../../../jobs/index.ts';
import type { Tx } from '../../../database/index.ts';
import { AppError, conflict } from '../../../lib/errors.ts';
import { parseFilter } from '../../../lib/search/parse.ts';
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
import { matchingRuns, type Movable, moveTo, namedRuns } from '../store/run-moves.ts';
import { activeRow, type TrackingContext } from './context.ts';
import { assertActive } from './experiments.ts';

export const PURGE_JOB = 'tracking.purge';

export interface Which {
  run_ids: readonly string[];
  experiment_ids: readonly string[];
}

/** Things that came of what is deleted are looked for from this many runs and models, and shown up to that many. */
const ASKED = 200;
const SHOWN = 50;
/** Runs moved in one write. */
const MOVED = 1000;
/** Points removed in one write, so that loggers beside it wait for milliseconds only. */
const PIECE = 20_000;

/** Runs by id, or those of these experiments that match. */
interface Movers {
  run_ids?: readonly string[] | undefined;
  experiment_ids?: readonly string[];
  filter?: string | undefined;
}

interface MovedRuns {
  moved: number;
  from: { experiment_id: string; run_ids: string[] }[];
  more: boolean;
}

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

  /** The named runs, each once and in the order of their names; throws for one that is not there or in the trash. */
  async function named(tx: Tx, project: string, ids: readonly string[]): Promise<Movable[]> {
    const found = new Map((await namedRuns(tx, engine, project, ids)).map((row) => [row.run_id, row]));
    return [...new Set(ids)].map((id) => activeRow(found.get(id), id));
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

    /**
     * Named ones all or none; of those that match, a piece, so that writers beside it wait for milliseconds only. `from` is where
     * they were, so that they can be moved back.
     */
    async moveRuns(_actor: Actor, project: string, which: Movers, experimentId: string): Promise<MovedRuns> {
      const filter = parseFilter(which.filter ?? '', 'runs');
      const experiments = which.run_ids
        ? []
        : await context.experimentNumbers(project, which.experiment_ids ?? []);
      return database.write(async (tx) => {
        const to = await context.experiment(tx, project, experimentId);
        assertActive(to);
        const scope = {
          project,
          experiments: experiments.filter((id) => id !== to.id),
          view: 'ACTIVE_ONLY' as const,
        };
        const found = which.run_ids
          ? await named(tx, project, which.run_ids)
          : await matchingRuns(tx, engine, scope, filter, MOVED);
        const moved = found.filter(({ experiment }) => experiment !== to.id);
        const from = new Map<number, string[]>();
        for (const { experiment, run_id } of moved)
          from.set(experiment, [...(from.get(experiment) ?? []), run_id]);
        await moveTo(tx, engine, moved, to.id);
        return {
          moved: moved.length,
          from: [...from].map(([id, run_ids]) => ({ experiment_id: String(id), run_ids })),
          more: !which.run_ids && found.length === MOVED,
        };
      });
    },
  };
}

const digestOf = ({ experiments, runs, models }: Doomed): string =>
  createHash('sha256')
    .update(JSON.stringify([experiments.map(({ id }) => id), runs.map(({ id }) => id), models]))
    .digest('hex');
