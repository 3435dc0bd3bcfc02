import type { Tx } from '../../../database/index.ts';
import { urn } from '../../../lib/urn.ts';
import { under } from '../artifact-path.ts';
import { fitPairs, PARAMS, TAGS } from '../import-fit.ts';
import { checkText, LIMITS } from '../limits.ts';
import type { KeyValue } from '../schema.ts';
import type { ImportedModel, ImportedRun, PlacedOutcome } from '../schema/import.ts';
import { isEnded } from '../states.ts';
import { pairsOf } from '../store/import.ts';
import { putDatasets, putModels } from '../store/inputs.ts';
import { findLoggedModel, insertLoggedModel, putLoggedModelPairs } from '../store/logged-models.ts';
import { storedValue } from '../store/metrics.ts';
import type { RunRow } from '../store/runs.ts';
import type { TrackingContext } from './context.ts';
import { checkDataset } from './logging.ts';

const PAIRS_AT_ONCE = 1000;

/** Those that are not there with this value. */
export function freshPairs(given: readonly KeyValue[], there: readonly KeyValue[]): KeyValue[] {
  const known = new Map(there.map(({ key, value }) => [key, value]));
  return given.filter(({ key, value }) => known.get(key) !== value);
}

/** Makes a run, or adds to it what is missing: params, tags that changed, and that it has ended since. */
export async function importedRun(
  context: TrackingContext,
  tx: Tx,
  project: string,
  given: ImportedRun,
): Promise<PlacedOutcome> {
  const { runs } = context;
  const id = given.run_id;
  const refused = (why: string): PlacedOutcome => ({ id, outcome: 'refused', why, artifact_uri: '' });
  checkText('run_name', given.name);
  for (const [index, input] of given.datasets.entries()) checkDataset(input, index);
  const before = await runs.find(tx, id);
  if (before && before.project !== project) return refused('Another project has a run of this id.');
  const experiment = await context.experiment(tx, project, given.experiment_id);
  const row = before ?? (await makeRun(context, tx, project, experiment.id, given));
  const there = async (table: 'run_params' | 'run_tags') =>
    before ? ((await pairsOf(tx, table, [row.id])).get(row.id) ?? []) : [];
  const params = fitPairs(given.params, PARAMS);
  const tags = fitPairs(given.tags, TAGS);
  const kept = await there('run_params');
  const names = new Set(kept.map(({ key }) => key));
  const missing = params.kept.filter(({ key }) => !names.has(key));
  const fresh = freshPairs(tags.kept, await there('run_tags'));
  for (const piece of pieces(missing)) await runs.addParams(tx, row.id, piece);
  for (const piece of pieces(fresh)) await runs.putTags(tx, { id: row.id, tags: piece });
  const ended = before !== undefined && !isEnded(before.status) && isEnded(given.status);
  if (ended) {
    const end = given.end_time === null ? {} : { end_time: given.end_time };
    await runs.update(tx, row.id, { status: given.status, ...end });
    await context.metrics.settle(tx, row.id);
  }
  await putDatasets(tx, row.id, row.experiment, given.datasets);
  const inputs = given.model_inputs.map(({ model_id }) => ({ model_id, step: 0 }));
  await putModels(tx, row.id, 'input', inputs);
  await putModels(tx, row.id, 'output', given.model_outputs);
  const notes = [...params.faults, ...tags.faults].map(({ key, why }) => `'${key.slice(0, 100)}': ${why}`);
  const other = freshPairs(params.kept, kept).filter(({ key }) => names.has(key));
  if (other.length > 0) notes.push(`Other values here: ${other.map(({ key }) => key).join(', ')}.`);
  const changed = missing.length + fresh.length > 0 || ended;
  return {
    id,
    outcome: before ? (changed ? 'changed' : 'present') : 'imported',
    artifact_uri: row.artifact_uri,
    ...(notes.length > 0 ? { why: notes.join(' ').slice(0, 2000) } : {}),
  };
}

async function makeRun(
  { runs, ground }: TrackingContext,
  tx: Tx,
  project: string,
  experiment: number,
  given: ImportedRun,
): Promise<RunRow> {
  const { run_id, name, user_id, status, start_time, end_time, lifecycle } = given;
  const row = {
    run_id,
    project,
    experiment,
    name: name.slice(0, LIMITS.tagValue),
    user_id,
    status,
    start_time,
    end_time,
    // Its files come through this server, wherever clients of new runs write.
    artifact_uri: under('mlflow-artifacts:', String(experiment), run_id, 'artifacts'),
    lifecycle,
    deleted_at: lifecycle === 'deleted' ? Date.now() : null,
  };
  const id = (await runs.insert(tx, [row])).get(row.run_id) as number;
  const commit = given.tags.find((tag) => tag.key === 'mlflow.source.git.commit')?.value;
  if (commit) await ground.lineage.link(tx, project, urn('run', run_id), 'ran-at', urn('commit', commit));
  return { id, ...row };
}

/** Makes a logged model, or adds to it tags that changed and metrics. */
export async function importedModel(
  context: TrackingContext,
  tx: Tx,
  project: string,
  given: ImportedModel,
): Promise<PlacedOutcome> {
  const { model_id: id, params, tags, metrics, experiment_id, ...rest } = given;
  const refused = (why: string): PlacedOutcome => ({ id, outcome: 'refused', why, artifact_uri: '' });
  const owner = await tx
    .selectFrom('logged_models')
    .select('project')
    .where('model_id', '=', id)
    .executeTakeFirst();
  if (owner && owner.project !== project) return refused('Another project has a logged model of this id.');
  const experiment = await context.experiment(tx, project, experiment_id);
  const before = await findLoggedModel(tx, project, id);
  const artifact_uri =
    before?.artifact_uri ?? under('mlflow-artifacts:', String(experiment.id), 'models', id, 'artifacts');
  const known = await tx
    .selectFrom('logged_model_tags')
    .select(['key', 'value'])
    .where('model_id', '=', id)
    .execute();
  const fresh = freshPairs(fitPairs(tags, TAGS).kept, known);
  if (!before) {
    await insertLoggedModel(tx, { model_id: id, ...rest, project, experiment: experiment.id, artifact_uri });
    await putLoggedModelPairs(tx, 'logged_model_params', id, fitPairs(params, PARAMS).kept);
    if (rest.source_run_id !== '') {
      const run = urn('run', rest.source_run_id);
      await context.ground.lineage.link(tx, project, urn('logged-model', id), 'produced-by', run);
    }
  }
  await putLoggedModelPairs(tx, 'logged_model_tags', id, fresh);
  await context.metrics.appendToModels(
    tx,
    metrics.map(({ timestamp, value, ...point }) => ({
      model_id: id,
      ...point,
      ts: timestamp,
      ...storedValue(value),
    })),
  );
  const outcome = before ? (fresh.length > 0 ? 'changed' : 'present') : 'imported';
  return { id, outcome, artifact_uri };
}

function pieces<T>(items: readonly T[]): T[][] {
  const found: T[][] = [];
  for (let start = 0; start < items.length; start += PAIRS_AT_ONCE)
    found.push(items.slice(start, start + PAIRS_AT_ONCE));
  return found;
}
