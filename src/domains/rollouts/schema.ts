import { z } from 'zod';
import { LeadPart } from '../../lib/lead.ts';

const DAY = 86_400_000;

export const ROLLOUT_STATES = ['shadow', 'canary', 'decided', 'stopped'] as const;
export const VERDICTS = ['promote', 'roll_back', 'inconclusive'] as const;
export const Verdict = z.enum(VERDICTS);
export type Verdict = z.infer<typeof Verdict>;

/** What was fixed before the first row was seen; a test that may choose its rules later decides nothing. */
export const RolloutPlan = z.object({
  loss: z.enum(['log_loss', 'brier', 'squared_error', 'absolute_error']),
  alpha: z.number().min(0.001).max(0.2).default(0.05),
  power: z.number().min(0.5).max(0.99).default(0.8),
  /** Smallest gain in the loss that must be found. */
  effect: z.number().positive(),
  /** Standard deviation of one row's difference, from the evaluation of the candidate beside the champion. */
  sd: z.number().positive(),
  /** Labelled rows that this effect needs, and that the horizon is expected to give. */
  rows_needed: z.number(),
  horizon_rows: z.number(),
  horizon_ms: z.number().positive(),
  n_star: z.number(),
  can_decide: z.boolean(),
  canary: z.object({
    weight: z.number().min(0.001).max(0.5).default(0.1),
    window_ms: z
      .number()
      .positive()
      .default(7 * DAY),
    /** The candidate may lose at most this much in the loss. */
    margin: z.number().positive(),
    max_error_ratio: z.number().min(1).default(2),
    max_p99_ms: z.number().positive().default(250),
  }),
});
export type RolloutPlan = z.infer<typeof RolloutPlan>;

export const Look = z.object({
  stage: z.enum(['shadow', 'canary']),
  /** Event time up to which rows were seen. */
  through: z.number(),
  /** Paired labelled rows of the stage. */
  n: z.number(),
  gain: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  champion_loss: z.number().nullable(),
  candidate_loss: z.number().nullable(),
  /** Answers per arm and whether they fit the weights. */
  split: z
    .object({
      champion: z.number(),
      candidate: z.number(),
      expected: z.number(),
      p: z.number().nullable(),
      mismatch: z.boolean(),
    })
    .nullable(),
  guardrails: z.array(
    z.object({ name: z.string(), holds: z.boolean(), sentence: z.string(), parts: z.array(LeadPart) }),
  ),
  decision: z.enum(['keep_going', 'to_canary', 'promote', 'roll_back', 'inconclusive', 'no_verdict']),
  sentence: z.string(),
  /** The sentence with the proofs of its numbers. */
  parts: z.array(LeadPart),
  looked_at: z.number(),
});
export type Look = z.infer<typeof Look>;

export const Rollout = z.object({
  id: z.number(),
  project: z.string(),
  endpoint: z.string(),
  model: z.string(),
  champion: z.number(),
  candidate: z.number(),
  plan: RolloutPlan,
  state: z.enum(ROLLOUT_STATES),
  verdict: Verdict.nullable(),
  sentence: z.string(),
  /** URN of the promotion it runs under. */
  of: z.string().nullable(),
  started_event_time: z.number(),
  stage_event_time: z.number(),
  ended_event_time: z.number().nullable(),
  created_at: z.number(),
  ended_at: z.number().nullable(),
  looks: z.array(Look),
});
export type Rollout = z.infer<typeof Rollout>;

export const PlanQuestion = z.object({
  loss: RolloutPlan.shape.loss.default('log_loss'),
  effect: z.number().positive(),
  sd: z.number().positive(),
  alpha: z.number().optional(),
  power: z.number().optional(),
  horizon_ms: z
    .number()
    .positive()
    .default(60 * DAY),
  margin: z.number().positive().optional(),
  canary_weight: z.number().optional(),
  canary_window_ms: z.number().optional(),
});
export type PlanQuestion = z.infer<typeof PlanQuestion>;
