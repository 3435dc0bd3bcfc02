import type { ImportedModel, PlacedOutcome } from '../../domains/tracking/schema/import.ts';
import { copyFiles } from './artifacts.ts';
import { batches, modelInParts, weightOfModel } from './batches.ts';
import { fitExperiment, fitModel, fitTrace } from './fit.ts';
import type { ImportJournal } from './journal.ts';
import { bringRegistered } from './registered.ts';
import { bringRuns } from './runs.ts';
import { inHalves, refusal, type Target } from './server.ts';
import type { Source, SourceExperiment, SourceTrace } from './source.ts';
import { type Comparison, compareRuns, type Tally } from './tally.ts';

const THINGS_AT_ONCE = 50;

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
    tellUnread(options);
    if (dryRun || wanted.size === 0) continue;
    options.progress(`${experiment.name}: comparing ${wanted.size} runs`);
    comparisons.push(compareRuns(experiment.name, wanted, await target.digests([...wanted.keys()])));
  }
  if (source.registered) await bringRegistered(options, where);
  tellUnread(options);
  return comparisons;
}

/** What the reader could not read. */
function tellUnread({ source, tally }: TransferOptions): void {
  for (const lost of source.unread?.splice(0) ?? []) tally.lose(lost);
}

/** The number here; undefined when the experiment was refused. */
async function bringExperiment(
  { target, tally, dryRun }: TransferOptions,
  experiment: SourceExperiment,
): Promise<string | undefined> {
  const { thing, lost } = fitExperiment(experiment);
  for (const one of lost) tally.lose(one);
  if (dryRun) {
    tally.add('experiments', 'found');
    return '';
  }
  const send = async (experiments: readonly (typeof thing)[]) =>
    (await target.send('importExperiments', { experiments: [...experiments] })).results;
  const [result] = await inHalves([thing], send, ({ id }, why) => ({
    id,
    outcome: 'refused' as const,
    why,
    experiment_id: null,
  }));
  if (!result) return undefined;
  tally.outcome('experiments', { ...result, id: experiment.name });
  const { experiment_id } = result;
  if (experiment_id !== null && experiment_id !== experiment.id && /^\d+$/.test(experiment.id))
    tally.renumbered.push({ name: experiment.name, id: experiment.id, experiment_id });
  return experiment_id ?? undefined;
}

/** What came of each logged model; one with more metrics than a request holds comes alone, part by part. */
async function sendModels(target: Target, models: readonly ImportedModel[]): Promise<PlacedOutcome[]> {
  const [only] = models;
  const parts = models.length === 1 && only ? modelInParts(only).map((part) => [part]) : [[...models]];
  let first: PlacedOutcome[] | undefined;
  for (const part of parts) {
    const { results } = await target.send('importLoggedModels', { models: part });
    first ??= results;
  }
  return first ?? [];
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
    const fits = batch.map(fitModel);
    for (const lost of fits.flatMap((fit) => fit.lost)) tally.lose(lost);
    const models = fits.map(({ thing }) => ({ ...thing, experiment_id }));
    const send = (some: readonly ImportedModel[]) => sendModels(target, some);
    const results = dryRun ? [] : await inHalves(models, send, ({ model_id }, why) => refusal(model_id, why));
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
  const progress = () => options.progress(`${experiment.name}: ${tally.line()}`);
  const trace_location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } };
  for await (const batch of batches(source.traces(experiment), THINGS_AT_ONCE, weight)) {
    options.signal.throwIfAborted();
    const fits = batch.map(fitTrace);
    for (const lost of fits.flatMap((fit) => fit.lost)) tally.lose(lost);
    const traces = fits.map(({ thing: { trace_id, info, spans } }) => ({
      info: { trace_id, trace_location, ...info },
      spans,
    }));
    const send = async (some: readonly (typeof traces)[number][]) =>
      (await target.send('importTraces', { traces: [...some] })).results;
    const results = dryRun
      ? []
      : await inHalves(traces, send, ({ info }, why) => refusal(info.trace_id, why));
    for (const [index, { trace_id: id, files, lost = [] }] of batch.entries()) {
      const result = results[index];
      if (dryRun) tally.add('traces', 'found');
      else if (result) tally.outcome('traces', result);
      for (const one of lost) tally.lose(one);
      if (!files || result?.outcome === 'refused') continue;
      const unchanged = result?.outcome === 'present';
      const copying = { id: `trace ${id}`, unchanged, dryRun, progress };
      await copyFiles(target, tally, files, result?.artifact_uri ?? '', copying);
    }
    progress();
  }
}
