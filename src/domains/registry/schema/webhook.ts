import { z } from 'zod';

/** In the order of MLflow's numbers, from 1. */
export const WEBHOOK_ENTITIES = [
  'REGISTERED_MODEL',
  'MODEL_VERSION',
  'MODEL_VERSION_TAG',
  'MODEL_VERSION_ALIAS',
  'PROMPT',
  'PROMPT_VERSION',
  'PROMPT_TAG',
  'PROMPT_VERSION_TAG',
  'PROMPT_ALIAS',
  'BUDGET_POLICY',
] as const;
export type WebhookEntity = (typeof WEBHOOK_ENTITIES)[number];

export const WEBHOOK_ACTIONS = ['CREATED', 'UPDATED', 'DELETED', 'SET', 'EXCEEDED'] as const;
export type WebhookAction = (typeof WEBHOOK_ACTIONS)[number];

export const WEBHOOK_STATUSES = ['ACTIVE', 'DISABLED'] as const;
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

const CREATED = ['CREATED'] as const;
const TAGGED = ['DELETED', 'SET'] as const;
const ALIASED = ['CREATED', 'DELETED'] as const;

/** What can be heard of each entity, in the order of the words. */
export const ACTIONS_OF: Readonly<Record<WebhookEntity, readonly WebhookAction[]>> = {
  REGISTERED_MODEL: CREATED,
  MODEL_VERSION: CREATED,
  MODEL_VERSION_TAG: TAGGED,
  MODEL_VERSION_ALIAS: ALIASED,
  PROMPT: CREATED,
  PROMPT_VERSION: CREATED,
  PROMPT_TAG: TAGGED,
  PROMPT_VERSION_TAG: TAGGED,
  PROMPT_ALIAS: ALIASED,
  BUDGET_POLICY: ['EXCEEDED'],
};

export const WebhookEvent = z.object({
  entity: z.enum(WEBHOOK_ENTITIES),
  action: z.enum(WEBHOOK_ACTIONS),
});
export type WebhookEvent = z.infer<typeof WebhookEvent>;

export const Webhook = z.object({
  webhook_id: z.string(),
  name: z.string(),
  url: z.string(),
  events: z.array(WebhookEvent),
  description: z.string().optional(),
  status: z.enum(WEBHOOK_STATUSES),
  creation_timestamp: z.number(),
  last_updated_timestamp: z.number(),
});
export type Webhook = z.infer<typeof Webhook>;

export const WebhookTestResult = z.object({
  success: z.boolean(),
  response_status: z.number().optional(),
  response_body: z.string().optional(),
  error_message: z.string().optional(),
});
export type WebhookTestResult = z.infer<typeof WebhookTestResult>;

const DELIVERY_STATES = ['waiting', 'delivered', 'failed'] as const;

/** One event on its way to one webhook. */
export const Delivery = z.object({
  /** The same in every attempt; the receiver tells repetitions by it. */
  id: z.string(),
  /** For example `model_version.created`. */
  event: z.string(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.number(),
  /** HTTP status of the last answer; null when nothing answered. */
  status: z.number().nullable(),
  error: z.string().nullable(),
  /** When it is tried next; null when it has ended. */
  next_at: z.number().nullable(),
  created_at: z.number(),
  ended_at: z.number().nullable(),
});
export type Delivery = z.infer<typeof Delivery>;
