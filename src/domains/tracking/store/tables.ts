import type { Generated } from 'kysely';
import type { Lifecycle, LoggedModelStatus, RunStatus } from '../schema.ts';
import type { AssessmentKind, TraceState } from '../schema/traces.ts';

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

/** `finalized` is 1 once somebody said what the trace is as a whole; `spans` is how many were sent here. */
export interface TraceRow {
  id: number;
  trace_id: string;
  project: string;
  experiment: number;
  state: TraceState;
  start_ms: number;
  duration_ms: number | null;
  client_request_id: string | null;
  request_preview: string | null;
  response_preview: string | null;
  finalized: number;
  spans: number;
}

/** `attributes` is a JSON object of JSON texts, so that no number loses digits; `body` is a JSON `SpanBody`. */
export interface SpanRow {
  trace: number;
  span_id: string;
  parent_id: string | null;
  name: string;
  type: string | null;
  status: string;
  start_us: number;
  end_us: number | null;
  attributes: string;
  body: string;
  tokens: string | null;
  cost: string | null;
}

/** `text` and `amount` are the value as a search compares it; `body` is a JSON `Assessment`. */
export interface AssessmentRow {
  trace: number;
  assessment_id: string;
  number: number;
  name: string;
  kind: AssessmentKind;
  text: string | null;
  amount: number | null;
  valid: number;
  overrides: string | null;
  body: string;
}

type Counted<T extends { id: number }> = Omit<T, 'id'> & { id: Generated<number> };

declare module '../../../database/tables.ts' {
  interface Tables {
    experiments: Counted<ExperimentRow>;
    experiment_tags: { experiment: number; key: string; value: string };
    runs: Counted<RunRow>;
    run_texts: { run: number; text: string | null };
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
    traces: Counted<TraceRow>;
    trace_tags: { trace: number; key: string; value: string };
    trace_metadata: { trace: number; key: string; value: string };
    trace_spans: SpanRow;
    trace_assessments: AssessmentRow;
    trace_links: { trace: number; kind: 'run' | 'prompt'; target: string };
  }
}
