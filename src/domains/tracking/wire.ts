import type { DatasetInput, Experiment, KeyValue, LoggedModel, Metric, Run, RunInfo } from './schema.ts';
import type { ExperimentRow } from './store/experiments.ts';
import type { RunModel } from './store/inputs.ts';
import type { LoggedModelDetails, LoggedModelRow } from './store/logged-models.ts';
import type { RunRow } from './store/runs.ts';

/** Rows in the form MLflow's proto JSON gives them: unset fields are left out, empty lists too. */
export function toExperiment(row: ExperimentRow, tags: readonly KeyValue[] = []): Experiment {
  return {
    experiment_id: String(row.id),
    name: row.name,
    artifact_location: row.artifact_location,
    lifecycle_stage: row.lifecycle,
    last_update_time: row.updated_at,
    creation_time: row.created_at,
    ...listed('tags', tags),
    workspace: row.project,
  };
}

export function toRunInfo(row: RunRow): RunInfo {
  return {
    run_uuid: row.run_id,
    run_id: row.run_id,
    experiment_id: String(row.experiment),
    run_name: row.name,
    user_id: row.user_id,
    status: row.status,
    start_time: row.start_time,
    ...(row.end_time === null ? {} : { end_time: row.end_time }),
    artifact_uri: row.artifact_uri,
    lifecycle_stage: row.lifecycle,
  };
}

/** What a run read and made. */
export function toInputs(
  datasets: readonly DatasetInput[],
  models: readonly Omit<RunModel, 'run'>[],
): Pick<Run, 'inputs' | 'outputs'> {
  const inputs = models.filter((model) => model.direction === 'input').map(({ model_id }) => ({ model_id }));
  const outputs = models
    .filter((model) => model.direction === 'output')
    .map(({ model_id, step }) => ({ model_id, step }));
  return {
    inputs: { ...listed('dataset_inputs', datasets), ...listed('model_inputs', inputs) },
    outputs: listed('model_outputs', outputs),
  };
}

interface StoredPoint {
  step: number;
  ts: number;
  value: number;
  is_nan: number;
}

export function toMetric(key: string, point: StoredPoint): Metric {
  return { key, value: point.is_nan === 1 ? 'NaN' : point.value, timestamp: point.ts, step: point.step };
}

export function toLoggedModel(row: LoggedModelRow, details: LoggedModelDetails): LoggedModel {
  const metrics = (details.metrics.get(row.model_id) ?? []).map((point) => ({
    ...toMetric(point.key, point),
    ...(point.dataset_name === '' ? {} : { dataset_name: point.dataset_name }),
    ...(point.dataset_digest === '' ? {} : { dataset_digest: point.dataset_digest }),
    model_id: row.model_id,
    run_id: point.run_id,
  }));
  return {
    info: {
      model_id: row.model_id,
      experiment_id: String(row.experiment),
      name: row.name,
      creation_timestamp_ms: row.created_at,
      last_updated_timestamp_ms: row.updated_at,
      artifact_uri: row.artifact_uri,
      status: row.status,
      model_type: row.model_type,
      source_run_id: row.source_run_id,
      ...(row.status_message === null ? {} : { status_message: row.status_message }),
      ...listed('tags', details.tags.get(row.model_id)),
    },
    data: { ...listed('params', details.params.get(row.model_id)), ...listed('metrics', metrics) },
  };
}

function listed<K extends string, T>(name: K, items: readonly T[] | undefined): { [key in K]?: T[] } {
  return items && items.length > 0 ? ({ [name]: items } as { [key in K]?: T[] }) : {};
}

/** Proto JSON leaves empty lists out. */
export const filled = <T>(items: T[]): T[] | undefined => (items.length > 0 ? items : undefined);
