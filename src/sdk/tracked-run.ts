import { type Refused, sendLeftBehind, Sender } from './background.ts';
import { answeredFetch, type Connection, send, uploadArtifact } from './connection.ts';
import { type Entry, Journal } from './journal.ts';
import { mlModel, type ModelSignature } from './mlmodel.ts';

export type Plain = string | number | boolean;

export interface NewModel {
  name: string;
  flavor: 'onnx';
  bytes: Uint8Array;
  signature: ModelSignature;
  /** Feature service whose columns the model reads. */
  featureService?: string;
  params?: Record<string, Plain>;
  tags?: Record<string, string>;
}

/** A tracked run: what MLflow's clients see as a run. */
export interface TrackedRun {
  id: string;
  experimentId: string;
  logMetric(key: string, value: number, options?: { step?: number; time?: number }): Promise<void>;
  logMetrics(values: Record<string, number>, options?: { step?: number; time?: number }): Promise<void>;
  logParam(key: string, value: Plain): Promise<void>;
  logParams(params: Record<string, Plain>): Promise<void>;
  setTags(tags: Record<string, string>): Promise<void>;
  /** Says which dataset version the run read; `context` is `training`, `evaluation` … */
  logDataset(dataset: { name: string; digest: string; source?: string }, context?: string): Promise<void>;
  logArtifact(path: string, bytes: Uint8Array | string): Promise<void>;
  /** Logs a model with its `MLmodel`; `registerModel(name, { model_id })` makes it a version. Waits for the server, also in the background. */
  logModel(model: NewModel): Promise<{ model_id: string }>;
  /** Waits until everything logged so far is at the server, at most `ms` (30,000); false when it is not. */
  flush(ms?: number): Promise<boolean>;
  /** What the server refused for good of a run in the background. */
  readonly refused: readonly Refused[];
  end(status?: 'FINISHED' | 'FAILED' | 'KILLED'): Promise<void>;
}

/** How what a run says gets to the server. */
export interface Way {
  log(entry: Entry): Promise<void>;
  /** `to` begins with the experiment. */
  file(to: string, bytes: Uint8Array | string): Promise<void>;
  flush(ms: number): Promise<boolean>;
  end(status: string): Promise<void>;
  refused: readonly Refused[];
}

/** How long ending a run waits for its server. */
const PATIENCE_MS = 30_000;
/** Refusals that are printed; all are in `refused`. */
const TOLD = 20;
/** MLflow keeps no longer digest of a dataset; the source names the version in full. */
const DIGEST_LENGTH = 36;
/** Entries of one `log-batch` request. */
const BATCH = { metrics: 1000, params: 100, tags: 100 };

export type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** MLflow's REST API, as its own clients use it. */
export const mlflowCall =
  (connection: Connection): Call =>
  async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const init: RequestInit =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return (await send(connection, method, `/api/2.0/mlflow/${path}`, init)).json() as Promise<T>;
  };

/** Each call waits for its answer and throws what the server refuses. */
export function acknowledged(connection: Connection, run_id: string): Way {
  const call = mlflowCall(connection);
  return {
    async log(entry) {
      if (entry.call) await call('POST', entry.call.path, { run_id, ...entry.call.body });
      else await call('POST', 'runs/log-batch', { run_id, ...entry });
    },
    file: (to, bytes) => uploadArtifact(connection, to, bytes),
    flush: async () => true,
    async end(status) {
      await call('POST', 'runs/update', { run_id, status, end_time: Date.now() });
    },
    refused: [],
  };
}

/** Through a journal of this machine: no call waits for the server or throws. */
export function inBackground(connection: Connection, run_id: string): Way {
  const { url, project } = connection;
  const refused: Refused[] = [];
  const tell = (one: Refused) => {
    refused.push(one);
    if (refused.length <= TOLD) console.warn(`Rondo refused ${one.what}: ${one.why}`);
  };
  const own = { ...connection, fetch: answeredFetch };
  const journal = Journal.begin({ url, project, run_id });
  const sender = new Sender(own, journal, tell);
  void sendLeftBehind(own, Journal.leftBehind(url), () => {}, PATIENCE_MS).catch(() => {});
  return {
    refused,
    async log(entry) {
      journal.add(entry);
      sender.wake();
    },
    async file(to, bytes) {
      try {
        await journal.addFile(to, bytes);
        sender.wake();
      } catch {
        // No room beside the journal: the server takes it now, or it is lost.
        await uploadArtifact(connection, to, bytes).catch((error: Error) =>
          tell({ what: `file '${to}'`, why: error.message }),
        );
      }
    },
    flush: (ms) => sender.drained(ms),
    async end(status) {
      journal.add({ end: { status, end_time: Date.now() } });
      if ((await sender.drained(PATIENCE_MS)) && journal.waiting.length === 0) journal.remove();
      else
        console.warn(
          `Run ${run_id}: ${journal.waiting.length} entries are not at ${url} yet. They wait in ${journal.file}; the next run sends them, or rondo runs sync.`,
        );
    },
  };
}

/** `before` settles when what was begun with the run and has to be logged before its end is logged. */
export function trackedRun(
  connection: Connection,
  { id, experimentId }: { id: string; experimentId: string },
  way: Way,
  before: Promise<void>,
): TrackedRun {
  const call = mlflowCall(connection);
  async function logMetrics(values: Record<string, number>, at: { step?: number; time?: number } = {}) {
    const metrics = Object.entries(values).map(([key, value]) => ({
      key,
      // proto JSON writes NaN and infinities as text
      value: Number.isFinite(value) ? value : String(value),
      timestamp: at.time ?? Date.now(),
      step: at.step ?? 0,
    }));
    for (const part of chunks(metrics, BATCH.metrics)) await way.log({ metrics: part });
  }
  return {
    id,
    experimentId,
    logMetrics,
    logParam: (key, value) => way.log({ params: pairs({ [key]: value }) }),
    logMetric: (key, value, at) => logMetrics({ [key]: value }, at),
    async logParams(params) {
      for (const part of chunks(pairs(params), BATCH.params)) await way.log({ params: part });
    },
    async setTags(tags) {
      for (const part of chunks(pairs(tags), BATCH.tags)) await way.log({ tags: part });
    },
    async logDataset({ name, digest, source }, context = 'training') {
      const dataset = {
        name,
        digest: digest.slice(0, DIGEST_LENGTH),
        source_type: 'rondo',
        source: source ?? `rondo:dataset:${name}`,
      };
      const tags = [{ key: 'mlflow.data.context', value: context }];
      await way.log({ call: { path: 'runs/log-inputs', body: { datasets: [{ dataset, tags }] } } });
    },
    logArtifact: (path, bytes) => way.file(`${experimentId}/${id}/artifacts/${path}`, bytes),
    async logModel(fresh) {
      const { model } = await call<{ model: { info: { model_id: string } } }>('POST', 'logged-models', {
        experiment_id: experimentId,
        name: fresh.name,
        source_run_id: id,
        params: pairs(fresh.params ?? {}),
        tags: pairs(fresh.tags ?? {}),
      });
      const { model_id } = model.info;
      const folder = `${experimentId}/models/${model_id}/artifacts`;
      const facts = { model_id, run_id: id, artifact_path: `mlflow-artifacts:/${folder}` };
      await uploadArtifact(connection, `${folder}/model.onnx`, fresh.bytes);
      await uploadArtifact(connection, `${folder}/MLmodel`, mlModel(fresh, facts));
      await call('PATCH', `logged-models/${model_id}`, { model_id, status: 'LOGGED_MODEL_READY' });
      await call('POST', 'runs/outputs', { run_id: id, models: [{ model_id, step: 0 }] });
      return { model_id };
    },
    async flush(ms = PATIENCE_MS) {
      await before;
      return way.flush(ms);
    },
    refused: way.refused,
    async end(status = 'FINISHED') {
      await before;
      await way.end(status);
    },
  };
}

export const pairs = (values: Record<string, Plain>): { key: string; value: string }[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: String(value) }));

function chunks<T>(list: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
