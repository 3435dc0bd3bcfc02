import { z } from 'zod';
import { Lead } from '../../../lib/lead.ts';
import { CodeRecord, Graph, Name } from './graph.ts';

export { DatasetRef, FileRef, ModelRef } from './refs.ts';

export const STEP_STATES = [
  'waiting',
  'queued',
  'running',
  'done',
  'reused',
  'failed',
  'cancelled',
  'skipped',
  'blocked',
] as const;
export type StepState = (typeof STEP_STATES)[number];
export const RUN_STATES = ['running', 'done', 'failed', 'cancelled'] as const;
export type RunState = (typeof RUN_STATES)[number];
export const ATTEMPT_STATES = ['running', 'done', 'failed', 'lost', 'cancelled'] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** Components of a cache key by the name that "why missed" uses: `code`, `lock file`, `input ds`, `parameter lr`, … */
export type CacheParts = Record<string, string>;

/** `use`: reuse what is there; `refresh`: run everything and keep the results; `off`: neither reuse nor offer for reuse. */
export const CACHE_MODES = ['use', 'refresh', 'off'] as const;
export type CacheMode = (typeof CACHE_MODES)[number];

/** Why a run exists: a person, a rule, another run. */
export const StartReason = z.object({
  kind: z.enum(['manual', 'rule', 'resume', 'pipeline']).default('manual'),
  text: z.string().max(1000),
  /** URN of the rule, firing or run that caused it. */
  cause: z.string().max(1000).nullable().default(null),
  by: z.string().max(200),
});
export type StartReason = z.infer<typeof StartReason>;

const counts = z.record(z.string(), z.number());

export const RunItem = z.object({
  id: z.string(),
  number: z.number(),
  pipeline: z.string(),
  version: z.number(),
  state: z.enum(RUN_STATES),
  reason: StartReason,
  params: z.record(z.string(), z.unknown()),
  cache: z.enum(CACHE_MODES),
  /** The run that this one resumes. */
  origin: z.string().nullable(),
  /** Step runs by state. */
  counts,
  error: z.string().nullable(),
  created_at: z.number(),
  ended_at: z.number().nullable(),
});
export type RunItem = z.infer<typeof RunItem>;

export const StepRunItem = z.object({
  id: z.string(),
  run: z.string(),
  node: z.string(),
  step: z.string(),
  map_index: z.number().nullable(),
  state: z.enum(STEP_STATES),
  /** Why it is in this state: what it waits for, what blocked it, why it was run again although a cache exists. */
  why: z.string().nullable(),
  /** The step run whose outputs were reused. */
  reused_from: z.string().nullable(),
  attempt: z.number(),
  max_attempts: z.number(),
  progress: z.number().nullable(),
  progress_text: z.string().nullable(),
  error: z.string().nullable(),
  created_at: z.number(),
  ready_at: z.number().nullable(),
  /** Not before this time, after a failed attempt. */
  retry_at: z.number().nullable(),
  started_at: z.number().nullable(),
  ended_at: z.number().nullable(),
  /** On the chain of steps that decides how long the run takes. */
  critical: z.boolean(),
});
export type StepRunItem = z.infer<typeof StepRunItem>;

export const AttemptItem = z.object({
  attempt: z.number(),
  state: z.enum(ATTEMPT_STATES),
  launcher: z.string(),
  host: z.string().nullable(),
  started_at: z.number(),
  ended_at: z.number().nullable(),
  exit_code: z.number().nullable(),
  signal: z.string().nullable(),
  error: z.string().nullable(),
  /** Blob of the whole log once the attempt has ended. */
  log_digest: z.string().nullable(),
  log_chunks: z.number(),
});
export type AttemptItem = z.infer<typeof AttemptItem>;

export const StepRunDetail = StepRunItem.extend({
  pipeline: z.string(),
  run_number: z.number(),
  inputs: z.record(z.string(), z.unknown()).nullable(),
  outputs: z.record(z.string(), z.unknown()).nullable(),
  params: z.record(z.string(), z.unknown()),
  cache_key: z.string().nullable(),
  cache_parts: z.record(z.string(), z.string()).nullable(),
  launcher: z.string(),
  resources: z.record(z.string(), z.unknown()),
  attempts: z.array(AttemptItem),
});
export type StepRunDetail = z.infer<typeof StepRunDetail>;

export const RunDetail = RunItem.extend({
  lead: Lead,
  graph: Graph,
  code: CodeRecord,
  steps: z.array(StepRunItem),
});
export type RunDetail = z.infer<typeof RunDetail>;

export const PipelineItem = z.object({
  name: z.string(),
  description: z.string(),
  version: z.number(),
  applied_at: z.number(),
  applied_by: z.string(),
  triggers: z.number(),
  /** The newest runs, newest first: what the glyph strip draws. */
  recent: z.array(
    z.object({
      id: z.string(),
      number: z.number(),
      state: z.enum(RUN_STATES),
      created_at: z.number(),
      ended_at: z.number().nullable(),
    }),
  ),
});
export type PipelineItem = z.infer<typeof PipelineItem>;

export const PipelineDetail = PipelineItem.extend({
  graph: Graph,
  code: CodeRecord,
  versions: z.array(
    z.object({
      version: z.number(),
      applied_at: z.number(),
      applied_by: z.string(),
      commit: z.string().nullable(),
      dirty: z.boolean(),
    }),
  ),
});
export type PipelineDetail = z.infer<typeof PipelineDetail>;

export const StartRun = z.object({
  params: z.record(z.string(), z.unknown()).default({}),
  cache: z.enum(CACHE_MODES).default('use'),
  /** Steps that run again although a result exists. */
  refresh: z.array(Name).default([]),
  version: z.number().int().positive().optional(),
  /** The same key again answers with the run that it started. */
  key: z.string().min(1).max(200).optional(),
  reason: StartReason.omit({ by: true }).partial().default({}),
});
export type StartRun = z.infer<typeof StartRun>;

/** A numbered piece of what a step printed. */
export const LogChunk = z.object({
  seq: z.number().int().min(0),
  /** Epoch ms. */
  time: z.number(),
  stream: z.enum(['out', 'err', 'note']),
  text: z.string().max(100_000),
});
export type LogChunk = z.infer<typeof LogChunk>;

export const LogPage = z.object({
  step_run: z.string(),
  attempt: z.number(),
  chunks: z.array(LogChunk),
  /** Ask for this one next. */
  next: z.number(),
  /** The attempt has ended and `chunks` reach its end. */
  complete: z.boolean(),
});
export type LogPage = z.infer<typeof LogPage>;
