import { CAPTURE_PATHS, Capture, type CapturedCode } from '../../domains/tracking/schema/capture.ts';
import type { Run } from '../../domains/tracking/schema.ts';
import { AppError } from '../../lib/errors.ts';
import type { Rondo } from '../../sdk/rondo.ts';
import { RUN_ERRORS } from './errors.ts';

export interface Recorded {
  run: Run;
  experiment: string;
  capture: Capture & { code: CapturedCode };
  diff: Uint8Array | undefined;
}

/** A run with all that is needed to make it again. Throws what is missing, and how to record it. */
export async function recordedRun(rondo: Rondo, run_id: string): Promise<Recorded> {
  const { run } = await rondo.tracking.getRun({ query: { run_id } });
  const tags = new Map((run.data.tags ?? []).map(({ key, value }) => [key, value]));
  const step = tags.get('rondo.step_run');
  if (step !== undefined) throw await ofAStep(rondo, run_id, step);
  const bytes = await artifactOf(rondo, run_id, CAPTURE_PATHS.record);
  if (!bytes) throw notRecorded(run_id, tags.get('mlflow.source.git.commit'));
  const parsed = Capture.safeParse(jsonOf(bytes));
  if (!parsed.success)
    throw new AppError(
      RUN_ERRORS.RUN_NOT_RECORDED,
      `${CAPTURE_PATHS.record} of run ${run_id} cannot be read: it was written by another version, or changed.`,
    );
  const { code, command } = parsed.data;
  if (!code)
    throw new AppError(
      RUN_ERRORS.RUN_NOT_RECORDED,
      `Run ${run_id} was not started in a git repository with a commit, so its code is not recorded.`,
    );
  if (command.masked.length > 0)
    throw new AppError(
      RUN_ERRORS.RUN_NOT_RECORDED,
      `Argument ${command.masked[0]} of the command looked like a secret and was not recorded: ${command.argv.join(' ')}`,
      { hint: 'Give secrets to training by its environment; variables are never recorded.' },
    );
  const diff = code.changes === 'none' ? undefined : await artifactOf(rondo, run_id, CAPTURE_PATHS.changes);
  if (!diff && code.changed_lines > 0)
    throw new AppError(
      RUN_ERRORS.RUN_NOT_RECORDED,
      `${code.changed_lines} lines had been changed since the commit, and ${CAPTURE_PATHS.changes} is not there.`,
    );
  const { experiment } = await rondo.tracking.getExperiment({
    query: { experiment_id: run.info.experiment_id },
  });
  return { run, experiment: experiment.name, capture: { ...parsed.data, code }, diff };
}

/** A file of a run, undefined when it is not there. */
export async function artifactOf(
  rondo: Rondo,
  run_id: string,
  path: string,
): Promise<Uint8Array | undefined> {
  const query = new URLSearchParams({ run_id, path });
  try {
    const answer = await rondo.request('GET', `/get-artifact?${query}`);
    return new Uint8Array(await answer.arrayBuffer());
  } catch (error) {
    if (error instanceof AppError && error.status === 404) return undefined;
    throw error;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

function notRecorded(run_id: string, commit: string | undefined): AppError {
  const missing = 'the changes since, the command, or the environment';
  return new AppError(
    RUN_ERRORS.RUN_NOT_RECORDED,
    commit
      ? `Run ${run_id} names commit ${commit.slice(0, 12)}, but nothing recorded ${missing}.`
      : `Nothing recorded what run ${run_id} was made of: neither the commit nor ${missing}.`,
  );
}

async function ofAStep(rondo: Rondo, run_id: string, step_run: string): Promise<AppError> {
  const step = await rondo.pipelines.getStepRun({ params: { step_run } }).catch(() => undefined);
  return new AppError(
    RUN_ERRORS.RUN_NOT_RECORDED,
    `Run ${run_id} was made by ${step ? `step '${step.node}'` : 'a step'} of a pipeline, which holds its code and inputs: it is not run again from here.`,
    {
      hint: `\`rondo pipelines run NAME --refresh ${step?.node ?? 'STEP'}\` with the same parameters runs the step again on what is cached before it; examples/flights/reproduce.ts shows a pipeline that repeats a step and compares.`,
    },
  );
}
