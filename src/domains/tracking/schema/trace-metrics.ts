import { z } from 'zod';
import { double, protoEnum, unset } from '../schema.ts';

export const METRIC_VIEWS = ['TRACES', 'SPANS', 'ASSESSMENTS'] as const;
export type MetricView = (typeof METRIC_VIEWS)[number];
const AGGREGATIONS = ['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'] as const;

export const Aggregation = z.object({
  aggregation_type: protoEnum(AGGREGATIONS, 1),
  /** 0 to 100, of PERCENTILE alone. */
  percentile_value: unset(double),
});
export type Aggregation = z.infer<typeof Aggregation>;

/** The values of one group by name of the aggregation: `COUNT`, `AVG`, `P99.0`. */
export const MetricPoint = z.object({
  metric_name: z.string(),
  dimensions: z.record(z.string(), z.string()).optional(),
  values: z.record(z.string(), z.number()),
});
export type MetricPoint = z.infer<typeof MetricPoint>;

/** One comparison by `=`. */
export interface MetricFilter {
  view: 'trace' | 'span' | 'assessment';
  entity: string;
  key: string | undefined;
  value: string;
}
