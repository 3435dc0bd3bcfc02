import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { int64, list, protoEnum, required, unset } from '../schema.ts';
import { Aggregation, METRIC_VIEWS, MetricPoint } from '../schema/trace-metrics.ts';

const VERSIONS = ['3.0'];
const Ids = z.array(z.string());

/** Numbers over many traces. */
export const traceMetricsContract = {
  correlateTraces: endpoint({
    method: 'POST',
    path: '/mlflow/traces/calculate-filter-correlation',
    versions: VERSIONS,
    dialect: 'mlflow',
    summary: 'How traces that fulfil one filter go together with those that fulfil another',
    needs: 'view',
    body: z.object({
      experiment_ids: Ids,
      filter_string1: required,
      filter_string2: required,
      base_filter: unset(z.string()),
    }),
    response: z.object({
      /** Absent where a filter fits nothing. */
      npmi: z.number().optional(),
      npmi_smoothed: z.number().optional(),
      filter1_count: z.number(),
      filter2_count: z.number(),
      joint_count: z.number(),
      total_count: z.number(),
    }),
  }),
  queryTraceMetrics: endpoint({
    method: 'POST',
    path: '/mlflow/traces/metrics',
    versions: VERSIONS,
    dialect: 'mlflow',
    summary: 'Counts, sums, means and percentiles over traces, spans or assessments',
    needs: 'view',
    body: z.object({
      experiment_ids: Ids,
      view_type: protoEnum(METRIC_VIEWS, 1),
      metric_name: required,
      aggregations: z.array(Aggregation).min(1),
      dimensions: list(z.string()),
      filters: list(z.string()),
      time_interval_seconds: unset(int64),
      start_time_ms: unset(int64),
      end_time_ms: unset(int64),
      max_results: unset(int64),
      page_token: unset(z.string()),
    }),
    response: z.object({ data_points: z.array(MetricPoint).optional() }),
  }),
};
