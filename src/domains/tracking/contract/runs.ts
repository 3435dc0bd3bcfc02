import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import {
  DatasetInput,
  double,
  int64,
  list,
  Metric,
  optionalEnum,
  required,
  Run,
  RUN_STATUSES,
  RunInfo,
  text,
  unset,
  VIEWS,
  words,
} from '../schema.ts';

const Empty = z.object({});
/** Clients send the id under its old name too. */
const runKey = { run_id: unset(z.string()), run_uuid: unset(z.string()) };

const MetricFields = {
  key: required,
  value: double,
  timestamp: int64,
  step: unset(int64).transform((step) => step ?? 0),
  model_id: unset(words(36)),
  dataset_name: unset(words(500)),
  dataset_digest: unset(words(36)),
};

const Param = z.object({ key: required, value: text });

export const runsContract = {
  createRun: endpoint({
    method: 'POST',
    path: '/mlflow/runs/create',
    dialect: 'mlflow',
    summary: 'Start a run',
    needs: 'track',
    body: z.object({
      experiment_id: unset(z.string()),
      user_id: unset(words(256)),
      run_name: unset(z.string()),
      start_time: unset(int64),
      tags: unset(z.array(Param)),
    }),
    response: z.object({ run: Run }),
  }),
  updateRun: endpoint({
    method: 'POST',
    path: '/mlflow/runs/update',
    dialect: 'mlflow',
    summary: 'Change the status, end or name of a run',
    needs: 'track',
    body: z.object({
      ...runKey,
      status: optionalEnum(RUN_STATUSES, 1),
      end_time: unset(int64),
      run_name: unset(z.string()),
    }),
    response: z.object({ run_info: RunInfo }),
  }),
  getRun: endpoint({
    method: 'GET',
    path: '/mlflow/runs/get',
    dialect: 'mlflow',
    summary: 'One run with its latest metrics, params, tags, inputs and outputs',
    needs: 'view',
    query: z.object({
      ...runKey,
      /** Lowest and highest value of each metric and the number of its points, beside the last value. */
      extremes: z.enum(['true', 'false']).optional(),
    }),
    response: z.object({ run: Run }),
  }),
  deleteRun: endpoint({
    method: 'POST',
    path: '/mlflow/runs/delete',
    dialect: 'mlflow',
    summary: 'Move a run to the trash',
    needs: 'track',
    body: z.object(runKey),
    response: Empty,
  }),
  restoreRun: endpoint({
    method: 'POST',
    path: '/mlflow/runs/restore',
    dialect: 'mlflow',
    summary: 'Take a run out of the trash',
    needs: 'track',
    body: z.object(runKey),
    response: Empty,
  }),
  searchRuns: endpoint({
    method: 'POST',
    path: '/mlflow/runs/search',
    dialect: 'mlflow',
    summary: 'Search runs',
    needs: 'view',
    body: z.object({
      experiment_ids: list(z.string()),
      filter: unset(z.string()),
      run_view_type: optionalEnum(VIEWS, 1),
      max_results: unset(int64.pipe(z.number().max(50_000))),
      order_by: list(z.string()),
      page_token: unset(z.string()),
      /** Only these come back: `metrics.loss`, `params.lr`, `tags.team`, `inputs`, `reproduced`; all of a run when left out. */
      columns: unset(z.array(z.string().max(1000)).max(1000)),
      /** Lowest and highest value and the number of points beside the last value; `order_by` may then say `lowest.loss` and `highest.auc`. */
      extremes: unset(z.boolean()),
      /** How many child runs each run has among these experiments; with `columns` only. */
      children: unset(z.boolean()),
      /** Only runs that name this one as their parent. */
      parent_run_id: unset(z.string()),
      /** Only runs whose parent is not among the runs of these experiments and this view. */
      top_level: unset(z.boolean()),
    }),
    response: z.object({ runs: z.array(Run).optional(), next_page_token: z.string().optional() }),
  }),
  logMetric: endpoint({
    method: 'POST',
    path: '/mlflow/runs/log-metric',
    dialect: 'mlflow',
    summary: 'Append one metric point',
    needs: 'track',
    body: z.object({ ...runKey, ...MetricFields }),
    response: Empty,
  }),
  logParam: endpoint({
    method: 'POST',
    path: '/mlflow/runs/log-parameter',
    dialect: 'mlflow',
    summary: 'Set a param; it can be set once',
    needs: 'track',
    body: z.object({ ...runKey, key: required, value: text }),
    response: Empty,
  }),
  setTag: endpoint({
    method: 'POST',
    path: '/mlflow/runs/set-tag',
    dialect: 'mlflow',
    summary: 'Set a tag of a run',
    needs: 'track',
    body: z.object({ ...runKey, key: required, value: text }),
    response: Empty,
  }),
  deleteTag: endpoint({
    method: 'POST',
    path: '/mlflow/runs/delete-tag',
    dialect: 'mlflow',
    summary: 'Remove a tag of a run',
    needs: 'track',
    body: z.object({ ...runKey, key: required }),
    response: Empty,
  }),
  logBatch: endpoint({
    method: 'POST',
    path: '/mlflow/runs/log-batch',
    dialect: 'mlflow',
    summary: 'Metrics, params and tags of a run at once: all or nothing',
    needs: 'track',
    body: z.object({
      run_id: required,
      metrics: unset(z.array(z.object(MetricFields))),
      params: unset(z.array(Param)),
      tags: unset(z.array(Param)),
    }),
    response: Empty,
  }),
  logInputs: endpoint({
    method: 'POST',
    path: '/mlflow/runs/log-inputs',
    dialect: 'mlflow',
    summary: 'Datasets and models that a run read',
    needs: 'track',
    body: z.object({
      run_id: required,
      datasets: unset(z.array(DatasetInput)),
      models: unset(z.array(z.object({ model_id: required }))),
    }),
    response: Empty,
  }),
  logOutputs: endpoint({
    method: 'POST',
    path: '/mlflow/runs/outputs',
    dialect: 'mlflow',
    summary: 'Models that a run made',
    needs: 'track',
    body: z.object({
      run_id: required,
      models: z.array(z.object({ model_id: required, step: unset(int64).transform((step) => step ?? 0) })),
    }),
    response: Empty,
  }),
  logModel: endpoint({
    method: 'POST',
    path: '/mlflow/runs/log-model',
    dialect: 'mlflow',
    summary: 'Record a model as older clients do: in a tag of the run',
    needs: 'track',
    body: z.object({ run_id: required, model_json: required }),
    response: Empty,
  }),
};

const Point = Metric.extend({ run_id: z.string() });

export const metricsContract = {
  getMetricHistory: endpoint({
    method: 'GET',
    path: '/mlflow/metrics/get-history',
    dialect: 'mlflow',
    summary: 'All points of a metric of a run',
    needs: 'view',
    query: z.object({
      ...runKey,
      metric_key: required,
      page_token: unset(z.string()),
      max_results: unset(int64),
    }),
    response: z.object({ metrics: z.array(Metric).optional(), next_page_token: z.string().optional() }),
  }),
  getMetricHistoryBulkInterval: endpoint({
    method: 'GET',
    path: '/mlflow/metrics/get-history-bulk-interval',
    dialect: 'mlflow',
    summary: 'Points of a metric of several runs, evenly sampled',
    needs: 'view',
    query: z.object({
      run_ids: list(z.string()),
      metric_key: required,
      start_step: unset(int64),
      end_step: unset(int64),
      max_results: unset(int64),
    }),
    response: z.object({ metrics: z.array(Point).optional() }),
  }),
  getMetricHistoryBulk: endpoint({
    method: 'GET',
    path: '/mlflow/metrics/get-history-bulk',
    dialect: 'mlflow',
    summary: 'Points of a metric of several runs',
    needs: 'view',
    query: z.object({ run_id: list(z.string()), metric_key: unset(z.string()), max_results: unset(int64) }),
    response: z.object({ metrics: z.array(Point) }),
  }),
};
