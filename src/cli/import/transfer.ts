import { digestRun } from '../../domains/tracking/import-digest.ts';
import { fitPairs, keyFault } from '../../domains/tracking/import-fit.ts';
import { LIMITS } from '../../domains/tracking/limits.ts';
import type { ImportedRun, RunDigest } from '../../domains/tracking/schema/import.ts';
import { copyFiles } from './artifacts.ts';
import { batches, runInParts, weightOfModel, weightOfRun } from './batches.ts';
import type { ImportJournal } from './journal.ts';
import { PointSender } from './points.ts';
import { bringRegistered } from './registered.ts';
import type { Target } from './server.ts';
import type { Source, SourceExperiment, SourceRun, SourceTrace } from './source.ts';
import { type Comparison, compareRuns, type Tally, type WantedRun } from './tally.ts';

const RUNS_AT_ONCE = 100;
const THINGS_AT_ONCE = 50;
/** What is kept of a user's name and of a model's type, in characters: SQLite under MLflow takes longer ones. */
const MOST_USER = 256;
const MOST_TYPE = 500;

export interface TransferOptions {
  source: Source;
  target: Target;
  journal: ImportJournal;
  tally: Tally;
  /** Names of experiments; all when there are none. */
  only: readonly string[];
  dryRun: boolean;
  signal: AbortSignal;
  progress(text: string): void;
}

/** Where the things of the source are here. */
export interface Whereabouts {
  runs: Map<string, string>;
  models: Map<string, string>;
}

/** Brings everything of a source, one experiment after the other. Answers the digests of both sides. */
export async function transfer(options: TransferOptions): Promise<Comparison[]> {
  const { source, target, tally, only, dryRun } = options;
  if (!dryRun) await target.reach();
  const where: Whereabouts = { runs: new Map(), models: new Map() };
  const comparisons: Comparison[] = [];
  const experiments: SourceExperiment[] = [];
  for await (const one of source.experiments())
    if (only.length === 0 || only.includes(one.name)) experiments.push(one);
  for (const experiment of experiments) {
    options.progress(`${experiment.name}: ${tally.line()}`);
    const id = await bringExperiment(options, experiment);
    if (id === undefined) continue;
    const wanted = await bringRuns(options, experiment, id, where);
    await bringModels(options, experiment, id, where);
    await bringTraces(options, experiment, id);
    if (dryRun || wanted.size === 0) continue;
    options.progress(`${experiment.name}: comparing ${wanted.size} runs`);
    comparisons.push(compareRuns(experiment.name, wanted, await target.digests([...wanted.keys()])));
  }
  if (source.registered) await bringRegistered(options, where);
  return comparisons;
}

/** The number here; undefined when the experiment was refused. */
async function bringExperiment(
  { target, tally, dryRun }: TransferOptions,
  experiment: SourceExperiment,
): Promise<string | undefined> {
  if (dryRun) {
    tally.add('experiments', 'found');
    return '';
  }
  const tags = fitPairs(experiment.tags, LIMITS.experimentTagValue).kept;
  const { results } = await target.send('importExperiments', { experiments: [{ ...experiment, tags }] });
  const [result] = results;
  if (!result) return undefined;
  tally.outcome('experiments', { ...result, id: experiment.name });
  const { experiment_id } = result;
  if (experiment_id !== null && experiment_id !== experiment.id && /^\d+$/.test(experiment.id))
    tally.renumbered.push({ name: experiment.name, id: experiment.id, experiment_id });
  return experiment_id ?? undefined;
}

async function bringRuns(
  options: TransferOptions,
  experiment: SourceExperiment,
  experiment_id: string,
  where: Whereabouts,
): Promise<Map<string, WantedRun>> {
  const { source, target, tally, journal, dryRun } = options;
  const wanted = new Map<string, WantedRun>();
  const sender = new PointSender(target, tally);
  const progress = () => options.progress(`${experiment.name}: ${tally.line()}`);
  for await (const batch of batches(source.runs(experiment), RUNS_AT_ONCE, weightOfRun)) {
    options.signal.throwIfAborted();
    const placed = dryRun ? new Map<string, string>() : await putRuns(options, experiment_id, batch);
    const fresh = batch.filter((run) => placed.has(run.run_id) && !isDone(journal, run));
    const before = await target.digests(dryRun ? [] : fresh.map(({ run_id }) => run_id));
    for (const run of batch) {
      options.signal.throwIfAborted();
      const uri = placed.get(run.run_id) ?? '';
      if (dryRun) tally.add('runs', 'found');
      else if (uri === '') continue;
      where.runs.set(run.run_id, uri);
      const done = isDone(journal, run) ? journal.find(run.run_id) : undefined;
      if (done && !dryRun) {
        tally.add('points', 'found', done.points);
        tally.add('points', 'present', done.points);
        wanted.set(run.run_id, done);
      } else {
        const { digest, points } = await readSeries(options, run, before.get(run.run_id), sender);
        wanted.set(run.run_id, digest);
        const mark = run.mark;
        const note = { run_id: run.run_id, points, ...digest };
        if (!dryRun && mark !== undefined) await sender.sent(() => journal.add({ mark, ...note }));
      }
      if (run.files)
        await copyFiles(target, tally, run.files, uri, {
          id: `run ${run.run_id}`,
          unchanged: done !== undefined,
          dryRun,
          progress,
        });
      for (const lost of run.lost ?? []) tally.lose(lost);
      progress();
    }
    if (!dryRun) await sender.flush();
  }
  return wanted;
}

const isDone = (journal: ImportJournal, { run_id, mark, params, tags }: SourceRun): boolean => {
  const done = journal.find(run_id);
  if (!done || done.mark !== mark) return false;
  const now = digestRun(run_id, { ...fitted({ params, tags }), metrics: [] });
  return now.params === done.params && now.tags === done.tags;
};

const fitted = ({ params, tags }: Pick<SourceRun, 'params' | 'tags'>) => ({
  params: fitPairs(params, LIMITS.paramValue).kept,
  tags: fitPairs(tags).kept,
});

/** Where the files of those runs go that are not refused. */
async function putRuns(
  { target, tally }: TransferOptions,
  experiment_id: string,
  batch: readonly SourceRun[],
): Promise<Map<string, string>> {
  const runs = batch.map(({ location: _, files: __, mark: ___, series: ____, lost: _____, ...run }) => ({
    ...run,
    ...fitted(run),
    user_id: (run.user_id ?? '').slice(0, MOST_USER),
    experiment_id,
  }));
  const { results } = await sendRuns(target, runs);
  const placed = new Map<string, string>();
  for (const [index, result] of results.entries()) {
    const { params, tags } = batch[index] as SourceRun;
    const notes = [...fitPairs(params, LIMITS.paramValue).notes, ...fitPairs(tags).notes];
    const why = [result.why, ...notes].filter((one) => one !== undefined).join(' ');
    const { artifact_uri, ...outcome } = result;
    tally.outcome('runs', { ...outcome, ...(why === '' ? {} : { why }) });
    if (result.outcome !== 'refused') placed.set(result.id, artifact_uri);
  }
  return placed;
}

/** What came of each run. One that is too large for a request comes alone, part by part: the first says what came of it. */
async function sendRuns(target: Target, runs: readonly ImportedRun[]) {
  const [only] = runs;
  if (runs.length !== 1 || !only) return target.send('importRuns', { runs: [...runs] });
  const send = (part: ImportedRun) => target.send('importRuns', { runs: [part] });
  let first: Awaited<ReturnType<typeof send>> | undefined;
  for await (const part of runInParts(only)) {
    const answer = await send(part);
    first ??= answer;
  }
  return first ?? { results: [] };
}

/** Reads all points of a run and sends those series that are not here as they are there. */
async function readSeries(
  { tally, dryRun, signal }: TransferOptions,
  run: SourceRun,
  before: RunDigest | undefined,
  sender: PointSender,
): Promise<{ digest: WantedRun; points: number }> {
  const known = new Map(before?.metrics.map(({ key, digest }) => [key, digest]));
  const metrics: RunDigest['metrics'] = [];
  let count = 0;
  for await (const series of run.series()) {
    signal.throwIfAborted();
    const fault = keyFault(series.key);
    if (fault !== undefined) {
      tally.leaveOut('points', `${run.run_id} ${series.key}`, fault, series.points.length);
      continue;
    }
    const { points, digest, dropped } = series.points.settle();
    if (dropped > 0)
      tally.leaveOut('points', `${run.run_id} ${series.key}`, 'Step or time cannot be kept.', dropped);
    if (points === 0) continue;
    metrics.push({ key: series.key, points, digest });
    tally.add('points', 'found', points);
    count += points;
    if (dryRun) continue;
    if (known.get(series.key) === digest) tally.add('points', 'present', points);
    else await sender.add(run.run_id, series);
  }
  const { digest, params, tags } = digestRun(run.run_id, { ...fitted(run), metrics });
  return { digest: { digest, params, tags }, points: count };
}

async function bringModels(
  options: TransferOptions,
  experiment: SourceExperiment,
  experiment_id: string,
  where: Whereabouts,
): Promise<void> {
  const { source, target, tally, dryRun } = options;
  if (!source.models) return;
  const progress = () => options.progress(`${experiment.name}: ${tally.line()}`);
  for await (const batch of batches(source.models(experiment), THINGS_AT_ONCE, weightOfModel)) {
    options.signal.throwIfAborted();
    const models = batch.map(({ location: _, files: __, ...model }) => ({
      ...model,
      model_type: (model.model_type ?? '').slice(0, MOST_TYPE),
      experiment_id,
    }));
    const results = dryRun ? [] : (await target.send('importLoggedModels', { models })).results;
    for (const [index, { model_id, files }] of batch.entries()) {
      const result = results[index];
      if (dryRun) tally.add('logged models', 'found');
      else if (result) tally.outcome('logged models', { ...result, id: model_id });
      if (result?.outcome === 'refused') continue;
      const uri = result?.artifact_uri ?? '';
      where.models.set(model_id, uri);
      const copying = { id: `model ${model_id}`, unchanged: false, dryRun, progress };
      if (files) await copyFiles(target, tally, files, uri, copying);
    }
  }
}

async function bringTraces(
  options: TransferOptions,
  experiment: SourceExperiment,
  experiment_id: string,
): Promise<void> {
  const { source, target, tally, dryRun } = options;
  if (!source.traces) return;
  const weight = (trace: SourceTrace) => JSON.stringify(trace.spans).length;
  for await (const batch of batches(source.traces(experiment), THINGS_AT_ONCE, weight)) {
    options.signal.throwIfAborted();
    if (dryRun) {
      tally.add('traces', 'found', batch.length);
      continue;
    }
    const trace_location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } };
    const traces = batch.map(({ trace_id, info, spans }) => ({
      info: { trace_id, trace_location, ...info },
      spans,
    }));
    const { results } = await target.send('importTraces', { traces });
    for (const result of results) tally.outcome('traces', result);
    options.progress(`${experiment.name}: ${tally.line()}`);
  }
}
