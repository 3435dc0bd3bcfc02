import { type FileBody, JsonBytes } from '../../../lib/contract/index.ts';
import { inLanes } from '../../../lib/lanes.ts';
import { parseFilter } from '../../../lib/search/parse.ts';
import type { Actor } from '../../identity/schema.ts';
import { checkText } from '../limits.ts';
import { absent, badParameter } from '../errors.ts';
import { type ExportFormat, exportFile } from '../export-file.ts';
import { parseRunOrder } from '../search-text.ts';
import { type FirstAsked, groupBy, type PointsAsked, type ValuesAtAsked } from '../table-reads.ts';
import type { KeyKind } from '../store/run-keys.ts';
import type { RunScope } from '../store/run-search.ts';
import { moveRuns } from '../store/run-trash.ts';
import { listViews, putView, removeView, type ViewRow } from '../store/views.ts';
import type { Metric, View } from '../schema.ts';
import type { TrackingContext } from './context.ts';

export interface RunsAsked {
  experiment_ids: readonly string[];
  filter?: string | undefined;
  view?: View | undefined;
}

interface Found {
  term?: string | undefined;
  limit?: number | undefined;
  /** How many of the newest runs are looked at; 5,000 when left out. */
  of_runs?: number | undefined;
}

const NEWEST = 5000;
/** Runs that are moved in one write. */
const PIECE = 1000;
/** Runs times keys in one answer. */
const MOST_CURVES = 400;
const CURVES_OF_PIECE = 10;
const LANES = 2;

/** What a table of many runs asks. Everything that looks through runs runs off the event loop. */
export function runTableVerbs(context: TrackingContext) {
  const { database, reads } = context;

  async function scopeOf(project: string, { experiment_ids, view }: RunsAsked): Promise<RunScope> {
    const experiments: number[] = [];
    for (const id of experiment_ids) experiments.push(await context.experimentNumber(project, id));
    return { project, experiments, view: view ?? 'ACTIVE_ONLY' };
  }
  const found = ({ term = '', limit = 100, of_runs = NEWEST }: Found) => ({ term, limit, runs: of_runs });

  return {
    async countRuns(project: string, asked: RunsAsked): Promise<JsonBytes> {
      parseFilter(asked.filter ?? '', 'runs');
      return reads.run('tracking.countRuns', { scope: await scopeOf(project, asked), filter: asked.filter });
    },

    async listRunKeys(project: string, asked: RunsAsked & Found & { kind: KeyKind }): Promise<JsonBytes> {
      const scope = await scopeOf(project, asked);
      return reads.run('tracking.runKeys', { scope, kind: asked.kind, ...found(asked) });
    },

    async listRunValues(
      project: string,
      asked: RunsAsked & Found & { kind: 'params' | 'tags' | 'attributes'; key: string },
    ): Promise<JsonBytes> {
      const scope = await scopeOf(project, asked);
      return reads.run('tracking.runValues', { scope, kind: asked.kind, key: asked.key, ...found(asked) });
    },

    /** `by` is a key as the search grammar writes it: `params.lr`. */
    async groupRuns(
      project: string,
      asked: RunsAsked & { by: string; metrics?: readonly string[] | undefined; limit?: number | undefined },
    ): Promise<JsonBytes> {
      const { filter, by, metrics = [], limit = 100 } = asked;
      parseFilter(filter ?? '', 'runs');
      groupBy(by);
      const scope = await scopeOf(project, asked);
      return reads.run('tracking.runGroups', { scope, filter, by, metrics, limit });
    },

    /** Every matching run in a file, written while it is read, page by page. */
    async exportRuns(
      project: string,
      asked: RunsAsked & {
        format: ExportFormat;
        order_by: readonly string[];
        columns?: readonly string[] | undefined;
      },
    ): Promise<FileBody> {
      parseFilter(asked.filter ?? '', 'runs');
      parseRunOrder(asked.order_by);
      const scope = await scopeOf(project, asked);
      const { filter, order_by: orderBy, columns } = asked;
      return exportFile(reads, { scope, filter, orderBy, columns }, asked.format);
    },

    /** Read in pieces, so that other long reads come between them, and two threads share the work. */
    async metricPoints(project: string, asked: Omit<PointsAsked, 'project'>): Promise<JsonBytes> {
      const { runIds, ...how } = asked;
      if (runIds.length * how.keys.length > MOST_CURVES)
        throw badParameter(
          `At most ${MOST_CURVES} curves are answered at once, so ask for fewer runs or keys.`,
        );
      const runs = Math.max(1, Math.floor(CURVES_OF_PIECE / how.keys.length));
      const pieces = Array.from({ length: Math.ceil(runIds.length / runs) }, (_, at) =>
        runIds.slice(at * runs, (at + 1) * runs),
      );
      const curves = await inLanes(pieces, LANES, (piece) =>
        reads.run('tracking.metricPoints', { project, ...how, runIds: piece } satisfies PointsAsked),
      );
      return JsonBytes.ofLists('{"curves":', curves, '}');
    },

    metricValues: (project: string, asked: Omit<ValuesAtAsked, 'project'>): Promise<JsonBytes> =>
      reads.run('tracking.metricValues', { project, ...asked } satisfies ValuesAtAsked),

    /** One metric of each run that logged any, to stand for it in a list; by run. */
    async firstMetrics(project: string, runIds: readonly string[]): Promise<ReadonlyMap<string, Metric>> {
      if (runIds.length === 0) return new Map();
      const { bytes } = await reads.run('tracking.firstMetrics', { project, runIds } satisfies FirstAsked);
      const { runs } = JSON.parse(bytes.toString()) as { runs: { run_id: string; metric: Metric }[] };
      return new Map(runs.map(({ run_id, metric }) => [run_id, metric]));
    },

    /** One piece of what is meant, so that writers beside it wait for milliseconds only, and whoever asks may stop. */
    async trashRuns(
      _actor: Actor,
      project: string,
      asked: {
        action: 'delete' | 'restore';
        experiment_ids: readonly string[];
        filter?: string | undefined;
        run_ids?: readonly string[] | undefined;
        deleted_at?: number | undefined;
      },
    ): Promise<{ changed: number; deleted_at: number; more: boolean }> {
      const { action, filter, run_ids: runIds, deleted_at: deletedAt } = asked;
      const view = action === 'delete' ? 'ACTIVE_ONLY' : 'DELETED_ONLY';
      const scope = await scopeOf(project, { experiment_ids: asked.experiment_ids, view });
      const which = { filter: parseFilter(filter ?? '', 'runs'), runIds, deletedAt };
      const now = Date.now();
      const how = { at: action === 'delete' ? now : null, limit: PIECE };
      const changed = await database.write((tx) =>
        moveRuns(tx, database.capabilities.engine, scope, which, how),
      );
      return { changed, deleted_at: now, more: changed === PIECE };
    },

    async listRunViews(project: string): Promise<ViewRow[]> {
      await context.ready(project);
      return listViews(database.read, project);
    },

    async putRunView(actor: Actor, project: string, name: string, state: string): Promise<ViewRow> {
      checkText('name', name);
      await context.ready(project);
      const row = { project, name, state, author: actor.name, updated_at: Date.now() };
      await database.write((tx) => putView(tx, row));
      return row;
    },

    async deleteRunView(_actor: Actor, project: string, name: string): Promise<void> {
      const gone = await database.write((tx) => removeView(tx, project, name));
      if (!gone) throw absent(`There is no view '${name}'.`);
    },
  };
}
