import type { DatasetInput, KeyValue } from '../../../domains/tracking/schema.ts';
import type { Assessment } from '../../../domains/tracking/schema/traces.ts';
import { AppError } from '../../../lib/errors.ts';
import { retry } from '../../../lib/retry.ts';
import { SeriesBuffer } from '../series.ts';
import {
  type Files,
  type Source,
  type SourceExperiment,
  type SourceFile,
  type SourceModel,
  type SourceRegistered,
  type SourceRun,
  type SourceSeries,
  type SourceTrace,
  Unreachable,
} from '../source.ts';
import { Unread } from '../unread.ts';
import { spansOfFile } from './spans.ts';
import {
  lifecycle,
  modelStatus,
  number,
  numberOrNull,
  runStatus,
  stageOf,
  text,
  traceState,
  versionStatus,
} from './words.ts';

type Loose = Record<string, unknown>;

export interface Credentials {
  token?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
}

const ATTEMPTS = 6;
const HISTORY_PAGE = 25_000;
const HISTORIES_AHEAD = 4;

/** A running MLflow server of version 2 or 3. What its API does not show (deleted logged models and versions) stays behind. */
export function mlflowServer(
  address: string,
  workspace: string | undefined,
  credentials: Credentials,
): Source {
  const server = new Server(address, workspace, credentials);
  const unread = new Unread();

  async function* paged(
    read: (token: string | undefined) => Promise<Loose>,
    field: string,
  ): AsyncGenerator<Loose> {
    let token: string | undefined;
    do {
      const page = await read(token);
      yield* listOf(page[field]);
      token = text(page.next_page_token) || undefined;
    } while (token !== undefined);
  }
  const post = (path: string, body: Loose) => (page_token: string | undefined) =>
    server.json('POST', path, { ...body, ...(page_token === undefined ? {} : { page_token }) });
  const get = (path: string, query: Loose) => (page_token: string | undefined) =>
    server.json('GET', path, { ...query, page_token });

  function filesOf(list: (path: string) => [string, Loose], open: (path: string) => [string, Loose]): Files {
    async function* below(folder: string): AsyncGenerator<SourceFile> {
      const [path, query] = list(folder);
      const page = await server.json('GET', path, query).catch((error: unknown) => {
        throw new Unreachable((error as Error).message);
      });
      for (const { path: found, is_dir, file_size } of listOf(page.files)) {
        if (is_dir === true) yield* below(text(found));
        else
          yield {
            path: text(found),
            size: numberOrNull(file_size) ?? undefined,
            open: () => server.bytes(...open(text(found))),
          };
      }
    }
    return { list: () => below('') };
  }

  async function* histories(run: Loose, keys: readonly string[]): AsyncGenerator<SourceSeries> {
    const read = async (key: string): Promise<SourceSeries> => {
      const points = new SeriesBuffer();
      const query = { run_id: run.run_id, metric_key: key, max_results: HISTORY_PAGE };
      for await (const metric of paged(get('/api/2.0/mlflow/metrics/get-history', query), 'metrics'))
        points.add(number(metric.step), number(metric.timestamp), number(metric.value));
      return { key, points };
    };
    for (let start = 0; start < keys.length; start += HISTORIES_AHEAD)
      yield* await Promise.all(keys.slice(start, start + HISTORIES_AHEAD).map(read));
  }

  function runOf({ info: about, data, inputs, outputs }: Loose): SourceRun {
    const info = about as Loose;
    const { metrics, params, tags } = (data ?? {}) as Loose;
    const run_id = text(info.run_id ?? info.run_uuid);
    const end = numberOrNull(info.end_time);
    const status = runStatus(info.status);
    const latest = listOf(metrics);
    const read = (inputs ?? {}) as Loose;
    return {
      run_id,
      name: text(info.run_name) || text(pairsIn(tags).find(({ key }) => key === 'mlflow.runName')?.value),
      user_id: text(info.user_id),
      status,
      start_time: number(info.start_time),
      end_time: end,
      lifecycle: lifecycle(info.lifecycle_stage),
      params: pairsIn(params),
      tags: pairsIn(tags),
      datasets: listOf(read.dataset_inputs).map(toDataset),
      model_inputs: listOf(read.model_inputs).map(({ model_id }) => ({ model_id: text(model_id) })),
      model_outputs: listOf(((outputs ?? {}) as Loose).model_outputs).map(({ model_id, step }) => ({
        model_id: text(model_id),
        step: number(step),
      })),
      location: text(info.artifact_uri),
      files: filesOf(
        (path) => ['/api/2.0/mlflow/artifacts/list', { run_id, path: path || undefined }],
        (path) => ['/get-artifact', { run_id, path }],
      ),
      mark:
        end === null
          ? undefined
          : JSON.stringify([
              status,
              end,
              latest.map((point) => [point.key, point.step, point.timestamp, point.value]),
            ]),
      series: () => histories({ run_id }, latest.map(({ key }) => text(key)).sort()),
    };
  }

  return {
    name: server.name,
    unread: unread.lost,

    async *experiments() {
      const all = { view_type: 'ALL', max_results: 1000 };
      for await (const found of paged(post('/api/2.0/mlflow/experiments/search', all), 'experiments')) {
        yield {
          id: text(found.experiment_id),
          name: text(found.name),
          lifecycle: lifecycle(found.lifecycle_stage),
          created_at: numberOrNull(found.creation_time) ?? undefined,
          updated_at: numberOrNull(found.last_update_time) ?? undefined,
          tags: pairsIn(found.tags),
        };
      }
    },

    async *runs({ id }: SourceExperiment) {
      const body = {
        experiment_ids: [id],
        run_view_type: 'ALL',
        max_results: 500,
        order_by: ['start_time ASC'],
      };
      for await (const run of paged(post('/api/2.0/mlflow/runs/search', body), 'runs')) yield runOf(run);
    },

    async *models({ id }: SourceExperiment) {
      const body = { experiment_ids: [id], max_results: 50 };
      const found = paged(post('/api/2.0/mlflow/logged-models/search', body), 'models');
      for await (const model of orNone(found)) yield modelOf(model);
    },

    async *traces({ id }: SourceExperiment) {
      const locations = [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: id } }];
      const found = paged(post('/api/3.0/mlflow/traces/search', { locations, max_results: 100 }), 'traces');
      for await (const about of orNone(found)) {
        const trace = await unread.read('traces', text(about.trace_id), () => traceOf(about));
        if (trace) yield trace;
      }
    },

    async *registered() {
      const models = paged(
        get('/api/2.0/mlflow/registered-models/search', { max_results: 100 }),
        'registered_models',
      );
      for await (const model of models) yield await registeredOf(model, false);
      // Prompts are in the same table, and are found only by whoever asks for them.
      const filter = "tags.`mlflow.prompt.is_prompt` = 'true'";
      const asked = get('/api/2.0/mlflow/registered-models/search', { max_results: 100, filter });
      for await (const prompt of orNone(paged(asked, 'registered_models')))
        yield await registeredOf(prompt, true);
    },
  };

  function modelOf({ info: about, data }: Loose): SourceModel {
    const info = about as Loose;
    const { params, metrics } = (data ?? {}) as Loose;
    const id = text(info.model_id);
    return {
      model_id: id,
      name: text(info.name),
      model_type: text(info.model_type),
      source_run_id: text(info.source_run_id),
      status: modelStatus(info.status),
      status_message: info.status_message ? text(info.status_message) : null,
      lifecycle: 'active',
      created_at: number(info.creation_timestamp_ms),
      updated_at: number(info.last_updated_timestamp_ms),
      params: pairsIn(params),
      tags: pairsIn(info.tags),
      metrics: listOf(metrics).map((point) => ({
        key: text(point.key),
        run_id: text(point.run_id),
        step: number(point.step),
        timestamp: number(point.timestamp),
        value: number(point.value),
        dataset_name: text(point.dataset_name),
        dataset_digest: text(point.dataset_digest),
      })),
      location: text(info.artifact_uri),
      files: filesOf(
        (path) => [
          `/api/2.0/mlflow/logged-models/${id}/artifacts/directories`,
          { artifact_directory_path: path || undefined },
        ],
        (path) => [`/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files`, { artifact_file_path: path }],
      ),
    };
  }

  async function traceOf(trace: Loose): Promise<SourceTrace> {
    const trace_id = text(trace.trace_id);
    const file = await server
      .text('/ajax-api/2.0/mlflow/get-trace-artifact', { request_id: trace_id })
      .catch((error: unknown) => {
        if (error instanceof AppError && error.status < 500) return '{}';
        throw error;
      });
    return {
      trace_id,
      info: {
        client_request_id: trace.client_request_id ? text(trace.client_request_id) : undefined,
        request_preview: trace.request_preview ? text(trace.request_preview) : undefined,
        response_preview: trace.response_preview ? text(trace.response_preview) : undefined,
        request_time: text(trace.request_time),
        execution_duration: trace.execution_duration ? text(trace.execution_duration) : undefined,
        state: traceState(trace.state),
        trace_metadata: (trace.trace_metadata ?? {}) as Record<string, string>,
        tags: (trace.tags ?? {}) as Record<string, string>,
        assessments: listOf(trace.assessments) as Assessment[],
      },
      spans: spansOfFile(file),
    };
  }

  async function registeredOf(model: Loose, prompt: boolean): Promise<SourceRegistered> {
    const name = text(model.name);
    const quoted = `name='${name.replaceAll("'", "\\'")}'`;
    const filter = prompt ? `${quoted} AND tags.\`mlflow.prompt.is_prompt\` = 'true'` : quoted;
    const versions: SourceRegistered['versions'] = [];
    const found = paged(
      get('/api/2.0/mlflow/model-versions/search', { filter, max_results: 1000 }),
      'model_versions',
    );
    for await (const version of found) {
      const key = { name, version: version.version };
      const where = await server
        .json('GET', '/api/2.0/mlflow/model-versions/get-download-uri', key)
        .catch(() => ({}) as Loose);
      versions.push({
        version: number(version.version),
        stage: stageOf(version.current_stage),
        description: text(version.description),
        source: text(version.source),
        location: text(where.artifact_uri) || text(version.source),
        run_id: text(version.run_id),
        run_link: text(version.run_link),
        model_id: text(version.model_id),
        user_id: text(version.user_id),
        status: versionStatus(version.status),
        created_at: number(version.creation_timestamp),
        updated_at: number(version.last_updated_timestamp),
        tags: pairsIn(version.tags),
      });
    }
    const whole = (await server.json('GET', '/api/2.0/mlflow/registered-models/get', { name }))
      .registered_model as Loose;
    return {
      name,
      description: text(whole.description),
      created_at: number(whole.creation_timestamp),
      updated_at: number(whole.last_updated_timestamp),
      tags: pairsIn(whole.tags),
      last_version: Math.max(0, ...versions.map(({ version }) => version)),
      aliases: listOf(whole.aliases).map(({ alias, version }) => ({
        alias: text(alias),
        version: number(version),
      })),
      versions: versions.sort((a, b) => a.version - b.version),
    };
  }
}

/** What servers of older versions do not have is not there. */
async function* orNone<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    if (!(error instanceof AppError) || ![404, 405, 501].includes(error.status)) throw error;
  }
}

const listOf = (value: unknown): Loose[] => (Array.isArray(value) ? (value as Loose[]) : []);
const pairsIn = (value: unknown): KeyValue[] =>
  listOf(value).map(({ key, value: of }) => ({ key: text(key), value: text(of) }));

function toDataset({ dataset: about, tags }: Loose): DatasetInput {
  const dataset = about as Loose;
  return {
    tags: pairsIn(tags),
    dataset: {
      name: text(dataset.name),
      digest: text(dataset.digest),
      source_type: text(dataset.source_type),
      source: text(dataset.source),
      ...(dataset.schema ? { schema: text(dataset.schema) } : {}),
      ...(dataset.profile ? { profile: text(dataset.profile) } : {}),
    },
  };
}

class Server {
  readonly name: string;
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor(address: string, workspace: string | undefined, { token, username, password }: Credentials) {
    const url = new URL(address);
    const user = username ?? (decodeURIComponent(url.username) || undefined);
    const secret = password ?? decodeURIComponent(url.password);
    url.username = '';
    url.password = '';
    this.#base = url.href.replace(/\/+$/, '');
    this.name = this.#base;
    const basic = Buffer.from(`${user}:${secret}`).toString('base64');
    this.#headers = {
      ...(user === undefined ? {} : { authorization: `Basic ${basic}` }),
      ...(token === undefined || user !== undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(workspace === undefined ? {} : { 'x-mlflow-workspace': workspace }),
    };
  }

  async json(method: 'GET' | 'POST', path: string, given: Loose): Promise<Loose> {
    const response = await this.#send(method, path, given);
    // MLflow's proto JSON writes NaN and the infinities as texts; some proxies leave them bare.
    return JSON.parse((await response.text()) || '{}') as Loose;
  }

  async text(path: string, query: Loose): Promise<string> {
    return (await this.#send('GET', path, query)).text();
  }

  async bytes(path: string, query: Loose): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#send('GET', path, query);
    return (body ?? []) as AsyncIterable<Uint8Array>;
  }

  #send(method: 'GET' | 'POST', path: string, given: Loose): Promise<Response> {
    const query = method === 'GET' ? queryOf(given) : '';
    const init: RequestInit =
      method === 'GET'
        ? { headers: this.#headers }
        : {
            method,
            headers: { ...this.#headers, 'content-type': 'application/json' },
            body: JSON.stringify(given),
          };
    return retry(
      async () => {
        const response = await fetch(this.#base + path + query, init).catch((cause: unknown) => {
          throw new AppError({ code: 'UNREACHABLE', status: 503 }, `No answer from ${this.#base}.`, {
            cause,
          });
        });
        if (response.ok) return response;
        const said = (await response.text()).slice(0, 500);
        throw new AppError(
          { code: 'MLFLOW_REFUSED', status: response.status },
          `${this.#base} answered ${response.status} to ${method} ${path}: ${said}`,
        );
      },
      {
        attempts: ATTEMPTS,
        when: (error) => error instanceof AppError && (error.status >= 502 || error.status === 429),
        baseMs: 300,
      },
    );
  }
}

function queryOf(given: Loose): string {
  const list = new URLSearchParams();
  for (const [key, value] of Object.entries(given)) if (value !== undefined) list.append(key, text(value));
  return `?${list.toString()}`;
}
