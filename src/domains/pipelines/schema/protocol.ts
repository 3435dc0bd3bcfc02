import { z } from 'zod';
import { PortType } from './graph.ts';
import { LogChunk } from './runs.ts';

/** What `step exec` asks for and tells; every request carries the attempt's token. */
export const AttemptHello = z.object({
  pid: z.number().int().positive(),
  born: z.string().max(100),
  host: z.string().max(300),
});

export const AttemptSpec = z.object({
  project: z.string(),
  pipeline: z.string(),
  run: z.string(),
  run_number: z.number(),
  step_run: z.string(),
  node: z.string(),
  step: z.string(),
  attempt: z.number(),
  /** `run/node/map index/attempt`, the same whenever this attempt is asked for: user code makes its side effects idempotent by it. */
  key: z.string(),
  bundle: z.string(),
  root: z.string().nullable(),
  inputs: z.record(z.string(), z.unknown()),
  takes: z.record(z.string(), PortType),
  outputs: z.record(z.string(), PortType),
  params: z.record(z.string(), z.unknown()),
  timeout_ms: z.number().nullable(),
  beat_ms: z.number(),
});
export type AttemptSpec = z.infer<typeof AttemptSpec>;

export const AttemptLog = z.object({ chunks: z.array(LogChunk).max(2000) });

export const AttemptBeat = z.object({
  progress: z.number().min(0).max(1).nullable().default(null),
  text: z.string().max(500).nullable().default(null),
});

export const AttemptEnd = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done'), outputs: z.record(z.string(), z.unknown()) }),
  z.object({
    outcome: z.literal('failed'),
    kind: z.enum(['thrown', 'exit', 'signal', 'timeout', 'output', 'setup', 'stopped']),
    error: z.string().max(100_000),
    exit_code: z.number().int().nullable().default(null),
    signal: z.string().max(20).nullable().default(null),
  }),
]);
export type AttemptEnd = z.infer<typeof AttemptEnd>;
