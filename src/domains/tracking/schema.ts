import { z } from 'zod';
import { VERDICTS } from './schema/reproductions.ts';
import { workspaceOf } from '../../lib/contract/index.ts';
import { storable } from '../../lib/storable.ts';

/** The project of callers that name none; MLflow's clients call a project a workspace. */
export const DEFAULT_PROJECT = 'default';

/** The MLflow whose wire is spoken here. Its clients ask, and send spans to servers of 3.4 and later only. */
export const MLFLOW_VERSION = '3.17.2';

/** The project a request is about: MLflow's workspace header, else the default project. */
export const projectOf = workspaceOf;

/** An int64 as MLflow sends it: a number in JSON, a text of digits in a query string or from older clients. */
export const int64 = z
  .union([z.number(), z.string().regex(/^\s*[+-]?\d+\s*$/)])
  .transform(Number)
  .pipe(z.number().int());

/** A double as proto JSON writes it: a number, or `NaN`, `Infinity`, `-Infinity`, or a number as text. */
export const double = z
  .union([
    z.number(),
    z.string().regex(/^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/),
    z.enum(['NaN', 'Infinity', '-Infinity']),
  ])
  .transform(Number);

/** Proto fields may be left out or null; both mean unset. */
export const unset = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

/** What people and programs say: no training ends for a character in it that no database keeps. */
export const words = (most: number) => z.string().max(most).transform(storable);

/** Proto texts that were not set read as empty. */
export const text = unset(z.string()).transform((value) => storable(value ?? ''));

/** A required text: the empty text counts as missing. */
export const required = z.string().min(1);

/** A repeated field: one value in a query string stands for a list of one. */
export const list = <T extends z.ZodType>(item: T) =>
  unset(z.union([z.array(item), item.transform((one) => [one])])).transform((values) => values ?? []);

export const RUN_STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export const LOGGED_MODEL_STATUSES = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
] as const;
export type LoggedModelStatus = (typeof LOGGED_MODEL_STATUSES)[number];
export const VIEWS = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const;
export type View = (typeof VIEWS)[number];
export type Lifecycle = 'active' | 'deleted';

/**
 * A proto enum: by name in upper or lower case, or by number as older clients send it. `first` is the number of the first name.
 */
export const protoEnum = <const T extends readonly [string, ...string[]]>(names: T, first: number) =>
  z.preprocess((value) => {
    const number = typeof value === 'number' || /^\d+$/.test(String(value)) ? Number(value) : undefined;
    if (number !== undefined) return names[number - first] ?? value;
    return typeof value === 'string' ? value.toUpperCase() : value;
  }, z.enum(names));

/** As MLflow reads proto enums that are no requirement: a name that it does not know means unset. */
export const optionalEnum = <const T extends readonly [string, ...string[]]>(names: T, first: number) =>
  unset(
    z.preprocess((value) => {
      const known = protoEnum(names, first).safeParse(value);
      return known.success || typeof value !== 'string' ? value : undefined;
    }, protoEnum(names, first).optional()),
  );

export const KeyValue = z.object({ key: z.string(), value: z.string() });
export type KeyValue = z.infer<typeof KeyValue>;

/** `value` is a double; NaN and the infinities travel as text, as proto JSON has it. */
export const Metric = z.object({
  key: z.string(),
  value: z.union([z.number(), z.string()]),
  timestamp: z.number(),
  step: z.number(),
  run_id: z.string().optional(),
  model_id: z.string().optional(),
  dataset_name: z.string().optional(),
  dataset_digest: z.string().optional(),
  /** Extremes of all its points, where they were asked for. */
  min: z.number().optional(),
  max: z.number().optional(),
  /** How many points it has, where the extremes were asked for. */
  points: z.number().optional(),
});
export type Metric = z.infer<typeof Metric>;

export const Experiment = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string(),
  lifecycle_stage: z.string(),
  last_update_time: z.number(),
  creation_time: z.number(),
  tags: z.array(KeyValue).optional(),
  workspace: z.string().optional(),
});
export type Experiment = z.infer<typeof Experiment>;

export const RunInfo = z.object({
  run_id: z.string(),
  run_uuid: z.string(),
  run_name: z.string(),
  experiment_id: z.string(),
  user_id: z.string(),
  status: z.enum(RUN_STATUSES),
  start_time: z.number(),
  end_time: z.number().optional(),
  artifact_uri: z.string(),
  lifecycle_stage: z.string(),
  /** How many runs name it as their parent, where that was asked for. */
  children: z.number().optional(),
  /** What came of it when it was made again, where that was asked for and somebody did. */
  reproduced: z.enum(VERDICTS).optional(),
});
export type RunInfo = z.infer<typeof RunInfo>;

export const Dataset = z.object({
  name: z.string(),
  digest: z.string(),
  source_type: z.string(),
  source: z.string(),
  schema: z.string().optional(),
  profile: z.string().optional(),
});
export type Dataset = z.infer<typeof Dataset>;

export const DatasetInput = z.object({ tags: z.array(KeyValue).optional(), dataset: Dataset });
export type DatasetInput = z.infer<typeof DatasetInput>;

export const Run = z.object({
  info: RunInfo,
  data: z.object({
    metrics: z.array(Metric).optional(),
    params: z.array(KeyValue).optional(),
    tags: z.array(KeyValue).optional(),
  }),
  inputs: z.object({
    dataset_inputs: z.array(DatasetInput).optional(),
    model_inputs: z.array(z.object({ model_id: z.string() })).optional(),
  }),
  outputs: z
    .object({ model_outputs: z.array(z.object({ model_id: z.string(), step: z.number() })).optional() })
    .optional(),
});
export type Run = z.infer<typeof Run>;

/** A named view of the runs table; `state` is the search part of its address. */
export const RunView = z.object({
  name: z.string(),
  state: z.string(),
  author: z.string(),
  updated_at: z.number(),
});
export type RunView = z.infer<typeof RunView>;

/** Long lists are looked at in one loop: a schema for each item costs more than all else of 100 curves. */
const listOf = <T>(is: (item: unknown) => boolean, type: string | string[]) =>
  z
    .custom<T[]>((list) => Array.isArray(list) && list.every(is), 'Expected a list of numbers.')
    .meta({ type: 'array', items: { type } });
const numbers = listOf<number>((item) => typeof item === 'number', 'number');
const numbersOrNull = listOf<number | null>(
  (item) => item === null || typeof item === 'number',
  ['number', 'null'],
);

/** One metric of a run as columns of a chart, in order; its lists are of one length. */
export const Curve = z.object({
  /** How many there are in all, and how many of them are NaN. */
  points: z.number(),
  nan: z.number(),
  /** Of the last point of each column: step, time in epoch ms, value (null: NaN). */
  step: numbers,
  ts: numbers,
  last: numbersOrNull,
  /** Extremes of the points of each column that are numbers; null without any. */
  low: numbersOrNull,
  high: numbersOrNull,
});
export type Curve = z.infer<typeof Curve>;

/** Runs that share the value of a key; null: those without it. Metrics by their last values, NaN left out. */
export const RunGroup = z.object({
  value: z.string().nullable(),
  runs: z.number(),
  metrics: z.array(
    z.object({ key: z.string(), runs: z.number(), median: z.number(), min: z.number(), max: z.number() }),
  ),
});
export type RunGroup = z.infer<typeof RunGroup>;

export const FileInfo = z.object({ path: z.string(), is_dir: z.boolean(), file_size: z.number().optional() });

export const LoggedModel = z.object({
  info: z.object({
    model_id: z.string(),
    experiment_id: z.string(),
    name: z.string(),
    creation_timestamp_ms: z.number(),
    last_updated_timestamp_ms: z.number(),
    artifact_uri: z.string(),
    status: z.enum(LOGGED_MODEL_STATUSES),
    model_type: z.string().optional(),
    source_run_id: z.string().optional(),
    status_message: z.string().optional(),
    tags: z.array(KeyValue).optional(),
  }),
  data: z.object({ params: z.array(KeyValue).optional(), metrics: z.array(Metric).optional() }),
});
export type LoggedModel = z.infer<typeof LoggedModel>;

/** What deleting for good removes, and what came of it and stays. */
export const PurgePreview = z.object({
  experiments: z.number(),
  runs: z.number(),
  logged_models: z.number(),
  points: z.number(),
  files: z.number(),
  bytes: z.number(),
  /** Bytes that nothing else names. */
  freed_bytes: z.number(),
  /** They stay; where they came from will no longer be found. */
  dependents: z.array(z.object({ urn: z.string(), title: z.string(), href: z.string().nullable() })),
  /** There are more dependents than are shown. */
  more: z.boolean(),
  /** Of what is meant: deleting asks for it. */
  digest: z.string(),
});
export type PurgePreview = z.infer<typeof PurgePreview>;

/** One point as callers hand it in: `value` may be NaN or infinite. */
export interface MetricInput {
  key: string;
  value: number;
  /** Epoch ms. */
  timestamp: number;
  step: number;
  model_id?: string | undefined;
  dataset_name?: string | undefined;
  dataset_digest?: string | undefined;
}

export interface Batch {
  metrics?: readonly MetricInput[];
  params?: readonly KeyValue[];
  tags?: readonly KeyValue[];
}

/** One page of a search; `token` is opaque and absent on the last page. */
export interface Page<T> {
  items: T[];
  token: string | undefined;
}
