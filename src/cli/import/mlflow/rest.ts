import type { DatasetInput } from '../../../domains/tracking/schema.ts';
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
  Unreachable,
} from '../source.ts';
import { Unread } from '../unread.ts';
import { Connection, type Credentials, listOf, type Loose, orNone, pairsIn } from './connection.ts';
import { tracesOf } from './rest-traces.ts';
import { nameIn } from './workspaces.ts';
import {
  lifecycle,
  modelStatus,
  number,
  numberOrNull,
  runStatus,
  stageOf,
  text,
  versionStatus,
} from './words.ts';

const HISTORY_PAGE = 25_000;
const HISTORIES_AHEAD = 4;

/** A running MLflow server of version 2 or 3. What its API does not show (deleted logged models and versions) stays behind. */
export function mlflowServer(
  address: string,
  workspace: string | undefined,
  credentials: Credentials,
): Source {
  const server = new Connection(address, workspace, credentials);
  const unread = new Unread();

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
      for await (const metric of server.listed('/api/2.0/mlflow/metrics/get-history', query, 'metrics'))
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
    name: nameIn(server.name, workspace),
    unread: unread.lost,

    async *experiments() {
      const all = { view_type: 'ALL', max_results: 1000 };
      for await (const found of server.posted('/api/2.0/mlflow/experiments/search', all, 'experiments')) {
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
      for await (const run of server.posted('/api/2.0/mlflow/runs/search', body, 'runs')) yield runOf(run);
    },

    async *models({ id }: SourceExperiment) {
      const body = { experiment_ids: [id], max_results: 50 };
      const found = server.posted('/api/2.0/mlflow/logged-models/search', body, 'models');
      for await (const model of orNone(found)) yield modelOf(model);
    },

    traces: ({ id }: SourceExperiment) => tracesOf(server, unread, id),

    async *registered() {
      const path = '/api/2.0/mlflow/registered-models/search';
      const models = server.listed(path, { max_results: 100 }, 'registered_models');
      for await (const model of models) yield await registeredOf(model, false);
      // Prompts are in the same table, and are found only by whoever asks for them.
      const filter = "tags.`mlflow.prompt.is_prompt` = 'true'";
      const asked = server.listed(path, { max_results: 100, filter }, 'registered_models');
      for await (const prompt of orNone(asked)) yield await registeredOf(prompt, true);
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

  async function registeredOf(model: Loose, prompt: boolean): Promise<SourceRegistered> {
    const name = text(model.name);
    const quoted = `name='${name.replaceAll("'", "\\'")}'`;
    const filter = prompt ? `${quoted} AND tags.\`mlflow.prompt.is_prompt\` = 'true'` : quoted;
    const versions: SourceRegistered['versions'] = [];
    const query = { filter, max_results: 1000 };
    const found = server.listed('/api/2.0/mlflow/model-versions/search', query, 'model_versions');
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
