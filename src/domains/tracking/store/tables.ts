import type { Generated } from 'kysely';
import type { Lifecycle, LoggedModelStatus, RunStatus } from '../schema.ts';

export interface ExperimentRow {
  id: number;
  project: string;
  name: string;
  artifact_location: string;
  lifecycle: Lifecycle;
  created_at: number;
  updated_at: number;
}

export interface RunRow {
  id: number;
  run_id: string;
  project: string;
  experiment: number;
  name: string;
  user_id: string;
  status: RunStatus;
  start_time: number;
  end_time: number | null;
  artifact_uri: string;
  lifecycle: Lifecycle;
  deleted_at: number | null;
}

/** `value` is 0 for NaN and the largest double for the infinities; `is_nan` is 0 or 1. */
export interface PointRow {
  run: number;
  key: number;
  step: number;
  ts: number;
  value: number;
  is_nan: number;
}

/** The latest point of a metric, and what is known of all its points. */
export interface SeriesRow extends PointRow {
  points: number;
  /** Of the points that are numbers; null when none is. */
  lowest: number | null;
  highest: number | null;
  /** 1: each point came behind all before it in step and in time, so that step order is time order. */
  in_order: number;
  /** 1: in the index by value. */
  settled: number;
}

export interface LoggedModelRow {
  model_id: string;
  project: string;
  experiment: number;
  name: string;
  model_type: string;
  source_run_id: string;
  status: LoggedModelStatus;
  status_message: string | null;
  artifact_uri: string;
  lifecycle: Lifecycle;
  created_at: number;
  updated_at: number;
}

export interface ModelMetricRow {
  model_id: string;
  key: string;
  run_id: string;
  step: number;
  ts: number;
  value: number;
  is_nan: number;
  dataset_name: string;
  dataset_digest: string;
}

export interface DatasetRow {
  id: number;
  experiment: number;
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

type Counted<T extends { id: number }> = Omit<T, 'id'> & { id: Generated<number> };

declare module '../../../database/tables.ts' {
  interface Tables {
    experiments: Counted<ExperimentRow>;
    experiment_tags: { experiment: number; key: string; value: string };
    runs: Counted<RunRow>;
    purged_runs: { run: number; place: string };
    metric_keys: { id: Generated<number>; name: string };
    metric_points: PointRow;
    metric_latest: SeriesRow;
    run_params: { run: number; key: string; value: string };
    run_tags: { run: number; key: string; value: string };
    logged_datasets: Counted<DatasetRow>;
    run_datasets: { run: number; dataset: number; context: string | null; tags: string };
    run_models: { run: number; direction: 'input' | 'output'; model_id: string; step: number };
    logged_models: LoggedModelRow;
    logged_model_params: { model_id: string; key: string; value: string };
    logged_model_tags: { model_id: string; key: string; value: string };
    logged_model_metrics: ModelMetricRow;
  }
}
