import { digestRun } from '../../domains/tracking/import-digest.ts';
import { keyFault } from '../../domains/tracking/import-fit.ts';
import type { ImportedRun, PlacedOutcome, RunDigest } from '../../domains/tracking/schema/import.ts';
import { copyFiles } from './artifacts.ts';
import { batches, runInParts, weightOfRun } from './batches.ts';
import { type Fitted, fitRun, OUTSIDE } from './fit.ts';
import type { ImportJournal } from './journal.ts';
import { PointSender } from './points.ts';
import { inHalves, refusal, type Target } from './server.ts';
import type { Lost, SourceExperiment, SourceRun } from './source.ts';
import type { WantedRun } from './tally.ts';
import type { TransferOptions, Whereabouts } from './transfer.ts';

const RUNS_AT_ONCE = 100;
const RENAME = 'Log it under another name to have it here.';

type FittedRun = Fitted<Omit<ImportedRun, 'experiment_id'>>;

/** Brings the runs of one experiment with their points and files. Answers what they should be here. */
export async function bringRuns(
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
    const fits = batch.map((run) => ({ run, fit: fitRun(run) }));
    const placed = dryRun ? new Map<string, string>() : await putRuns(options, experiment_id, fits);
    const fresh = batch.filter((run, index) => {
      const fit = fits[index]?.fit;
      return placed.has(run.run_id) && fit !== undefined && !isDone(journal, run.mark, fit);
    });
    const before = await target.digests(dryRun ? [] : fresh.map(({ run_id }) => run_id));
    for (const { run, fit } of fits) {
      options.signal.throwIfAborted();
      for (const lost of fit.lost) tally.lose(lost);
      const uri = placed.get(run.run_id) ?? '';
      if (dryRun) tally.add('runs', 'found');
      else if (uri === '') continue;
      where.runs.set(run.run_id, uri);
      const done = isDone(journal, run.mark, fit) ? journal.find(run.run_id) : undefined;
      if (done && !dryRun) {
        tally.add('points', 'found', done.points);
        tally.add('points', 'present', done.points);
        wanted.set(run.run_id, done);
        for (const lost of done.lost ?? []) tally.leaveOut(lost);
      } else {
        const { digest, points, lost } = await readSeries(options, run, fit, before.get(run.run_id), sender);
        wanted.set(run.run_id, digest);
        for (const one of lost) tally.leaveOut(one);
        const mark = run.mark;
        const note = { run_id: run.run_id, points, lost, ...digest };
        if (!dryRun && mark !== undefined) await sender.sent(() => journal.add({ mark, ...note }));
      }
      for (const lost of run.lost ?? []) if (!isOfPoints(lost)) tally.leaveOut(lost);
      if (run.files)
        await copyFiles(target, tally, run.files, uri, {
          id: `run ${run.run_id}`,
          unchanged: done !== undefined,
          dryRun,
          progress,
        });
      progress();
    }
    if (!dryRun) await sender.flush();
  }
  return wanted;
}

/** Points are read once, and what was lost of them is remembered; all else is looked at each time. */
const isOfPoints = ({ kind }: Lost): boolean => kind === 'points';

const isDone = (journal: ImportJournal, mark: string | undefined, { thing }: FittedRun): boolean => {
  const done = journal.find(thing.run_id);
  if (!done || done.mark !== mark) return false;
  const now = digestRun(thing.run_id, { ...thing, metrics: [] });
  return now.params === done.params && now.tags === done.tags;
};

/** Where the files of those runs go that are not refused. */
async function putRuns(
  { target, tally }: TransferOptions,
  experiment_id: string,
  fits: readonly { fit: FittedRun }[],
): Promise<Map<string, string>> {
  const runs = fits.map(({ fit }) => ({ ...fit.thing, experiment_id }));
  const send = (some: readonly ImportedRun[]) => sendRuns(target, some);
  const placed = new Map<string, string>();
  for (const result of await inHalves(runs, send, ({ run_id }, why) => refusal(run_id, why))) {
    const { artifact_uri, ...outcome } = result;
    tally.outcome('runs', outcome);
    if (result.outcome !== 'refused') placed.set(result.id, artifact_uri);
  }
  return placed;
}

/** What came of each run. One that is too large for a request comes alone, part by part: the first says what came of it. */
async function sendRuns(target: Target, runs: readonly ImportedRun[]): Promise<PlacedOutcome[]> {
  const [only] = runs;
  if (runs.length !== 1 || !only) return (await target.send('importRuns', { runs: [...runs] })).results;
  let first: PlacedOutcome[] | undefined;
  for await (const part of runInParts(only)) {
    const { results } = await target.send('importRuns', { runs: [part] });
    first ??= results;
  }
  return first ?? [];
}

/** Reads all points of a run and sends those series that are not here as they are there. */
async function readSeries(
  { tally, dryRun, signal }: TransferOptions,
  run: SourceRun,
  { thing }: FittedRun,
  before: RunDigest | undefined,
  sender: PointSender,
): Promise<{ digest: WantedRun; points: number; lost: Lost[] }> {
  const lost: Lost[] = [];
  const known = new Map(before?.metrics.map(({ key, digest }) => [key, digest]));
  const metrics: RunDigest['metrics'] = [];
  let count = 0;
  for await (const series of run.series()) {
    signal.throwIfAborted();
    const lose = (why: string, count: number) =>
      lost.push({ kind: 'points', id: run.run_id, key: series.key, why, count });
    const fault = keyFault(series.key);
    if (fault !== undefined) {
      lose(`${fault} ${RENAME}`, series.points.length);
      continue;
    }
    const { points, digest, dropped } = series.points.settle();
    if (dropped > 0) lose(OUTSIDE, dropped);
    if (points === 0) continue;
    metrics.push({ key: series.key, points, digest });
    tally.add('points', 'found', points);
    count += points;
    if (dryRun) continue;
    if (known.get(series.key) === digest) tally.add('points', 'present', points);
    else await sender.add(run.run_id, series);
  }
  const { digest, params, tags } = digestRun(run.run_id, { ...thing, metrics });
  return {
    digest: { digest, params, tags },
    points: count,
    lost: [...lost, ...(run.lost ?? []).filter(isOfPoints)],
  };
}
