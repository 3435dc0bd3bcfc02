import { z } from 'zod';

/** Names that appear in addresses and in prediction ids; no dots, because ids are dotted. */
export const EndpointName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'letters, digits, "-" and "_", at most 63');
const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in hex');
const ColumnName = z.string().min(1).max(256);
const Milliseconds = z.number().int().nonnegative();

export const ColumnType = z.enum(['boolean', 'integer', 'long', 'float', 'double', 'string', 'datetime']);

export const Column = z.object({ name: ColumnName, type: ColumnType, required: z.boolean().optional() });
export type Column = z.infer<typeof Column>;

/** A model signature as MLflow writes it, columns only. */
export const Signature = z.object({
  inputs: z.array(Column).min(1).max(10_000),
  outputs: z
    .array(z.object({ name: ColumnName.optional(), type: ColumnType }))
    .min(1)
    .max(1_000),
});
export type Signature = z.infer<typeof Signature>;

/** One point-in-time lookup: the newest row of `view` for the entity at event time − delay. */
export const FeatureJoin = z.object({
  view: z.string().min(1).max(256),
  view_version: z.number().int().positive(),
  /** The key: the text of a request or transform column, or a constant (an entity of one). */
  entity: z.union([z.object({ column: ColumnName }), z.object({ constant: z.string() })]),
  /** `feature`: name in the view; `as`: name in the vector. */
  features: z.array(z.object({ feature: ColumnName, as: ColumnName })).min(1),
  /** Older values are null. */
  ttl_ms: Milliseconds.nullable(),
  delay_ms: Milliseconds.default(0),
  /** Name under which the age of the row, in minutes, joins the vector. */
  age_as: ColumnName.nullable().default(null),
});
export type FeatureJoin = z.infer<typeof FeatureJoin>;

/** How a request becomes the model's vector: transforms in order, then lookups; the vector picks by the names of the signature's inputs. */
export const FeatureServiceRoute = z.object({
  name: z.string().min(1).max(256),
  version: z.number().int().positive(),
  request: z.array(Column).min(1),
  event_time_column: ColumnName.nullable().default(null),
  /** Expressions over the request columns and the transforms before them. */
  transforms: z.array(z.object({ name: ColumnName, expression: z.string().min(1).max(10_000) })).default([]),
  joins: z.array(FeatureJoin).default([]),
});
export type FeatureServiceRoute = z.infer<typeof FeatureServiceRoute>;

export const DeploymentRoute = z.object({
  /** Unique within the endpoint for ever; part of every prediction id. */
  id: z.number().int().positive(),
  arm: z.string().min(1).max(128),
  /** Share of the traffic, on any scale; 0 takes none but stays addressable by version. */
  weight: z.number().nonnegative(),
  /** Scores, off the path, every request that another deployment answered; may go with a weight (paired canary). */
  shadow: z.boolean().default(false),
  model: z.object({
    name: z.string().min(1).max(256),
    version: z.string().min(1).max(64),
    /** sha256 of the model file. */
    digest: Digest,
    flavor: z.string().default('onnx'),
  }),
  signature: Signature,
  feature_service: FeatureServiceRoute.nullable().default(null),
});
export type DeploymentRoute = z.infer<typeof DeploymentRoute>;

export const EndpointRoute = z.object({
  project: z.string().min(1).max(256),
  name: EndpointName,
  environment: z.string().min(1).max(128),
  /** When the prediction log cannot be written: answer anyway (counted as incomplete), or refuse with 503. */
  log: z.enum(['answer', 'refuse']).default('answer'),
  /** Request column whose value decides the arm; null assigns each request by chance. */
  sticky: ColumnName.nullable().default(null),
  seed: z.string().max(256).default(''),
  /** The columns a caller sends; every deployment takes its own from them by name. */
  request: z.array(Column).min(1).max(10_000),
  deployments: z.array(DeploymentRoute).min(1).max(64),
});
export type EndpointRoute = z.infer<typeof EndpointRoute>;

export const FeatureViewRoute = z.object({
  project: z.string().min(1).max(256),
  view: z.string().min(1).max(256),
  version: z.number().int().positive(),
  /** Rows older than the newest event time minus this (ttl + retain) may be dropped. */
  keep_ms: Milliseconds,
});

/** What a token may do: nothing, ask for predictions, or also send their truth. */
const GrantRight = z.enum(['none', 'score', 'feedback']);

/** A token that the gateway knows by its hash, also while the server is down. */
export const TokenGrant = z.object({
  /** sha256, hex. */
  hash: Digest,
  /** Epoch ms; null: until it is revoked. */
  expires_at: z.number().nullable().default(null),
  /** In projects that are not named. */
  right: GrantRight,
  projects: z.record(z.string(), GrantRight).default({}),
});
export type TokenGrant = z.infer<typeof TokenGrant>;

/** Everything the gateway serves; replaced as a whole. */
export const RouteTable = z.object({
  /** Grows with every change; an older table is refused. */
  revision: z.number().int().nonnegative(),
  endpoints: z.array(EndpointRoute).max(1_000),
  views: z.array(FeatureViewRoute).default([]),
  /** The tokens that are accepted; not asked for on loopback unless `closed`. */
  grants: z.array(TokenGrant).max(100_000).default([]),
  /** Also callers on loopback need a token. */
  closed: z.boolean().default(false),
});
export type RouteTable = z.infer<typeof RouteTable>;

/** Epoch milliseconds, or ISO 8601 with an offset. */
export const EventTime = z.union([
  z.number().int().min(-8.64e15).max(8.64e15),
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
]);

export const PREDICTION_ID = /^([A-Za-z0-9][A-Za-z0-9_-]{0,62})\.([1-9]\d{0,9})\.(\d{1,10})\.(\d{1,16})$/;

export interface PredictionId {
  endpoint: string;
  deployment: number;
  epoch: number;
  sequence: number;
}

/** Takes `endpoint.deployment.epoch.sequence` apart; undefined when it is no prediction id. */
export function parsePredictionId(text: string): PredictionId | undefined {
  const match = PREDICTION_ID.exec(text);
  if (!match) return undefined;
  return {
    endpoint: match[1] as string,
    deployment: Number(match[2]),
    epoch: Number(match[3]),
    sequence: Number(match[4]),
  };
}

export const FeedbackRequest = z.object({
  feedback: z
    .array(
      z.object({
        prediction_id: z.string().regex(PREDICTION_ID, 'not a prediction id'),
        label: z.union([z.number(), z.string().max(10_000), z.boolean(), z.null()]),
        /** When the truth was known; now when left out. The latest wins. */
        observed_at: EventTime.optional(),
      }),
    )
    .min(1)
    .max(10_000),
});
export type FeedbackRequest = z.infer<typeof FeedbackRequest>;

const Cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const Time = z.number();

/** Lines of a log segment, one JSON object each. The first line is `segment`; a `deployment` line comes before its first prediction. */
export const SegmentRecord = z.object({
  kind: z.literal('segment'),
  format: z.literal(1),
  epoch: z.number().int(),
  number: z.number().int(),
  pid: z.number().int(),
  born: z.string(),
  wall_time: Time,
});

export const DeploymentRecord = z.object({
  kind: z.literal('deployment'),
  project: z.string(),
  endpoint: z.string(),
  environment: z.string(),
  deployment: z.number().int(),
  arm: z.string(),
  model: z.string(),
  model_version: z.string(),
  model_digest: z.string(),
  feature_service: z.string().nullable(),
  /** Names, in the order of the lists in the predictions of this deployment. */
  request: z.array(z.string()),
  vector: z.array(z.string()),
  output: z.array(z.string()),
  revision: z.number().int(),
});

export const PredictionRecord = z.object({
  kind: z.literal('prediction'),
  prediction_id: z.string(),
  deployment: z.number().int(),
  event_time: Time,
  wall_time: Time,
  /** From arrival to the write of this line, microseconds. */
  latency_us: z.number(),
  /** Probability of this arm; null for shadows and requests that named a version. */
  propensity: z.number().nullable(),
  unit: z.string().optional(),
  request: z.array(Cell),
  /** Left out when it equals `request`. */
  vector: z.array(Cell).optional(),
  output: z.array(z.union([Cell, z.array(Cell)])),
  /** Idempotency key of this row. */
  key: z.string().optional(),
  /** The request named a version. */
  pinned: z.literal(true).optional(),
  /** Shadow: the id of the prediction that was answered. */
  of: z.string().optional(),
});
export type PredictionRecord = z.infer<typeof PredictionRecord>;

export const ErrorRecord = z.object({
  kind: z.literal('error'),
  endpoint: z.string(),
  deployment: z.number().int().nullable(),
  wall_time: Time,
  status: z.number().int(),
  code: z.string(),
  message: z.string(),
});

export const FeedbackRecord = z.object({
  kind: z.literal('feedback'),
  prediction_id: z.string(),
  label: Cell,
  observed_at: Time,
  wall_time: Time,
});
export type FeedbackRecord = z.infer<typeof FeedbackRecord>;

/** Something that may be missing from the log, and why; windows over it are incomplete. */
export const GapRecord = z.object({
  kind: z.literal('gap'),
  reason: z.enum(['half_line', 'write_failed', 'sequence', 'errors_skipped', 'shadow_skipped']),
  wall_time: Time,
  endpoint: z.string().optional(),
  deployment: z.number().int().optional(),
  epoch: z.number().int(),
  /** First and last sequence that is missing, both included. */
  from: z.number().int().optional(),
  to: z.number().int().optional(),
  count: z.number().int().optional(),
});
export type GapRecord = z.infer<typeof GapRecord>;

export const LogRecord = z.discriminatedUnion('kind', [
  SegmentRecord,
  DeploymentRecord,
  PredictionRecord,
  ErrorRecord,
  FeedbackRecord,
  GapRecord,
]);
export type LogRecord = z.infer<typeof LogRecord>;
