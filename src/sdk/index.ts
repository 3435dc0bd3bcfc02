export { z } from 'zod';
export { AppError } from '../lib/errors.ts';
export { urn } from '../lib/urn.ts';
export { hostOf } from './host.ts';
export type { Refused } from './background.ts';
export type { ModelVersion, StartRun } from './mlflow.ts';
export type { NewModel, TrackedRun } from './tracked-run.ts';
export type { ModelColumn, ModelSignature } from './mlmodel.ts';
export { type Columns, readParquet } from './parquet.ts';
export {
  cron,
  event,
  type Pipeline,
  pipeline,
  type PipelineBuilder,
  type PipelineOptions,
  webhook,
} from './pipeline.ts';
export {
  dataset,
  type DatasetRef,
  file,
  type FileInput,
  type FileOutput,
  type FileRef,
  type Handle,
  model,
  type ModelRef,
  value,
} from './ports.ts';
export { Rondo, type RondoOptions } from './rondo.ts';
export { findSettings, type Settings } from './settings.ts';
export type { Duration, NodeHandle } from './declared.ts';
export { type Step, step, type StepContext, type StepOptions } from './step.ts';
