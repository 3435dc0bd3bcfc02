import type { DatasetInput, KeyValue } from '../../../domains/tracking/schema.ts';
import type { Assessment } from '../../../domains/tracking/schema/traces.ts';
import { filesAt, type Places } from '../files.ts';
import { SeriesBuffer } from '../series.ts';
import type {
  Source,
  SourceExperiment,
  SourceModel,
  SourceRegistered,
  SourceRun,
  SourceSeries,
  SourceTrace,
} from '../source.ts';
import { nameIn } from './workspaces.ts';
import { Unread } from '../unread.ts';
import { parseSpanText, spansAndFiles, toSpan } from './spans.ts';
import { openTables, type Row, type Tables } from './tables.ts';
import {
  DELETED_STAGE,
  lifecycle,
  modelStatus,
  number,
  numberOrNull,
  runStatus,
  seconds,
  stageOf,
  text,
  timestamp,
  traceState,
  versionStatus,
} from './words.ts';

/**
 * The database of an MLflow server of version 2 or 3. Tables and columns that only some versions have are read where they are there.
 * Names are unique within one workspace, so one is read at a time.
 */
export async function mlflowDatabase(
  url: string,
  named: string | undefined,
  places: Places,
): Promise<Source> {
  const workspace = named ?? 'default';
  const tables = await openTables(url);
  const unread = new Unread();
  const inWorkspace = (row: Row) => row.workspace === undefined || row.workspace === workspace;
  const pairs = async (table: string, owner: string, id: unknown, key = 'key', value = 'value') => {
    const rows = (await tables.has(table))
      ? await tables.all(
          `select ${key} as k, ${value} as v from ${table} where ${owner} = ? order by ${key}`,
          [id],
        )
      : [];
    return rows.map(({ k, v }): KeyValue => ({ key: text(k), value: text(v) }));
  };

  return {
    name: nameIn(url.replace(/\/\/[^@/]*@/, '//'), named),
    unread: unread.lost,
    close: () => tables.close(),

    async *experiments() {
      for (const row of await tables.all('select * from experiments order by experiment_id')) {
        if (!inWorkspace(row)) continue;
        yield {
          id: text(row.experiment_id),
          name: text(row.name),
          lifecycle: lifecycle(row.lifecycle_stage),
          created_at: numberOrNull(row.creation_time) ?? undefined,
          updated_at: numberOrNull(row.last_update_time) ?? undefined,
          tags: await pairs('experiment_tags', 'experiment_id', row.experiment_id),
        };
      }
    },

    async *runs({ id }: SourceExperiment) {
      const sql = 'select * from runs where experiment_id = ? order by start_time, run_uuid';
      for await (const row of tables.each(sql, [Number(id)])) yield await runOf(row);
    },

    async *models({ id }: SourceExperiment) {
      if (!(await tables.has('logged_models'))) return;
      const sql =
        'select * from logged_models where experiment_id = ? order by creation_timestamp_ms, model_id';
      for await (const row of tables.each(sql, [Number(id)])) yield await modelOf(row);
    },

    async *traces({ id }: SourceExperiment) {
      if (!(await tables.has('trace_info'))) return;
      const sql = 'select * from trace_info where experiment_id = ? order by timestamp_ms, request_id';
      for await (const row of tables.each(sql, [Number(id)])) {
        const trace = await unread.read('traces', text(row.request_id), () => traceOf(row));
        if (trace) yield trace;
      }
    },

    async *registered() {
      if (!(await tables.has('registered_models'))) return;
      for (const row of await tables.all('select * from registered_models order by name'))
        if (inWorkspace(row)) yield await registeredOf(row);
    },
  };

  async function runOf(row: Row): Promise<SourceRun> {
    const id = row.run_uuid;
    const end = numberOrNull(row.end_time);
    const tags = await pairs('tags', 'run_uuid', id);
    const [known] = await tables.all(
      'select count(*) as n, max(timestamp) as newest from metrics where run_uuid = ?',
      [id],
    );
    const status = runStatus(row.status);
    return {
      run_id: text(id),
      name: text(row.name) || text(tags.find(({ key }) => key === 'mlflow.runName')?.value),
      user_id: text(row.user_id),
      status,
      start_time: number(row.start_time),
      end_time: end,
      lifecycle: lifecycle(row.lifecycle_stage),
      params: await pairs('params', 'run_uuid', id),
      tags,
      ...(await inputsOf(tables, id)),
      location: text(row.artifact_uri),
      files: filesAt(text(row.artifact_uri), places, text(id)),
      mark: end === null ? undefined : JSON.stringify([status, end, text(known?.n), text(known?.newest)]),
      async *series(): AsyncGenerator<SourceSeries> {
        let now: SourceSeries | undefined;
        const sql =
          'select key, value, timestamp, step, is_nan from metrics where run_uuid = ? order by key, step, timestamp';
        for await (const point of tables.each(sql, [id])) {
          const key = text(point.key);
          if (now && now.key !== key) yield now;
          if (now?.key !== key) now = { key, points: new SeriesBuffer() };
          const value =
            Number(point.is_nan) === 1 || point.is_nan === true ? Number.NaN : number(point.value);
          now.points.add(number(point.step), number(point.timestamp), value);
        }
        if (now) yield now;
      },
    };
  }

  async function modelOf(row: Row): Promise<SourceModel> {
    const id = row.model_id;
    const points = await tables.all('select * from logged_model_metrics where model_id = ?', [id]);
    return {
      model_id: text(id),
      name: text(row.name),
      model_type: text(row.model_type),
      source_run_id: text(row.source_run_id),
      status: modelStatus(row.status),
      status_message: row.status_message ? text(row.status_message) : null,
      lifecycle: lifecycle(row.lifecycle_stage),
      created_at: number(row.creation_timestamp_ms),
      updated_at: number(row.last_updated_timestamp_ms),
      params: await pairs('logged_model_params', 'model_id', id, 'param_key', 'param_value'),
      tags: await pairs('logged_model_tags', 'model_id', id, 'tag_key', 'tag_value'),
      metrics: points.map((point) => ({
        key: text(point.metric_name),
        run_id: text(point.run_id),
        step: number(point.metric_step),
        timestamp: number(point.metric_timestamp_ms),
        value: point.metric_value === null ? Number.NaN : number(point.metric_value),
        dataset_name: text(point.dataset_name),
        dataset_digest: text(point.dataset_digest),
      })),
      location: text(row.artifact_location),
      files: filesAt(text(row.artifact_location), places, text(id)),
    };
  }

  async function traceOf(row: Row): Promise<SourceTrace> {
    const id = row.request_id;
    const record = async (table: string) =>
      Object.fromEntries((await pairs(table, 'request_id', id)).map(({ key, value }) => [key, value]));
    const spans = (await tables.has('spans'))
      ? await tables.all('select * from spans where trace_id = ? order by start_time_unix_nano, span_id', [
          id,
        ])
      : [];
    const said = (await tables.has('assessments'))
      ? await tables.all('select * from assessments where trace_id = ? order by created_timestamp', [id])
      : [];
    const took = numberOrNull(row.execution_time_ms);
    const tags = await record('trace_tags');
    const rows = spans.map(({ content }) => toSpan(parseSpanText(text(content)) as Row));
    const location = tags['mlflow.artifactLocation'];
    return {
      trace_id: text(id),
      ...(await spansAndFiles(rows, location ? filesAt(location, places, text(id)) : undefined, text(id))),
      info: {
        client_request_id: row.client_request_id ? text(row.client_request_id) : undefined,
        request_preview: row.request_preview ? text(row.request_preview) : undefined,
        response_preview: row.response_preview ? text(row.response_preview) : undefined,
        request_time: timestamp(number(row.timestamp_ms)),
        execution_duration: took === null ? undefined : seconds(took),
        state: traceState(row.status),
        trace_metadata: await record('trace_request_metadata'),
        tags: {
          ...(row.trace_name ? { 'mlflow.traceName': text(row.trace_name) } : {}),
          ...tags,
        },
        assessments: said.map(assessmentOf),
      },
    };
  }

  async function registeredOf(row: Row): Promise<SourceRegistered> {
    const here = (rows: Row[]) => rows.filter(inWorkspace);
    const of = async (table: string) =>
      (await tables.has(table))
        ? here(await tables.all(`select * from ${table} where name = ?`, [row.name]))
        : [];
    const versions = (await of('model_versions')).sort((a, b) => number(a.version) - number(b.version));
    const versionTags = await of('model_version_tags');
    const tags = (rows: Row[]) => rows.map(({ key, value }) => ({ key: text(key), value: text(value) }));
    return {
      name: text(row.name),
      description: text(row.description),
      created_at: number(row.creation_time),
      updated_at: number(row.last_updated_time ?? row.creation_time),
      tags: tags(await of('registered_model_tags')),
      last_version: Math.max(0, ...versions.map(({ version }) => number(version))),
      aliases: (await of('registered_model_aliases')).map(({ alias, version }) => ({
        alias: text(alias),
        version: number(version),
      })),
      versions: versions
        .filter(({ current_stage }) => current_stage !== DELETED_STAGE)
        .map((version) => ({
          version: number(version.version),
          stage: stageOf(version.current_stage),
          description: text(version.description),
          source: text(version.source),
          location: text(version.storage_location ?? version.source),
          run_id: text(version.run_id),
          run_link: text(version.run_link),
          model_id: /^models:\/(m-[\w-]+)$/.exec(text(version.source))?.[1] ?? '',
          user_id: text(version.user_id),
          status: versionStatus(version.status),
          created_at: number(version.creation_time),
          updated_at: number(version.last_updated_time ?? version.creation_time),
          tags: tags(versionTags.filter((tag) => number(tag.version) === number(version.version))),
        })),
    };
  }
}

async function inputsOf(
  tables: Tables,
  run: unknown,
): Promise<Pick<SourceRun, 'datasets' | 'model_inputs' | 'model_outputs'>> {
  const datasets: DatasetInput[] = [];
  if (!(await tables.has('inputs'))) return { datasets, model_inputs: [], model_outputs: [] };
  const read = await tables.all(
    `select d.*, i.input_uuid from inputs i join datasets d on d.dataset_uuid = i.source_id
      where i.source_type = 'DATASET' and i.destination_type = 'RUN' and i.destination_id = ? order by d.name`,
    [run],
  );
  for (const row of read) {
    const tags = await tables.all('select name, value from input_tags where input_uuid = ?', [
      row.input_uuid,
    ]);
    datasets.push({
      tags: tags.map(({ name, value }) => ({ key: text(name), value: text(value) })),
      dataset: {
        name: text(row.name),
        digest: text(row.digest),
        source_type: text(row.dataset_source_type),
        source: text(row.dataset_source),
        ...(row.dataset_schema ? { schema: text(row.dataset_schema) } : {}),
        ...(row.dataset_profile ? { profile: text(row.dataset_profile) } : {}),
      },
    });
  }
  const linked = (source: string, destination: string) =>
    tables.all('select * from inputs where source_type = ? and source_id = ? and destination_type = ?', [
      source,
      run,
      destination,
    ]);
  const inputs = await linked('RUN_INPUT', 'MODEL_INPUT');
  const outputs = await linked('RUN_OUTPUT', 'MODEL_OUTPUT');
  return {
    datasets,
    model_inputs: inputs.map((row) => ({ model_id: text(row.destination_id) })),
    model_outputs: outputs.map((row) => ({ model_id: text(row.destination_id), step: number(row.step) })),
  };
}

function assessmentOf(row: Row): Assessment {
  const parsed = (value: unknown): never => JSON.parse(text(value)) as never;
  const value = parsed(row.value ?? 'null');
  const kind = text(row.assessment_type);
  return {
    assessment_id: text(row.assessment_id),
    assessment_name: text(row.name),
    trace_id: text(row.trace_id),
    span_id: row.span_id ? text(row.span_id) : undefined,
    source: { source_type: text(row.source_type) as 'HUMAN', source_id: text(row.source_id) },
    create_time: timestamp(number(row.created_timestamp)),
    last_update_time: timestamp(number(row.last_updated_timestamp)),
    feedback: kind === 'feedback' ? { value, error: row.error ? parsed(row.error) : undefined } : undefined,
    expectation: kind === 'expectation' ? { value, serialized_value: undefined } : undefined,
    issue: kind === 'issue' ? { issue_name: text(row.name) } : undefined,
    rationale: row.rationale ? text(row.rationale) : undefined,
    metadata: row.assessment_metadata ? parsed(row.assessment_metadata) : undefined,
    overrides: row.overrides ? text(row.overrides) : undefined,
    valid: Boolean(row.valid),
  };
}
