import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Comparison, compareRuns, dataOf } from '../../domains/tracking/reproduction.ts';
import { CAPTURE_TAGS, type ReproductionTerms } from '../../domains/tracking/schema/capture.ts';
import { AppError, ERRORS } from '../../lib/errors.ts';
import { Rondo } from '../../sdk/rondo.ts';
import type { Settings } from '../../sdk/settings.ts';
import { type Checkout, checkOut } from './checkout.ts';
import {
  currentSurroundings,
  lockedSurroundings,
  machineThatDiffers,
  type Surroundings,
} from './environments.ts';
import { artifactOf, type Recorded, recordedRun } from './recorded.ts';
import { runTracked } from './tracked-command.ts';

export interface ReproduceOptions {
  tolerance: number;
  /** These metrics alone. */
  metrics: readonly string[];
  environment: 'current' | 'locked';
  /** The checkout stays. */
  keep: boolean;
  dryRun: boolean;
}

export interface Reproduced {
  run_id: string;
  commit: string;
  command: string[];
  /** Of the environment, the machine and the code, in words. */
  differs: string[];
  /** Of the checkout, where it was kept. */
  folder: string | null;
  /** Null: nothing was run. */
  reproduction: {
    run_id: string;
    code: number;
    verdict: 'reproduced' | 'differs' | 'failed';
    data: { recorded: string[]; reproduced: string[] };
    comparison: Omit<Comparison, 'agrees'>;
  } | null;
}

/** Runs a recorded run again with its code, its command and its data, and compares what came out. Throws what stands in the way. */
export async function reproduce(
  settings: Settings,
  run_id: string,
  options: ReproduceOptions,
  tell: (text: string) => void,
): Promise<Reproduced> {
  const rondo = new Rondo(settings);
  const recorded = await recordedRun(rondo, run_id);
  checkMetrics(recorded, options.metrics);
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'rondo-reproduce-')));
  let checkout: Checkout | undefined;
  try {
    const { code } = recorded.capture;
    checkout = await checkOut(code, recorded.diff, scratch, process.cwd());
    const changed = code.changed_lines > 0 ? ` and ${code.changed_lines} changed lines` : '';
    tell(`Code: commit ${code.commit.slice(0, 12)}${changed}, from ${checkout.clone ?? code.remote}`);
    const surroundings = await surroundingsOf(rondo, recorded, checkout, scratch, options, tell);
    const differs = [
      ...(await machineThatDiffers(recorded.capture)),
      ...surroundings.differs,
      ...code.left_out
        .filter(({ why }) => why !== 'secret')
        .map(({ path, why }) => `not recorded: ${path} (${why})`),
    ];
    for (const line of differs) tell(`Differs: ${line}`);
    tell(`Command: ${surroundings.argv.join(' ')}`);
    const folder = options.keep ? checkout.folder : null;
    const plan = { run_id, commit: code.commit, command: surroundings.argv, differs, folder };
    if (options.dryRun) return { ...plan, reproduction: null };
    return { ...plan, reproduction: await again(settings, rondo, recorded, surroundings, options, tell) };
  } finally {
    if (!options.keep) {
      await checkout?.remove();
      rmSync(scratch, { recursive: true, force: true });
    }
  }
}

function checkMetrics({ run }: Recorded, asked: readonly string[]): void {
  const known = new Set((run.data.metrics ?? []).map(({ key }) => key));
  if (known.size === 0)
    throw new AppError(ERRORS.INVALID, 'The run logged no metric, so there is nothing to compare.');
  const unknown = asked.find((key) => !known.has(key));
  if (unknown !== undefined)
    throw new AppError(ERRORS.INVALID, `The run has no metric '${unknown}'.`, {
      hint: `It has ${[...known].slice(0, 20).join(', ')}.`,
    });
}

function surroundingsOf(
  rondo: Rondo,
  recorded: Recorded,
  checkout: Checkout,
  scratch: string,
  { environment, dryRun }: ReproduceOptions,
  tell: (text: string) => void,
): Promise<Surroundings> {
  const fetchFile = (path: string) => artifactOf(rondo, recorded.run.info.run_id, path);
  // A dry run installs nothing.
  return environment === 'locked' && !dryRun
    ? lockedSurroundings(recorded, checkout, scratch, fetchFile, tell)
    : currentSurroundings(recorded, checkout, fetchFile);
}

async function again(
  settings: Settings,
  rondo: Rondo,
  { run: first, experiment, capture }: Recorded,
  { argv, cwd, env }: Surroundings,
  { tolerance, metrics, environment }: ReproduceOptions,
  tell: (text: string) => void,
): Promise<Reproduced['reproduction']> {
  const terms: ReproductionTerms = {
    tolerance,
    environment,
    ...(metrics.length > 0 ? { metrics: [...metrics] } : {}),
  };
  const tags = { [CAPTURE_TAGS.reproduces]: first.info.run_id, [CAPTURE_TAGS.terms]: JSON.stringify(terms) };
  const name = `${first.info.run_name}, reproduced`;
  const { params, nth } = capture;
  const ended = await runTracked(
    settings,
    { argv, cwd, env, experiment, name, params, tags, nth },
    { out: process.stderr, err: process.stderr, begun: ({ id }) => tell(`Run ${id}`) },
  );
  const { run } = await rondo.tracking.getRun({ query: { run_id: ended.run_id } });
  const { agrees, ...comparison } = compareRuns(first, run, terms);
  const verdict = ended.status !== 'FINISHED' ? 'failed' : agrees ? 'reproduced' : 'differs';
  const data = { recorded: dataOf(first), reproduced: dataOf(run) };
  return { run_id: ended.run_id, code: ended.code, verdict, data, comparison };
}
