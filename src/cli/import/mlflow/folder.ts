import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import type { DatasetInput, KeyValue } from '../../../domains/tracking/schema.ts';
import type { Assessment } from '../../../domains/tracking/schema/traces.ts';
import { filesAt, folder, type Places } from '../files.ts';
import { SeriesBuffer } from '../series.ts';
import { Unread } from '../unread.ts';
import type {
  Files,
  Lost,
  Source,
  SourceExperiment,
  SourceModel,
  SourceRegistered,
  SourceRun,
  SourceSeries,
  SourceTrace,
} from '../source.ts';
import { spansOfFile } from './spans.ts';
import {
  DELETED_STAGE,
  lifecycle,
  modelStatus,
  number,
  numberOrNull,
  pairsOf,
  pythonFloat,
  runStatus,
  seconds,
  stageOf,
  text,
  timestamp,
  traceState,
  versionStatus,
} from './words.ts';

type Meta = Record<string, unknown>;

const META = 'meta.yaml';
const NOT_RUNS = ['tags', 'datasets', 'traces', 'models'];

/** An `mlruns` folder as MLflow's file store writes it. */
export function mlflowFolder(root: string, places: Places): Source {
  const homes = new Map<string, string>();
  const unread = new Unread();
  const metaOf = (kind: string, home: string, name?: string) =>
    unread.read(kind, home, () => metaIn(home, name));

  /** Files lie where the folder is now, also when it was moved since it was written. */
  const filesOf = (location: string, beside: string, owner: string): Files =>
    existsSync(beside) ? folder(beside) : filesAt(location, places, owner);

  return {
    name: root,
    unread: unread.lost,

    async *experiments() {
      for (const home of [root, join(root, '.trash')]) {
        for (const name of await foldersIn(home)) {
          if (name === 'models' || name === '.trash') continue;
          const meta = await metaOf('experiments', join(home, name));
          if (!meta) continue;
          const id = text(meta.experiment_id ?? name);
          homes.set(id, join(home, name));
          yield {
            id,
            name: text(meta.name),
            lifecycle: lifecycle(meta.lifecycle_stage),
            created_at: numberOrNull(meta.creation_time) ?? undefined,
            updated_at: numberOrNull(meta.last_update_time) ?? undefined,
            tags: await textsIn(join(home, name, 'tags')),
          };
        }
      }
    },

    async *runs({ id }: SourceExperiment) {
      const home = homes.get(id) ?? join(root, id);
      for (const name of await foldersIn(home)) {
        if (NOT_RUNS.includes(name)) continue;
        const meta = await metaOf('runs', join(home, name));
        if (!meta || (meta.run_id ?? meta.run_uuid) === undefined) continue;
        const run = await unread.read('runs', name, () => runIn(home, join(home, name), meta));
        if (run) yield run;
      }
    },

    async *models({ id }: SourceExperiment) {
      const home = join(homes.get(id) ?? join(root, id), 'models');
      for (const name of await foldersIn(home)) {
        const meta = await metaOf('logged models', join(home, name));
        if (meta) yield await modelIn(join(home, name), meta);
      }
    },

    async *traces({ id }: SourceExperiment) {
      const home = join(homes.get(id) ?? join(root, id), 'traces');
      for (const name of await foldersIn(home)) {
        const meta = await metaOf('traces', join(home, name), 'trace_info.yaml');
        const trace = meta && (await unread.read('traces', name, () => traceIn(join(home, name), meta)));
        if (trace) yield trace;
      }
    },

    async *registered() {
      for (const name of await foldersIn(join(root, 'models'))) {
        const home = join(root, 'models', name);
        const meta = await metaOf('registered models', home);
        const model = meta && (await unread.read('registered models', name, () => registeredIn(home, meta)));
        if (model) yield model;
      }
    },
  };

  async function runIn(experiment: string, home: string, meta: Meta): Promise<SourceRun> {
    const tags = await textsIn(join(home, 'tags'));
    const end = numberOrNull(meta.end_time);
    const keys = await namesIn(join(home, 'metrics'));
    const lost: Lost[] = [];
    const run_id = text(meta.run_id ?? meta.run_uuid);
    const status = runStatus(meta.status);
    return {
      run_id,
      name:
        text(meta.run_name) ||
        text(meta.name) ||
        text(tags.find(({ key }) => key === 'mlflow.runName')?.value),
      user_id: text(meta.user_id),
      status,
      start_time: number(meta.start_time),
      end_time: end,
      lifecycle: lifecycle(meta.lifecycle_stage),
      params: await textsIn(join(home, 'params')),
      tags,
      ...(await inputsIn(experiment, home)),
      location: text(meta.artifact_uri),
      files: filesOf(text(meta.artifact_uri), join(home, 'artifacts'), run_id),
      mark:
        end === null ? undefined : JSON.stringify([status, end, await sizesOf(join(home, 'metrics'), keys)]),
      lost,
      async *series(): AsyncGenerator<SourceSeries> {
        for (const key of keys)
          yield { key, points: await pointsOf(join(home, 'metrics', key), key, run_id, lost) };
      },
    };
  }

  async function modelIn(home: string, meta: Meta): Promise<SourceModel> {
    const metrics: SourceModel['metrics'] = [];
    for (const key of await namesIn(join(home, 'metrics'))) {
      for (const line of (await readFile(join(home, 'metrics', key), 'utf8')).split('\n')) {
        const [time, value, step, run_id, dataset_name = '', dataset_digest = ''] = line.trim().split(' ');
        if (value === undefined || run_id === undefined) continue;
        const point = { key, run_id, step: number(step), timestamp: number(time), value: pythonFloat(value) };
        metrics.push({ ...point, dataset_name, dataset_digest });
      }
    }
    return {
      model_id: text(meta.model_id),
      name: text(meta.name),
      model_type: text(meta.model_type),
      source_run_id: text(meta.source_run_id),
      status: modelStatus(meta.status),
      status_message: meta.status_message ? text(meta.status_message) : null,
      lifecycle: lifecycle(meta.lifecycle_stage),
      created_at: number(meta.creation_timestamp),
      updated_at: number(meta.last_updated_timestamp),
      params: await textsIn(join(home, 'params')),
      tags: await textsIn(join(home, 'tags')),
      metrics,
      location: text(meta.artifact_location),
      files: filesOf(text(meta.artifact_location), join(home, 'artifacts'), text(meta.model_id)),
    };
  }
}

/** Metrics may have slashes in their names, which are folders. */
async function namesIn(home: string, inside = ''): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(join(home, inside), { withFileTypes: true }).catch(() => []);
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await namesIn(home, path)));
    else found.push(path);
  }
  return found;
}

async function textsIn(home: string): Promise<KeyValue[]> {
  const names = await namesIn(home);
  return Promise.all(names.map(async (key) => ({ key, value: await readFile(join(home, key), 'utf8') })));
}

async function foldersIn(home: string): Promise<string[]> {
  const entries = await readdir(home, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** undefined where there is no such file; what is in it is read as MLflow wrote it, or not at all. */
async function metaIn(home: string, name = META): Promise<Meta | undefined> {
  const content = await readFile(join(home, name), 'utf8').catch(() => undefined);
  if (content === undefined) return undefined;
  const meta = parse(content) as unknown;
  if (meta === null || typeof meta !== 'object') throw new SyntaxError(`${name} holds no fields.`);
  return meta as Meta;
}

async function sizesOf(home: string, names: readonly string[]): Promise<number[]> {
  const sizes = await Promise.all(names.map((name) => stat(join(home, name))));
  return [names.length, sizes.reduce((sum, { size }) => sum + size, 0)];
}

/** Lines of time, value and step; the step was not written in the first versions. */
async function pointsOf(file: string, key: string, run_id: string, lost: Lost[]): Promise<SeriesBuffer> {
  const points = new SeriesBuffer();
  let broken = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const [time, value = '', step = '0'] = line.trim().split(' ');
    const known = pythonFloat(value);
    if (!/^\d+$/.test(time ?? '') || !/^-?\d+$/.test(step) || (Number.isNaN(known) && !/nan/i.test(value)))
      broken++;
    else points.add(Number(step), Number(time), known);
  }
  if (broken > 0)
    lost.push({ kind: 'points', id: run_id, key, count: broken, why: 'The line cannot be read.' });
  return points;
}

async function inputsIn(
  experiment: string,
  home: string,
): Promise<Pick<SourceRun, 'datasets' | 'model_inputs' | 'model_outputs'>> {
  const datasets: DatasetInput[] = [];
  const model_inputs: SourceRun['model_inputs'] = [];
  const model_outputs: SourceRun['model_outputs'] = [];
  for (const name of await foldersIn(join(home, 'inputs'))) {
    const meta = await metaIn(join(home, 'inputs', name));
    if (meta?.source_type === 'MODEL') model_inputs.push({ model_id: text(meta.source_id) });
    if (meta?.source_type !== 'DATASET') continue;
    const dataset = await metaIn(join(experiment, 'datasets', text(meta.source_id)));
    if (!dataset) continue;
    const { schema, profile } = dataset;
    datasets.push({
      tags: pairsOf((meta.tags ?? {}) as Meta),
      dataset: {
        name: text(dataset.name),
        digest: text(dataset.digest),
        source_type: text(dataset.source_type),
        source: text(dataset.source),
        ...(schema ? { schema: text(schema) } : {}),
        ...(profile ? { profile: text(profile) } : {}),
      },
    });
  }
  for (const name of await foldersIn(join(home, 'outputs'))) {
    const meta = await metaIn(join(home, 'outputs', name));
    if (meta) model_outputs.push({ model_id: name, step: number(meta.step) });
  }
  return { datasets, model_inputs, model_outputs };
}

async function traceIn(home: string, meta: Meta): Promise<SourceTrace> {
  const spans = await readFile(join(home, 'artifacts', 'traces.json'), 'utf8').catch(() => undefined);
  const assessments: Assessment[] = [];
  for (const name of await namesIn(join(home, 'assessments')))
    assessments.push((await metaIn(join(home, 'assessments'), name)) as unknown as Assessment);
  const record = async (name: string) =>
    Object.fromEntries((await textsIn(join(home, name))).map(({ key, value }) => [key, value]));
  const took = meta.execution_duration_ms ?? meta.execution_time_ms;
  return {
    trace_id: text(meta.trace_id ?? meta.request_id),
    info: {
      request_preview: meta.request_preview ? text(meta.request_preview) : undefined,
      response_preview: meta.response_preview ? text(meta.response_preview) : undefined,
      client_request_id: meta.client_request_id ? text(meta.client_request_id) : undefined,
      request_time: text(meta.request_time ?? timestamp(number(meta.timestamp_ms))),
      execution_duration: numberOrNull(took) === null ? undefined : seconds(number(took)),
      state: traceState(meta.state ?? meta.status),
      trace_metadata: await record('request_metadata'),
      tags: await record('tags'),
      assessments,
    },
    spans: spans === undefined ? [] : spansOfFile(spans),
    files: folder(join(home, 'artifacts')),
  };
}

async function registeredIn(home: string, meta: Meta): Promise<SourceRegistered> {
  const versions: SourceRegistered['versions'] = [];
  let last_version = 0;
  for (const name of await foldersIn(home)) {
    const of = /^version-(\d+)$/.test(name) ? await metaIn(join(home, name)) : undefined;
    if (!of) continue;
    last_version = Math.max(last_version, number(of.version));
    if (of.current_stage === DELETED_STAGE) continue;
    versions.push({
      version: number(of.version),
      stage: stageOf(of.current_stage),
      description: text(of.description),
      source: text(of.source),
      location: text(of.storage_location ?? of.source),
      run_id: text(of.run_id),
      run_link: text(of.run_link),
      model_id: text(of.model_id),
      user_id: text(of.user_id),
      status: versionStatus(of.status),
      created_at: number(of.creation_timestamp),
      updated_at: number(of.last_updated_timestamp),
      tags: await textsIn(join(home, name, 'tags')),
    });
  }
  const aliases = Object.entries((meta.aliases ?? {}) as Meta);
  return {
    name: text(meta.name),
    description: text(meta.description),
    created_at: number(meta.creation_timestamp),
    updated_at: number(meta.last_updated_timestamp),
    tags: await textsIn(join(home, 'tags')),
    last_version,
    aliases: aliases.map(([alias, version]) => ({ alias, version: number(version) })),
    versions: versions.sort((a, b) => a.version - b.version),
  };
}
