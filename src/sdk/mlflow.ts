import { AppError } from '../lib/errors.ts';
import { type Connection, send } from './connection.ts';
import { type Refused, sendLeftBehind, Sender } from './background.ts';
import { type Entry, Journal } from './journal.ts';
import { mlModel, type ModelSignature } from './mlmodel.ts';

export interface StartRun {
  /** Name of the experiment; made when it is new. */
  experiment: string;
  name?: string;
  params?: Record<string, string | number | boolean>;
  tags?: Record<string, string>;
  /**
   * Metrics, params and tags are written to a file of this machine and sent in the background: logging never waits for the
   * server, never throws, and outlives a restart of it and the death of this process. `end` waits for what is still to be sent.
   * What could not be sent is sent by the next run that is started in the background, or by `rondo runs sync`.
   */
  background?: boolean;
}

export interface NewModel {
  name: string;
  flavor: 'onnx';
  bytes: Uint8Array;
  signature: ModelSignature;
  /** Feature service whose columns the model reads. */
  featureService?: string;
  params?: Record<string, string | number | boolean>;
  tags?: Record<string, string>;
}

export interface ModelVersion {
  name: string;
  version: string;
  run_id?: string;
  source?: string;
}

/** A tracked run: what MLflow's clients see as a run. */
export interface TrackedRun {
  id: string;
  experimentId: string;
  logMetric(key: string, value: number, options?: { step?: number; time?: number }): Promise<void>;
  logMetrics(values: Record<string, number>, options?: { step?: number; time?: number }): Promise<void>;
  logParams(params: Record<string, string | number | boolean>): Promise<void>;
  setTags(tags: Record<string, string>): Promise<void>;
  /** Says which dataset version the run read; `context` is `training`, `evaluation` … */
  logDataset(dataset: { name: string; digest: string; source?: string }, context?: string): Promise<void>;
  logArtifact(path: string, bytes: Uint8Array | string): Promise<void>;
  /** Logs a model with its `MLmodel`; `registerModel(name, { model_id })` makes it a version. */
  logModel(model: NewModel): Promise<{ model_id: string }>;
  /** Waits until everything logged so far is at the server, at most `ms` (30,000); false when it is not. */
  flush(ms?: number): Promise<boolean>;
  /** What the server refused for good of a run in the background. */
  readonly refused: readonly Refused[];
  end(status?: 'FINISHED' | 'FAILED' | 'KILLED'): Promise<void>;
}

interface Background {
  journal: Journal;
  sender: Sender;
  refused: Refused[];
}

/** How long ending a run waits for its server. */
const PATIENCE_MS = 30_000;
/** Refusals that are printed; all are in `refused`. */
const TOLD = 20;

/** MLflow keeps no longer digest of a dataset; the source names the version in full. */
const DIGEST_LENGTH = 36;

/** Entries of one `log-batch` request. */
const BATCH = { metrics: 1000, params: 100, tags: 100 };

/** MLflow's REST API, as its own clients use it. */
export function createTracking(connection: Connection): {
  startRun(options: StartRun): Promise<TrackedRun>;
  registerModel(name: string, source: { model_id: string; run_id?: string }): Promise<ModelVersion>;
} {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const init: RequestInit =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return (await send(connection, method, `/api/2.0/mlflow/${path}`, init)).json() as Promise<T>;
  };

  async function experimentId(name: string): Promise<string> {
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

  async function startRun(options: StartRun): Promise<TrackedRun> {
    const experiment_id = await experimentId(options.experiment);
    const tags = { ...stepTags(), ...options.tags };
    const { run } = await call<{ run: { info: { run_id: string } } }>('POST', 'runs/create', {
      experiment_id,
      start_time: Date.now(),
      ...(options.name === undefined ? {} : { run_name: options.name }),
      tags: pairs(tags),
    });
    const { run_id } = run.info;
    const tracked = trackedRun(
      run_id,
      experiment_id,
      options.background ? beginBackground(run_id) : undefined,
    );
    if (options.params) await tracked.logParams(options.params);
    return tracked;
  }

  function beginBackground(run_id: string): Background {
    const { url, project } = connection;
    const refused: Refused[] = [];
    const tell = (one: Refused) => {
      refused.push(one);
      if (refused.length <= TOLD) console.warn(`Rondo refused ${one.what}: ${one.why}`);
    };
    const journal = Journal.begin({ url, project, run_id });
    void sendLeftBehind(connection, Journal.leftBehind(url), () => {}, PATIENCE_MS).catch(() => {});
    return { journal, sender: new Sender(connection, journal, tell), refused };
  }

  function trackedRun(id: string, experimentId: string, background?: Background): TrackedRun {
    const batch = async (part: Entry) => {
      if (!background) return void (await call('POST', 'runs/log-batch', { run_id: id, ...part }));
      background.journal.add(part);
      background.sender.wake();
    };
    async function logMetrics(values: Record<string, number>, at: { step?: number; time?: number } = {}) {
      const metrics = Object.entries(values).map(([key, value]) => ({
        key,
        // proto JSON writes NaN and infinities as text
        value: Number.isFinite(value) ? value : String(value),
        timestamp: at.time ?? Date.now(),
        step: at.step ?? 0,
      }));
      for (const part of chunks(metrics, BATCH.metrics)) await batch({ metrics: part });
    }
    const upload = (path: string, bytes: Uint8Array | string) => {
      const encoded = path.split('/').map(encodeURIComponent).join('/');
      const target = `/api/2.0/mlflow-artifacts/artifacts/${experimentId}/${encoded}`;
      return send(connection, 'PUT', target, { body: bytes as BodyInit });
    };
    return {
      id,
      experimentId,
      logMetrics,
      logMetric: (key, value, at) => logMetrics({ [key]: value }, at),
      async logParams(params) {
        for (const part of chunks(pairs(params), BATCH.params)) await batch({ params: part });
      },
      async setTags(tags) {
        for (const part of chunks(pairs(tags), BATCH.tags)) await batch({ tags: part });
      },
      async logDataset({ name, digest, source }, context = 'training') {
        const dataset = {
          name,
          digest: digest.slice(0, DIGEST_LENGTH),
          source_type: 'rondo',
          source: source ?? `rondo:dataset:${name}`,
        };
        const tags = [{ key: 'mlflow.data.context', value: context }];
        await call('POST', 'runs/log-inputs', { run_id: id, datasets: [{ dataset, tags }] });
      },
      async logArtifact(path, bytes) {
        await upload(`${id}/artifacts/${path}`, bytes);
      },
      async logModel(fresh) {
        const { model } = await call<{ model: { info: { model_id: string } } }>('POST', 'logged-models', {
          experiment_id: experimentId,
          name: fresh.name,
          source_run_id: id,
          params: pairs(fresh.params ?? {}),
          tags: pairs(fresh.tags ?? {}),
        });
        const { model_id } = model.info;
        const folder = `models/${model_id}/artifacts`;
        const facts = { model_id, run_id: id, artifact_path: `mlflow-artifacts:/${experimentId}/${folder}` };
        await upload(`${folder}/model.onnx`, fresh.bytes);
        await upload(`${folder}/MLmodel`, mlModel(fresh, facts));
        await call('PATCH', `logged-models/${model_id}`, { model_id, status: 'LOGGED_MODEL_READY' });
        await call('POST', 'runs/outputs', { run_id: id, models: [{ model_id, step: 0 }] });
        return { model_id };
      },
      async flush(ms = PATIENCE_MS) {
        return (await background?.sender.drained(ms)) ?? true;
      },
      refused: background?.refused ?? [],
      async end(status = 'FINISHED') {
        const end = { status, end_time: Date.now() };
        if (!background) return void (await call('POST', 'runs/update', { run_id: id, ...end }));
        const { journal, sender } = background;
        journal.add({ end });
        if ((await sender.drained(PATIENCE_MS)) && journal.waiting.length === 0) journal.remove();
        else
          console.warn(
            `Run ${id}: ${journal.waiting.length} entries are not at ${connection.url} yet. They wait in ${journal.file}; the next run sends them, or rondo runs sync.`,
          );
      },
    };
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

const pairs = (values: Record<string, string | number | boolean>): { key: string; value: string }[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: String(value) }));

function chunks<T>(list: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

const hasCode = (error: unknown, code: string): boolean => error instanceof AppError && error.code === code;
