import { z } from 'zod';
import { Lead, LeadPart } from '../../lib/lead.ts';
import { Name } from '../projects/schema.ts';

const DAY = 86_400_000;
/** Monday 5 January 1970: windows of whole weeks begin on Mondays. */
export const WEEK_ORIGIN = 4 * DAY;

const Estimated = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  n: z.number(),
});

const common = {
  name: Name,
  endpoint: z.string().min(1),
  /** Length of a window of event time, ms. */
  window_ms: z
    .number()
    .int()
    .min(60_000)
    .default(7 * DAY),
  origin_ms: z.number().int().default(WEEK_ORIGIN),
  /** Fewer rows than this are no data. */
  min_rows: z.number().int().min(1).default(200),
  /** Alert when at least `of` of the last `in` windows breach; resolve when none of the last `in` does. */
  breaches: z.object({ of: z.number().int().min(1), in: z.number().int().min(1) }).default({ of: 1, in: 1 }),
};

export const QualityMonitor = z.object({
  ...common,
  kind: z.literal('quality'),
  /** Share of the answers whose truth must be known before a window counts. */
  coverage: z.number().min(0).max(1).default(0.5),
  /** A window breaches when its whole interval is under the limit, or already when its estimate is. */
  breach: z.enum(['interval', 'estimate']).default('interval'),
  /** Skill is the gain over the charter's baseline on the same rows, in units of the goal metric. */
  limit: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('below'), value: z.number() }),
    /** Below this share of the skill that the version which answered showed in its evaluation. */
    z.object({ kind: z.literal('share_of_evaluation'), share: z.number().min(0).max(1) }),
  ]),
});

export const DriftMonitor = z.object({
  ...common,
  kind: z.literal('drift'),
  /** Chance per window that any unchanged feature alarms; shared among the features. */
  false_alarms: z.number().min(0.0001).max(0.5).default(0.01),
  /** All inputs of the version that answered when left out. */
  features: z.array(z.string()).optional(),
});

export const ServiceMonitor = z.object({
  ...common,
  kind: z.literal('service'),
  max_error_rate: z.number().min(0).max(1).default(0.01),
  max_p99_ms: z.number().positive().default(250),
});

export const MonitorSpec = z.discriminatedUnion('kind', [QualityMonitor, DriftMonitor, ServiceMonitor]);
export type MonitorSpec = z.infer<typeof MonitorSpec>;
export type QualityMonitor = z.infer<typeof QualityMonitor>;
export type DriftMonitor = z.infer<typeof DriftMonitor>;
export type ServiceMonitor = z.infer<typeof ServiceMonitor>;

/** `provisional`: truth is still missing, the window will be computed again. `no_data` is a state, not silence. */
export const WINDOW_STATES = ['healthy', 'breach', 'provisional', 'no_data'] as const;

export const DriftFeature = z.object({
  feature: z.string(),
  distance: z.number().nullable(),
  limit: z.number().nullable(),
  shifted: z.boolean(),
  missing: z.number(),
  /** Same bins on both sides: edges between slots, shares of the reference and of the window. */
  edges: z.array(z.number()),
  reference: z.array(z.number()),
  current: z.array(z.number()),
});
export type DriftFeature = z.infer<typeof DriftFeature>;

export const MonitorWindow = z.object({
  start: z.number(),
  end: z.number(),
  state: z.enum(WINDOW_STATES),
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  limit: z.number().nullable(),
  /** Rows in the window, and those whose truth is known. */
  n: z.number(),
  labelled: z.number(),
  detail: z.object({
    metrics: z.record(z.string(), Estimated).optional(),
    baseline: z.record(z.string(), Estimated).optional(),
    versions: z.record(z.string(), z.number()).optional(),
    features: z.array(DriftFeature).optional(),
    service: z
      .object({ errors: z.number(), p50_ms: z.number().nullable(), p99_ms: z.number().nullable() })
      .optional(),
    reference: z.string().optional(),
    method: z.string().optional(),
  }),
  computed_at: z.number(),
});
export type MonitorWindow = z.infer<typeof MonitorWindow>;

export const ALERT_STATES = ['firing', 'acknowledged', 'resolved'] as const;
export const ALARMS = ['true', 'false'] as const;
/** Whether there was something to do when an alert opened. */
export const AlertOutcome = z.object({
  alarm: z.enum(ALARMS),
  /** `records`, or the name of the person who said so. */
  by: z.string(),
  why: z.string(),
  /** URN of the record that decided. */
  proof: z.string().nullable(),
});
export type AlertOutcome = z.infer<typeof AlertOutcome>;

export const Alert = z.object({
  id: z.number(),
  monitor: z.string(),
  endpoint: z.string(),
  state: z.enum(ALERT_STATES),
  /** End of the window that opened it, event time. */
  opened_event_time: z.number(),
  opened_at: z.number(),
  closed_event_time: z.number().nullable(),
  closed_at: z.number().nullable(),
  acknowledged_by: z.string().nullable(),
  sentence: z.string(),
  /** The sentence with the proofs of its numbers. */
  parts: z.array(LeadPart),
  /** Null while neither records nor a person decide. */
  outcome: AlertOutcome.nullable(),
});
export type Alert = z.infer<typeof Alert>;

export const MonitorState = z.enum(['Healthy', 'Alert', 'No data', 'Provisional']);

/** Until this moment alerts are recorded and nobody is told. */
export const Mute = z.object({
  until: z.number(),
  by: z.string(),
  reason: z.string(),
});
export type Mute = z.infer<typeof Mute>;
/** A mute ends by itself. */
export const isMuted = (mute: Mute | null): mute is Mute => mute !== null && mute.until > Date.now();

export const MuteBody = z.object({
  /** Wall clock, epoch ms. */
  until: z.number().int().positive(),
  reason: z.string().trim().min(1).max(500),
});
export type MuteBody = z.infer<typeof MuteBody>;

export const Monitor = z.object({
  name: z.string(),
  project: z.string(),
  spec: MonitorSpec,
  enabled: z.boolean(),
  state: MonitorState,
  /** Null when alerts are told. */
  muted: Mute.nullable(),
  lead: Lead,
  last: MonitorWindow.nullable(),
  created_at: z.number(),
});
export type Monitor = z.infer<typeof Monitor>;

/** Start of the window that holds the moment. */
export const windowStart = (time: number, spec: Pick<MonitorSpec, 'window_ms' | 'origin_ms'>): number =>
  Math.floor((time - spec.origin_ms) / spec.window_ms) * spec.window_ms + spec.origin_ms;
