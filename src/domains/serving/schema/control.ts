import { z } from 'zod';
import { Lead } from '../../../lib/lead.ts';
import { Name } from '../../projects/schema.ts';

/** Roles that a deployment plays behind its endpoint. */
export const ARMS = ['champion', 'candidate'] as const;
export const ArmName = z.enum(ARMS);

/** One arm of an endpoint's traffic: a share of the answers, or a shadow that scores the same requests off the path. */
export const Arm = z.object({
  /** Number of the deployment at this endpoint; part of every prediction id. */
  deployment: z.number().int().positive(),
  model: z.string(),
  version: z.number().int().positive(),
  arm: ArmName,
  /** Share of the units, 0 to 1; the weights of an endpoint sum to 1. */
  weight: z.number().min(0).max(1),
  shadow: z.boolean(),
});
export type Arm = z.infer<typeof Arm>;

/** Why traffic is as it is. */
export const Cause = z.object({
  kind: z.enum(['deploy', 'traffic', 'rollback', 'promotion', 'rollout', 'created']),
  by: z.string(),
  note: z.string().default(''),
  /** URN of the promotion, rollout or firing behind it. */
  of: z.string().nullable().default(null),
});
export type Cause = z.infer<typeof Cause>;

export const REVISION_STATES = ['applying', 'live', 'superseded', 'failed'] as const;

export const TrafficRevision = z.object({
  revision: z.number(),
  arms: z.array(Arm),
  cause: Cause,
  state: z.enum(REVISION_STATES),
  error: z.string().nullable(),
  created_at: z.number(),
});
export type TrafficRevision = z.infer<typeof TrafficRevision>;

export const Endpoint = z.object({
  name: z.string(),
  project: z.string(),
  environment: z.string(),
  protected: z.boolean(),
  /** Request column that keeps a unit on its arm; null for a random split per request. */
  unit: z.string().nullable(),
  /** What happens when the prediction log cannot be written. */
  log: z.enum(['answer', 'refuse']),
  arms: z.array(Arm),
  revision: z.number(),
  created_at: z.number(),
  updated_at: z.number(),
  /** Newest event time among its imported predictions, epoch ms. */
  event_time: z.number().nullable(),
  predictions: z.number(),
  /** Address of the gateway for this endpoint. */
  url: z.string(),
  lead: Lead,
});
export type Endpoint = z.infer<typeof Endpoint>;

export const DeployBody = z.object({
  environment: Name.default('dev'),
  model: Name,
  version: z.number().int().positive(),
  /** Share of the units that the version answers; 1 replaces the champion. */
  traffic: z.number().min(0).max(1).default(1),
  shadow: z.boolean().default(false),
  unit: z.string().min(1).nullable().optional(),
  log: z.enum(['answer', 'refuse']).optional(),
  note: z.string().max(500).default(''),
});
export type DeployBody = z.infer<typeof DeployBody>;

/** A change of an endpoint as it was asked for; what a promotion request carries and its digest stands for. */
export const Change = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('deploy'), endpoint: Name, deploy: DeployBody }),
  z.object({ kind: z.literal('retire-candidate'), endpoint: Name }),
  z.object({ kind: z.literal('rollback'), endpoint: Name, to: z.number().int().positive().optional() }),
]);
export type Change = z.infer<typeof Change>;

/** Either it is so now, or a promotion request was opened for it. */
export const ChangeOutcome = z.discriminatedUnion('status', [
  z.object({ status: z.literal('applied'), endpoint: Endpoint }),
  z.object({ status: z.literal('requested'), approval: z.number(), message: z.string() }),
]);
export type ChangeOutcome = z.infer<typeof ChangeOutcome>;

export const Deployment = z.object({
  number: z.number(),
  endpoint: z.string(),
  model: z.string(),
  version: z.number(),
  digest: z.string(),
  created_by: z.string(),
  created_at: z.number(),
});
export type Deployment = z.infer<typeof Deployment>;

/** A gateway whose log may hold answers that are not imported: its replica is gone, or does not answer. */
export const AwayGateway = z.object({
  gateway: z.number(),
  /** Machine and folder. */
  place: z.string(),
  /** Until when its replica counted as there, epoch ms. */
  alive_until: z.number(),
});
export type AwayGateway = z.infer<typeof AwayGateway>;

/** Event time that an endpoint has reached, and gateways whose answers may come later. */
export const Settled = z.object({ through: z.number().nullable(), away: z.array(AwayGateway) });
export type Settled = z.infer<typeof Settled>;
