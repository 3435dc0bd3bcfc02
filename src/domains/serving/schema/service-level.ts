import { z } from 'zod';

export const MOST_BUCKETS = 500;

/**
 * Rate, latency and errors of one endpoint over a span of one clock, in buckets of `step_ms`; the last bucket ends with the newest
 * answer. Quantiles are within 1%. An answer that was given again after a gateway's death counts again.
 */
export const ServiceLevel = z.object({
  clock: z.enum(['event', 'wall']),
  from: z.number(),
  until: z.number(),
  step_ms: z.number(),
  /** Answers of the span, and requests that failed with 5xx while it lasted. */
  n: z.number(),
  errors: z.number(),
  p50_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
  arms: z.array(z.object({ deployment: z.number(), counts: z.array(z.number()) })),
  latency: z.object({
    p50_ms: z.array(z.number().nullable()),
    p99_ms: z.array(z.number().nullable()),
  }),
  /** Null in event time: a request that failed has none. */
  errors_by_bucket: z.array(z.number()).nullable(),
});
export type ServiceLevel = z.infer<typeof ServiceLevel>;

export const ServiceLevelQuery = z.object({
  clock: z.enum(['event', 'wall']).default('wall'),
  /** Length of the span that ends with the newest answer, ms; buckets are whole slots of 10 s or more (15 min in event time). */
  span_ms: z.coerce
    .number()
    .int()
    .min(60_000)
    .max(3_700 * 86_400_000)
    .default(3_600_000),
  buckets: z.coerce.number().int().min(1).max(MOST_BUCKETS).default(120),
});
export type ServiceLevelQuery = z.infer<typeof ServiceLevelQuery>;
