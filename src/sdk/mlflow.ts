import { AppError } from '../lib/errors.ts';
import { ANYTHING, type Connection, isInStep, patientFetch } from './connection.ts';
import {
  acknowledged,
  type Call,
  inBackground,
  mlflowCall,
  pairs,
  type Plain,
  trackedRun,
  type TrackedRun,
  type Way,
} from './tracked-run.ts';

export interface StartRun {
  /** Name of the experiment; made when it is new. A process that `rondo runs exec` started joins that run in its experiment. */
  experiment: string;
  name?: string;
  params?: Record<string, Plain>;
  tags?: Record<string, string>;
  /**
   * The default outside of pipeline steps. Metrics, params, tags, datasets and files are written to a folder of this machine and
   * sent in the background: logging never waits for the server, never throws, and outlives a restart of it and the death of this
   * process. `flush` and `end` wait for what is still to be sent. What could not be sent is sent by the next run that is started in
   * the background, or by `rondo runs sync`. With `false` each call waits for its answer and throws what the server refuses.
   */
  background?: boolean;
  /**
   * The default outside of pipeline steps, unless `RONDO_CAPTURE` is `off`: commit, changes since, command, lock files and machine are
   * recorded beside the training, so that `rondo runs reproduce` can run it again.
   */
  capture?: boolean;
}

export interface ModelVersion {
  name: string;
  version: string;
  run_id?: string;
  source?: string;
}

/** Runs that this process started so far. */
let started = 0;

/** Experiments, runs and models of a server. */
export function createTracking(connection: Connection): {
  startRun(options: StartRun): Promise<TrackedRun>;
  registerModel(name: string, source: { model_id: string; run_id?: string }): Promise<ModelVersion>;
} {
  const call = mlflowCall(connection);

  async function startRun(options: StartRun): Promise<TrackedRun> {
    const nth = started++;
    const joined = runToJoin(nth);
    const isBackground = options.background ?? !isInStep();
    // A run that ends for no server does not end for one that is being restarted when it begins or logs its model.
    const own = isBackground ? { ...connection, fetch: patientFetch(true, undefined, ANYTHING) } : connection;
    const asks = mlflowCall(own);
    const ids = joined === undefined ? await create(asks, options) : await join(asks, joined);
    const way = isBackground ? inBackground(connection, ids.id) : acknowledged(connection, ids.id);
    const captures = options.capture ?? (!isInStep() && process.env.RONDO_CAPTURE !== 'off');
    const captured = captures && joined === undefined ? capture(ids, way, nth, options) : Promise.resolve();
    const run = trackedRun(own, ids, way, captured);
    if (joined !== undefined && options.tags) await run.setTags(options.tags);
    if (options.params) await run.logParams(options.params);
    return run;
  }

  return {
    startRun,
    async registerModel(name, { model_id, run_id }) {
      await call('POST', 'registered-models/create', { name }).catch((error: unknown) => {
        if (!hasCode(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
      });
      const source = `models:/${model_id}`;
      const body = { name, source, model_id, ...(run_id === undefined ? {} : { run_id }) };
      const { model_version } = await call<{ model_version: ModelVersion }>(
        'POST',
        'model-versions/create',
        body,
      );
      return model_version;
    },
  };
}

async function experimentId(call: Call, name: string): Promise<string> {
  const byName = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
  const find = () => call<{ experiment: { experiment_id: string } }>('GET', byName);
  try {
    return (await find()).experiment.experiment_id;
  } catch (error) {
    if (!hasCode(error, 'RESOURCE_DOES_NOT_EXIST')) throw error;
  }
  try {
    return (await call<{ experiment_id: string }>('POST', 'experiments/create', { name })).experiment_id;
  } catch (error) {
    if (!hasCode(error, 'RESOURCE_ALREADY_EXISTS')) throw error;
    return (await find()).experiment.experiment_id;
  }
}

async function create(call: Call, options: StartRun): Promise<{ id: string; experimentId: string }> {
  const experiment_id = await experimentId(call, options.experiment);
  const { run } = await call<{ run: { info: { run_id: string } } }>('POST', 'runs/create', {
    experiment_id,
    start_time: Date.now(),
    ...(options.name === undefined ? {} : { run_name: options.name }),
    tags: pairs({ ...stepTags(), ...options.tags }),
  });
  return { id: run.info.run_id, experimentId: experiment_id };
}

async function join(call: Call, run_id: string): Promise<{ id: string; experimentId: string }> {
  const { run } = await call<{ run: { info: { experiment_id: string } } }>(
    'GET',
    `runs/get?run_id=${encodeURIComponent(run_id)}`,
  );
  return { id: run_id, experimentId: run.info.experiment_id };
}

/** Beside the training; what fails is one warning. */
async function capture(
  ids: { id: string; experimentId: string },
  way: Way,
  nth: number,
  { params, tags: given = {} }: StartRun,
): Promise<void> {
  try {
    const { captureOf } = await import('./capture/capture.ts');
    const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    const { tags, files } = await captureOf({ by: 'sdk', argv, nth, params });
    await way.log({ tags: pairs({ ...tags, ...given }) });
    for (const [path, bytes] of files)
      await way.file(`${ids.experimentId}/${ids.id}/artifacts/${path}`, bytes);
  } catch (error) {
    console.warn(`Rondo could not record what run ${ids.id} was made of: ${(error as Error).message}`);
  }
}

/** The run that `rondo runs exec` began for this process: the first run it starts, or the one that is to be repeated. */
function runToJoin(
  nth: number,
  environment: Record<string, string | undefined> = process.env,
): string | undefined {
  const { RONDO_RUN_ID: run, RONDO_RUN_NTH: at = '0' } = environment;
  if (!run || isInStep() || nth !== Number(at)) return undefined;
  // Processes that this one starts have runs of their own.
  delete environment.RONDO_RUN_ID;
  return run;
}

/** Ties a run to the step that started it. */
function stepTags(environment: Record<string, string | undefined> = process.env): Record<string, string> {
  const names = {
    'rondo.pipeline': environment.RONDO_PIPELINE,
    'rondo.pipeline_run': environment.RONDO_PIPELINE_RUN,
    'rondo.step_run': environment.RONDO_STEP_RUN,
    'rondo.attempt_key': environment.RONDO_ATTEMPT_KEY,
    'mlflow.source.git.commit': environment.RONDO_COMMIT,
  };
  const known = Object.entries(names).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(known);
}

const hasCode = (error: unknown, code: string): boolean => error instanceof AppError && error.code === code;
