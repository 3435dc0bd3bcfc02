import { setImmediate } from 'node:timers/promises';
import type { Tx } from '../../../database/index.ts';
import type { JsonBytes } from '../../../lib/contract/index.ts';
import { gather, type Outcome, outcomeOf } from '../../../lib/gather.ts';
import { isRunId, newRunId } from '../../../lib/ids.ts';
import { urn } from '../../../lib/urn.ts';
import type { Actor } from '../../identity/schema.ts';
import { under } from '../artifact-path.ts';
import { assembleRuns, textsById, textsByRunId } from '../assemble.ts';
import { absent, badParameter, exists } from '../errors.ts';
import { isEnded } from '../states.ts';
import { checkLength, checkText, fitFirstTag, fitTag, LIMITS } from '../limits.ts';
import { randomName } from '../run-name.ts';
import type { KeyValue, Run, RunInfo, RunStatus } from '../schema.ts';
import { findExperiments } from '../store/experiments.ts';
import { factsOfRuns, type RunFacts } from '../store/facts.ts';
import { keptTextStore } from '../store/kept-texts.ts';
import type { RunRow } from '../store/runs.ts';
import { toInputs, toRunInfo } from '../wire.ts';
import { absentRun, foundExperiment, foundRun, type TrackingContext } from './context.ts';
import { assertActive } from './experiments.ts';

export interface NewRun {
  /** 32 hexadecimal digits; chosen when left out. */
  id?: string | undefined;
  /** The project's default experiment when left out. */
  experiment_id?: string | undefined;
  user_id?: string | undefined;
  run_name?: string | undefined;
  /** Epoch ms; now when left out. */
  start_time?: number | undefined;
  tags?: readonly KeyValue[];
}

export interface RunChange {
  status?: RunStatus | undefined;
  end_time?: number | undefined;
  run_name?: string | undefined;
}

const NAME_TAG = 'mlflow.runName';
const COMMIT_TAG = 'mlflow.source.git.commit';

/** A run that is to be made, but for what its experiment says. */
interface Making {
  row: Omit<RunRow, 'id' | 'artifact_uri'>;
  /** Its id was chosen elsewhere, and may be taken. */
  isGiven: boolean;
  tags: readonly KeyValue[];
}

/** Requests that come at the same time and are served by the same statements. */
const TOGETHER = 64;

export function runVerbs(context: TrackingContext) {
  const { database, ground, runs } = context;

  const kept = keptTextStore(database.capabilities.engine);
  const assemble = (numbers: readonly number[]) => assembleRuns(database, numbers);

  /** The run's name lives in the row and in a tag; both always say the same. Returns the tags that are only tags. */
  async function nameFrom(tx: Tx, id: number, tags: readonly KeyValue[]): Promise<readonly KeyValue[]> {
    const name = tags.findLast((tag) => tag.key === NAME_TAG)?.value;
    if (name) await runs.update(tx, id, { name });
    return tags;
  }

  async function putTags(tx: Tx, row: RunRow, tags: readonly KeyValue[]): Promise<void> {
    if (tags.length === 0) return;
    await runs.putTags(tx, { id: row.id, tags: await nameFrom(tx, row.id, tags) });
    await linkCommit(tx, row, tags);
  }

  async function linkCommit(tx: Tx, row: RunRow, tags: readonly KeyValue[]): Promise<void> {
    const commit = tags.find((tag) => tag.key === COMMIT_TAG)?.value;
    if (commit)
      await ground.lineage.link(tx, row.project, urn('run', row.run_id), 'ran-at', urn('commit', commit));
  }

  async function setLifecycle(project: string, runId: string, lifecycle: 'active' | 'deleted') {
    await database.write(async (tx) => {
      const row = await context.run(tx, project, runId);
      await runs.setLifecycle(tx, row.id, lifecycle);
    });
  }

  const insert = gather<Making, RunRow>((made) => database.write((tx) => insertTogether(tx, made)), {
    most: TOGETHER,
  });

  async function insertTogether(tx: Tx, made: readonly Making[]): Promise<Outcome<RunRow>[]> {
    const experiments = await findExperiments(tx, [...new Set(made.map(({ row }) => row.experiment))]);
    const given = made.filter(({ isGiven }) => isGiven).map(({ row }) => row.run_id);
    const taken = given.length > 0 ? await runs.findMany(tx, given) : new Map<string, RunRow>();
    const checked = made.map(({ row }) =>
      outcomeOf((): Omit<RunRow, 'id'> => {
        const experiment = foundExperiment(experiments.get(row.experiment), row.project, row.experiment);
        assertActive(experiment);
        if (taken.has(row.run_id)) throw exists(`Run with id=${row.run_id} already exists.`);
        return { ...row, artifact_uri: under(experiment.artifact_location, row.run_id, 'artifacts') };
      }),
    );
    const rows = checked.flatMap((outcome) => ('value' in outcome ? [outcome.value] : []));
    if (rows.length === 0) return checked as { error: unknown }[];
    const ids = await runs.insert(tx, rows);
    const outcomes = checked.map(
      (outcome): Outcome<RunRow> =>
        'error' in outcome
          ? outcome
          : { value: { id: ids.get(outcome.value.run_id) as number, ...outcome.value } },
    );
    const inserted = outcomes.flatMap((outcome, at) =>
      'value' in outcome ? [{ row: outcome.value, tags: made[at]?.tags ?? [] }] : [],
    );
    await runs.putTags(tx, ...inserted.map(({ row, tags }) => ({ id: row.id, tags })));
    for (const { row, tags } of inserted) await linkCommit(tx, row, tags);
    await ground.events.append(
      tx,
      ...inserted.map(({ row: { run_id, project, experiment, name } }) => ({
        type: 'run.started',
        source: 'tracking',
        subject: urn('run', run_id),
        project,
        data: { run_id, experiment_id: String(experiment), name },
      })),
    );
    return outcomes;
  }

  const read = gather<{ project: string; runId: string }, Run>(
    async (asked) => {
      const found = await textsByRunId(database, [...new Set(asked.map(({ runId }) => runId))]);
      return asked.map(({ project, runId }) =>
        outcomeOf(() => JSON.parse(foundRun(found.get(runId), project, runId).text) as Run),
      );
    },
    { most: TOGETHER, atOnce: 2 },
  );

  return {
    assemble,
    putTags,

    async createRun(_actor: Actor, project: string, given: NewRun): Promise<Run> {
      const tags = (given.tags ?? []).map((tag, index) => fitFirstTag(tag, `tags[${index}]`));
      const tagged = tags.findLast((tag) => tag.key === NAME_TAG)?.value;
      if (given.run_name && tagged && given.run_name !== tagged) {
        throw badParameter(
          `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${given.run_name}', mlflow.runName='${tagged}').`,
        );
      }
      const name = given.run_name || tagged || randomName();
      checkName(name);
      if (!tagged) tags.push({ key: NAME_TAG, value: name });
      const experiment = await context.experimentNumber(project, given.experiment_id ?? '');
      const runId = given.id ?? newRunId();
      if (!isRunId(runId)) throw badParameter(`Not the id of a run: '${runId.slice(0, 100)}'.`);
      const row = await insert({
        isGiven: given.id !== undefined,
        tags,
        row: {
          run_id: runId,
          project,
          experiment,
          name,
          user_id: given.user_id ?? '',
          status: 'RUNNING',
          start_time: given.start_time ?? Date.now(),
          end_time: null,
          lifecycle: 'active',
          deleted_at: null,
        },
      });
      ground.signals.emit(project, `experiment:${experiment}`, { run_id: runId });
      const last = new Map(tags.map((tag) => [tag.key, tag]));
      return { info: toRunInfo(row), data: { tags: [...last.values()] }, ...toInputs([], []) };
    },

    getRun: (project: string, runId: string): Promise<Run> => read({ project, runId }),

    /** The same with what is known of all points of each metric: what a page shows of one run. */
    async getRunWithExtremes(project: string, runId: string): Promise<Run> {
      const { id } = await context.run(database.read, project, runId);
      const text = (await textsById(database, [id], { extremes: true })).get(id);
      if (text === undefined) throw absentRun(runId); // deleted for good in between
      return JSON.parse(text) as Run;
    },

    /** Where runs came from, newest first: those that started in a span of time, at most 20,000, or up to 500 given ones. */
    async runFacts(
      project: string,
      which: { from: number; to: number } | { ids: readonly string[] },
    ): Promise<RunFacts[]> {
      const asked = 'ids' in which ? { ids: which.ids.slice(0, 500) } : which;
      return factsOfRuns(database.read, project, asked, 20_000);
    },

    /** The newest 20 runs that made it again, each compared with it. */
    async listReproductions(project: string, runId: string): Promise<JsonBytes> {
      await context.run(database.read, project, runId);
      return context.reads.run('tracking.reproductions', { project, runId });
    },

    /** What is stored of the run itself, without metrics, params and tags. */
    async getRunInfo(project: string, runId: string): Promise<RunInfo> {
      return toRunInfo(await context.run(database.read, project, runId));
    },

    async updateRun(_actor: Actor, project: string, runId: string, change: RunChange): Promise<RunInfo> {
      if (change.run_name) checkName(change.run_name);
      const row = await database.write(async (tx) => {
        const before = await context.activeRun(tx, project, runId);
        const set = {
          ...(change.status ? { status: change.status } : {}),
          ...(change.end_time === undefined ? {} : { end_time: change.end_time }),
          ...(change.run_name ? { name: change.run_name } : {}),
        };
        await runs.update(tx, before.id, set);
        if (change.run_name)
          await runs.putTags(tx, { id: before.id, tags: [{ key: NAME_TAG, value: change.run_name }] });
        const after = { ...before, ...set };
        if (change.status && isEnded(change.status) && !isEnded(before.status)) {
          await context.metrics.settle(tx, before.id);
          await ground.events.append(tx, {
            type: 'run.ended',
            source: 'tracking',
            subject: urn('run', runId),
            project,
            data: {
              run_id: runId,
              experiment_id: String(after.experiment),
              name: after.name,
              status: after.status,
            },
          });
        }
        return after;
      });
      ground.signals.emit(project, `run:${runId}`, { status: row.status });
      return toRunInfo(row);
    },

    /** Ends a run now, or at `end_time`. */
    async endRun(
      actor: Actor,
      project: string,
      runId: string,
      status: RunStatus = 'FINISHED',
      end_time = Date.now(),
    ): Promise<RunInfo> {
      return this.updateRun(actor, project, runId, { status, end_time });
    },

    /** Keeps the texts of runs that ended or changed since: searches hand them out instead of making them. */
    async keepTexts(signal?: AbortSignal): Promise<void> {
      if (!(await kept.areMissing(database.read))) return;
      while (!signal?.aborted && (await database.write((tx) => kept.write(tx)))) await setImmediate();
    },

    deleteRun: (_actor: Actor, project: string, runId: string) => setLifecycle(project, runId, 'deleted'),
    restoreRun: (_actor: Actor, project: string, runId: string) => setLifecycle(project, runId, 'active'),

    async setTag(_actor: Actor, project: string, runId: string, given: KeyValue): Promise<void> {
      const tag = fitTag(given, '');
      await database.write(async (tx) => putTags(tx, await context.activeRun(tx, project, runId), [tag]));
    },

    async deleteTag(_actor: Actor, project: string, runId: string, key: string): Promise<void> {
      await database.write(async (tx) => {
        const row = await context.activeRun(tx, project, runId);
        if (await runs.removeTag(tx, row.id, key)) return;
        throw absent(`No tag with name: ${key} in run with id ${runId}`);
      });
    },
  };
}

function checkName(name: string): void {
  checkLength('run_name', LIMITS.tagValue, name);
  checkText('run_name', name);
}
