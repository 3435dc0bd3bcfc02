import { z } from 'zod';
import { TraceInfoInput } from './traces.ts';
import { DatasetInput, double, KeyValue, LOGGED_MODEL_STATUSES, RUN_STATUSES } from '../schema.ts';

const Id = z.string().min(1).max(250);
const Millis = z.number().int();
const Lifecycle = z.enum(['active', 'deleted']);
const pairs = z.array(KeyValue).default([]);

/** What became of one thing. `changed`: it was there, and something was added. */
export const Outcome = z.object({
  id: z.string(),
  outcome: z.enum(['imported', 'changed', 'present', 'refused']),
  /** Why it was refused, or what of it was. */
  why: z.string().optional(),
});
export type Outcome = z.infer<typeof Outcome>;

export const ExperimentOutcome = Outcome.extend({ experiment_id: z.string().nullable() });
export type ExperimentOutcome = z.infer<typeof ExperimentOutcome>;

/** `artifact_uri`: where its files go. */
export const PlacedOutcome = Outcome.extend({ artifact_uri: z.string() });
export type PlacedOutcome = z.infer<typeof PlacedOutcome>;

export const ImportedExperiment = z.object({
  /** Its id where it comes from: kept when it is free here. */
  id: Id,
  name: z.string(),
  lifecycle: Lifecycle.default('active'),
  created_at: Millis.optional(),
  updated_at: Millis.optional(),
  tags: pairs,
});
export type ImportedExperiment = z.infer<typeof ImportedExperiment>;

export const ImportedRun = z.object({
  run_id: z.string().regex(/^[a-zA-Z0-9][\w-]{0,63}$/),
  /** The id here. */
  experiment_id: z.string(),
  name: z.string().default(''),
  user_id: z.string().max(256).default(''),
  status: z.enum(RUN_STATUSES),
  start_time: Millis,
  end_time: Millis.nullable().default(null),
  lifecycle: Lifecycle.default('active'),
  params: pairs,
  tags: pairs,
  datasets: z.array(DatasetInput).default([]),
  model_inputs: z.array(z.object({ model_id: Id })).default([]),
  model_outputs: z.array(z.object({ model_id: Id, step: z.number().int().default(0) })).default([]),
});
export type ImportedRun = z.infer<typeof ImportedRun>;

/** Points of one metric of one run, by column. */
export const ImportedSeries = z
  .object({
    run_id: z.string().min(1),
    key: z.string(),
    steps: z.array(z.number().int()),
    times: z.array(Millis),
    values: z.array(double),
  })
  .refine(
    ({ steps, times, values }) => steps.length === times.length && times.length === values.length,
    'Steps, times and values are of one length.',
  );
export type ImportedSeries = z.infer<typeof ImportedSeries>;

export const ImportedModel = z.object({
  model_id: z.string().regex(/^[a-zA-Z0-9][\w-]{0,63}$/),
  experiment_id: z.string(),
  name: z.string(),
  model_type: z.string().max(500).default(''),
  source_run_id: z.string().max(64).default(''),
  status: z.enum(LOGGED_MODEL_STATUSES),
  status_message: z.string().max(10_000).nullable().default(null),
  lifecycle: Lifecycle.default('active'),
  created_at: Millis,
  updated_at: Millis,
  params: pairs,
  tags: pairs,
  metrics: z
    .array(
      z.object({
        key: z.string(),
        run_id: z.string(),
        step: z.number().int(),
        timestamp: Millis,
        value: double,
        dataset_name: z.string().default(''),
        dataset_digest: z.string().default(''),
      }),
    )
    .max(10_000)
    .default([]),
});
export type ImportedModel = z.infer<typeof ImportedModel>;

const Nanos = z.string().regex(/^\d{1,19}$/);
const Texts = z.record(z.string(), z.string());

export const ImportedTrace = z.object({
  info: TraceInfoInput,
  spans: z
    .array(
      z.object({
        span_id: z.string().regex(/^[0-9a-f]{1,32}$/),
        parent_id: z.string().max(32).nullable(),
        name: z.string(),
        status: z.enum(['OK', 'ERROR', 'UNSET']),
        /** JSON texts by key. */
        attributes: Texts,
        body: z.object({
          start: Nanos,
          end: Nanos.nullable(),
          message: z.string(),
          events: z.array(z.object({ name: z.string(), time: Nanos, attributes: Texts })),
          links: z.array(z.object({ trace: z.string(), span: z.string(), attributes: Texts })),
        }),
      }),
    )
    .max(20_000),
});
export type ImportedTrace = z.infer<typeof ImportedTrace>;

/** What is stored of a run, by digest: see `import-digest.ts`. */
export const RunDigest = z.object({
  run_id: z.string(),
  params: z.string(),
  tags: z.string(),
  metrics: z.array(z.object({ key: z.string(), points: z.number(), digest: z.string() })),
  digest: z.string(),
});
export type RunDigest = z.infer<typeof RunDigest>;
