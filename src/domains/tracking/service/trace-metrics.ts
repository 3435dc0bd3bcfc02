import type { CorrelationAsked, TraceMetricsAsked } from '../trace-metric-reads.ts';
import { checkQuestion, parseMetricFilter } from '../trace-metrics.ts';
import type { TrackingContext } from './context.ts';

const MOST_POINTS = 1000;

export function traceMetricVerbs(context: TrackingContext) {
  return {
    /** Throws where a filter cannot be read. */
    async correlateTraces(
      project: string,
      experimentIds: readonly string[],
      filters: Pick<CorrelationAsked, 'first' | 'second' | 'base'>,
    ) {
      const experiments = await context.experimentNumbers(project, experimentIds);
      const asked: CorrelationAsked = { project, experiments, ...filters };
      return context.reads.run('tracking.traceCorrelation', asked);
    },

    /** At most `limit` points, in the order of time and of dimensions. Throws for what cannot be measured so. */
    async queryTraceMetrics(
      project: string,
      experimentIds: readonly string[],
      given: Omit<TraceMetricsAsked, 'project' | 'experiments' | 'filters' | 'limit'> & {
        filters: readonly string[];
        limit?: number | undefined;
      },
    ) {
      const filters = given.filters.map((text) => parseMetricFilter(text, given.view));
      const question = { ...given, filters, limit: given.limit ?? MOST_POINTS };
      checkQuestion(question);
      const experiments = await context.experimentNumbers(project, experimentIds);
      const asked: TraceMetricsAsked = { ...question, project, experiments };
      return context.reads.run('tracking.traceMetrics', asked);
    },
  };
}
