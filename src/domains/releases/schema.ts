import { z } from 'zod';
import { Change } from '../serving/schema/control.ts';

/** One condition of a promotion, with the numbers it was judged by. */
export const Gate = z.object({
  name: z.enum(['checks', 'baseline', 'champion', 'signature', 'order', 'ci', 'lineage']),
  state: z.enum(['passed', 'failed', 'skipped']),
  sentence: z.string(),
  value: z.number().nullable().default(null),
  low: z.number().nullable().default(null),
  high: z.number().nullable().default(null),
  limit: z.number().nullable().default(null),
  /** URN of the record that proves it. */
  proof: z.string().nullable().default(null),
});
export type Gate = z.infer<typeof Gate>;

/**
 * `checking` gates · `waiting` for people · `rolling` out against the champion · `done` · `refused` by a gate, a person or the
 * verdict of its rollout · `failed` when it could not be carried out.
 */
export const PROMOTION_STATES = ['checking', 'waiting', 'rolling', 'done', 'refused', 'failed'] as const;
export const PromotionState = z.enum(PROMOTION_STATES);
export type PromotionState = z.infer<typeof PromotionState>;

export const Promotion = z.object({
  id: z.number(),
  project: z.string(),
  approval: z.number().nullable(),
  environment: z.string(),
  endpoint: z.string(),
  model: z.string(),
  version: z.number(),
  change: Change,
  /** One digest over everything that goes live together. */
  release: z.string().nullable(),
  state: PromotionState,
  gates: z.array(Gate),
  rollout: z.number().nullable(),
  /** Where it goes on to when done. */
  next: z.array(z.string()),
  requested_by: z.string(),
  caused_by: z.string().nullable(),
  sentence: z.string(),
  created_at: z.number(),
  ended_at: z.number().nullable(),
});
export type Promotion = z.infer<typeof Promotion>;

export const PromoteBody = z.object({
  model: z.string(),
  version: z.number().int().positive(),
  to: z.string(),
  caused_by: z.string().optional(),
});
