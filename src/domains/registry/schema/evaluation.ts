import { z } from 'zod';
import { Metric } from '../../tracking/schema.ts';

const Estimated = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  n: z.number(),
});

export const QualityReport = z.object({
  n: z.number(),
  metrics: z.record(z.string(), Estimated),
  calibration: z.array(z.object({ mean: z.number(), observed: Estimated, n: z.number() })),
  roc: z.array(z.object({ fpr: z.number(), tpr: z.number() })),
  confusion: z
    .object({
      threshold: z.number(),
      tp: z.number(),
      fp: z.number(),
      tn: z.number(),
      fn: z.number(),
      cost_per_1000: z.number().nullable(),
    })
    .nullable(),
  scores: z.object({ edges: z.array(z.number()), counts: z.array(z.number()) }),
});

/** Metrics of one model digest on one dataset version, beside the baseline and the champion on the same rows; computed by Rondo. */
export const Evaluation = z.object({
  id: z.number(),
  project: z.string(),
  model: z.string(),
  version: z.number(),
  model_digest: z.string(),
  dataset: z.string(),
  dataset_version: z.number(),
  dataset_digest: z.string(),
  label: z.string(),
  loss: z.string(),
  /** Version it was compared with, when one was live. */
  champion: z.number().nullable(),
  n: z.number(),
  /** By `candidate`, `baseline`, `champion`. */
  reports: z.record(z.string(), QualityReport),
  /** Gain of the candidate over `baseline` and `champion`, positive is better, and the deviation of one row's difference. */
  pairs: z.record(z.string(), z.object({ gain: Estimated, sd: z.number().nullable() })),
  slices: z.array(
    z.object({
      column: z.string(),
      value: z.string(),
      n: z.number(),
      loss: Estimated,
      gains: z.record(z.string(), Estimated),
    }),
  ),
  /** Dataset versions that training read, as lineage says; the hold-out is not among them. */
  trained_on: z.array(z.string()),
  created_at: z.number(),
});
export type Evaluation = z.infer<typeof Evaluation>;

/** How a version was judged by the metric of the charter: of an evaluation, what a list needs. */
export const Judgement = Evaluation.pick({
  project: true,
  model: true,
  version: true,
  model_digest: true,
  dataset: true,
  dataset_version: true,
  dataset_digest: true,
  loss: true,
}).extend({ estimate: Estimated });
export type Judgement = z.infer<typeof Judgement>;

/** What is known of how good a model is: how its newest evaluated version was judged, else what the run of the newest logged. */
export const NewestMetric = z.object({
  model: z.string(),
  judgement: Judgement.optional(),
  logged: z.object({ version: z.number(), run_id: z.string(), metric: Metric }).optional(),
});
export type NewestMetric = z.infer<typeof NewestMetric>;

export const EvaluateBody = z.object({
  dataset: z.string(),
  dataset_version: z.number().int().positive(),
  /** The charter's label when left out. */
  label: z.string().optional(),
  champion: z.number().int().positive().optional(),
});
