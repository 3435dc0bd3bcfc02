import { z } from 'zod';

/** A number; NaN and the infinities as text, as metrics of runs have them. */
const number = z.union([z.number(), z.string()]);

export const ComparedMetric = z.object({
  key: z.string(),
  /** Null: that run did not log it. */
  recorded: number.nullable(),
  reproduced: number.nullable(),
  /** |reproduced − recorded| / max(|recorded|, 0.001); null when it is not finite. */
  distance: z.number().nullable(),
  agrees: z.boolean(),
});
export type ComparedMetric = z.infer<typeof ComparedMetric>;

export const VERDICTS = ['reproduced', 'differs', 'failed', 'running'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A run that was made again, beside the run that it repeats. */
export const Reproduction = z.object({
  run_id: z.string(),
  run_name: z.string(),
  status: z.string(),
  start_time: z.number(),
  /** Which machine it was; null when that was not recorded. */
  machine: z.string().nullable(),
  tolerance: z.number(),
  verdict: z.enum(VERDICTS),
  /** Whether both read the same datasets, by digest. */
  same_data: z.boolean(),
  compared: z.number(),
  /** The greatest distance of a metric; null when one is not finite, or there is none. */
  within: z.number().nullable(),
  /** Those furthest apart first, at most 50. */
  metrics: z.array(ComparedMetric),
});
export type Reproduction = z.infer<typeof Reproduction>;
