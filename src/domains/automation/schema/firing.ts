import { z } from 'zod';
import { Lead } from '../../../lib/lead.ts';
import { Action, Rule, RuleState } from './rule.ts';

/** `started`: something it began is still going on. `held_back`: the condition held and a guard said no. */
export const FIRING_STATES = ['started', 'held_back', 'failed', 'done'] as const;
export const FiringState = z.enum(FIRING_STATES);
export type FiringState = z.infer<typeof FiringState>;

/** One part of the condition, its answer (null: a value it needs was absent), and the values it read. */
export const ConditionPart = z.object({
  expression: z.string(),
  value: z.boolean().nullable(),
  values: z.record(z.string(), z.unknown()),
});
export type ConditionPart = z.infer<typeof ConditionPart>;

export const GUARDS = ['cooldown', 'max_per_day', 'single_flight', 'budget', 'veto', 'chain'] as const;
export const GuardAnswer = z.object({
  guard: z.enum(GUARDS),
  passed: z.boolean(),
  /** In words, with the numbers it compared. */
  why: z.string(),
});
export type GuardAnswer = z.infer<typeof GuardAnswer>;

/** `started`: the thing it began goes on. `skipped`: an action before it failed. */
export const ACTION_STATES = ['waiting', 'started', 'done', 'failed', 'skipped'] as const;
export const ActionState = z.enum(ACTION_STATES);
export type ActionState = z.infer<typeof ActionState>;

export const ActionRecord = z.object({
  position: z.number(),
  /** As it was asked for, templates filled in. */
  asked: Action,
  state: ActionState,
  /** What it began. */
  urn: z.string().nullable(),
  error: z.string().nullable(),
  ended_at: z.number().nullable(),
});
export type ActionRecord = z.infer<typeof ActionRecord>;

/** An event that came of a firing. */
export const Consequence = z.object({
  event_id: z.string(),
  type: z.string(),
  subject: z.string(),
  time: z.number(),
});
export type Consequence = z.infer<typeof Consequence>;

export const FiredBy = z.object({
  id: z.string(),
  type: z.string(),
  source: z.string(),
  subject: z.string(),
  time: z.number(),
  data: z.unknown(),
});
export type FiredBy = z.infer<typeof FiredBy>;

export const FiringSummary = z.object({
  id: z.number(),
  urn: z.string(),
  project: z.string(),
  rule: z.string(),
  rule_revision: z.number(),
  state: FiringState,
  /** The guards' time: the event's own where it has one. */
  at: z.number(),
  /** Wall clock. */
  fired_at: z.number(),
  ended_at: z.number().nullable(),
  event: FiredBy,
  lead: Lead,
});
export type FiringSummary = z.infer<typeof FiringSummary>;

export const Firing = FiringSummary.extend({
  condition: z.array(ConditionPart),
  guards: z.array(GuardAnswer),
  actions: z.array(ActionRecord),
  came_of_it: z.array(Consequence),
});
export type Firing = z.infer<typeof Firing>;

export const RuleView = z.object({
  project: z.string(),
  name: z.string(),
  revision: z.number(),
  rule: Rule,
  /** `file`, or the URN of the pipeline that brought it. */
  origin: z.string(),
  state: RuleState,
  state_by: z.string(),
  state_at: z.number(),
  state_reason: z.string().nullable(),
  next_due: z.number().nullable(),
  created_at: z.number(),
  updated_at: z.number(),
  last_firing: FiringSummary.nullable(),
  /** Firings in the last 90 days, by state. */
  counts: z.record(FiringState, z.number()),
  lead: Lead,
  /** The rule as one sentence. */
  sentence: z.string(),
});
export type RuleView = z.infer<typeof RuleView>;

export const VERDICTS = ['would_run', 'held_back', 'not_met'] as const;

/** What one event would have made a rule do. */
export const BacktestEntry = z.object({
  event_id: z.string(),
  type: z.string(),
  subject: z.string(),
  at: z.number(),
  verdict: z.enum(VERDICTS),
  /** The guard that held it back, with its reason. */
  held_by: GuardAnswer.nullable(),
  /** The fields the condition read. */
  values: z.record(z.string(), z.unknown()),
});
export type BacktestEntry = z.infer<typeof BacktestEntry>;

export const BacktestTrace = z.object({
  rule: Rule,
  /** Events that matched `when`. */
  heard: z.number(),
  would_run: z.number(),
  held_back: z.number(),
  not_met: z.number(),
  /** In the order of the clock; at most 5000, runs and held back ones first kept. */
  entries: z.array(BacktestEntry),
  truncated: z.boolean(),
});
export type BacktestTrace = z.infer<typeof BacktestTrace>;

export const Backtest = z.object({
  from: z.number(),
  to: z.number(),
  /** How long a run was taken to last, ms: the median of this rule's finished firings, 0 when there is none. */
  assumed_duration_ms: z.number(),
  /** How often the rule really fired in this time. */
  fired: z.number(),
  /** The stored rule; null when there is none of this name yet. */
  now: BacktestTrace.nullable(),
  edited: BacktestTrace.nullable(),
  lead: Lead,
});
export type Backtest = z.infer<typeof Backtest>;

/** What a rule would do with one event now; nothing is done or stored. */
export const DryRun = z.object({
  event: FiredBy,
  matched: z.boolean(),
  condition: z.array(ConditionPart),
  met: z.boolean(),
  guards: z.array(GuardAnswer),
  actions: z.array(z.object({ asked: Action.nullable(), error: z.string().nullable() })),
  would_run: z.boolean(),
});
export type DryRun = z.infer<typeof DryRun>;
