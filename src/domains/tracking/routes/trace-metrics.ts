import type { Handlers } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import type { traceMetricsContract } from '../contract/trace-metrics.ts';
import { projectOf } from '../schema.ts';
import type { TrackingService } from '../service.ts';

export function traceMetricHandlers(tracking: TrackingService): Handlers<typeof traceMetricsContract, Actor> {
  return {
    correlateTraces: ({ body, request }) =>
      tracking.correlateTraces(projectOf(request.headers), body.experiment_ids, {
        first: body.filter_string1,
        second: body.filter_string2,
        base: body.base_filter,
      }),
    queryTraceMetrics: ({ body, request }) =>
      tracking.queryTraceMetrics(projectOf(request.headers), body.experiment_ids, {
        view: body.view_type,
        metric: body.metric_name,
        aggregations: body.aggregations,
        dimensions: body.dimensions,
        filters: body.filters,
        interval: body.time_interval_seconds,
        start: body.start_time_ms,
        end: body.end_time_ms,
        limit: body.max_results,
      }),
  };
}
