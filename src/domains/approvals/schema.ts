import { z } from 'zod';

/**
 * `checking`: machines look first (gates), nobody is asked yet. `open`: waits for people. The other states are ends.
 * A request is `void` when what its digest stood for changed.
 */
export const APPROVAL_STATES = ['checking', 'open', 'approved', 'rejected', 'void', 'expired'] as const;
export const ApprovalState = z.enum(APPROVAL_STATES);
export type ApprovalState = z.infer<typeof ApprovalState>;

export const APPROVAL_KINDS = [
  'promotion',
  'pipeline-pause',
  'inconclusive-rollout',
  'open-breaker',
  'rule',
] as const;

export const Vote = z.object({
  voter: z.string(),
  yes: z.boolean(),
  comment: z.string(),
  voted_at: z.number(),
});
export type Vote = z.infer<typeof Vote>;

export const Approval = z.object({
  id: z.number(),
  project: z.string(),
  kind: z.enum(APPROVAL_KINDS),
  /** URN of what is asked for. */
  subject: z.string(),
  /** A yes holds for exactly this content. */
  digest: z.string(),
  title: z.string(),
  /** What the asking room needs to act on a yes. */
  payload: z.record(z.string(), z.unknown()),
  state: ApprovalState,
  needed: z.number(),
  allow_self: z.boolean(),
  requested_by: z.string(),
  /** Why it ended, in words. */
  reason: z.string().nullable(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  decided_at: z.number().nullable(),
  votes: z.array(Vote),
});
export type Approval = z.infer<typeof Approval>;
export type ApprovalKind = Approval['kind'];

export const VoteBody = z.object({
  yes: z.boolean(),
  comment: z.string().max(2000).default(''),
  digest: z.string(),
});
