import { z } from 'zod';
import { KeyValue } from '../tracking/schema.ts';

/** MLflow's labels of a version; not Rondo's environments. */
export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;
export const Stage = z.enum(STAGES);
export type Stage = (typeof STAGES)[number];

export const ModelVersion = z.object({
  name: z.string(),
  version: z.string(),
  creation_timestamp: z.number(),
  last_updated_timestamp: z.number(),
  user_id: z.string().optional(),
  current_stage: Stage,
  description: z.string(),
  source: z.string(),
  run_id: z.string(),
  status: z.enum(['PENDING_REGISTRATION', 'FAILED_REGISTRATION', 'READY']),
  run_link: z.string(),
  tags: z.array(KeyValue).optional(),
  aliases: z.array(z.string()).optional(),
  model_id: z.string().optional(),
  /** Rondo's addition: sha256 over the version's files and their digests; absent when its files lie outside Rondo. */
  digest: z.string().optional(),
});
export type ModelVersion = z.infer<typeof ModelVersion>;

export const RegisteredModel = z.object({
  name: z.string(),
  creation_timestamp: z.number(),
  last_updated_timestamp: z.number(),
  description: z.string().optional(),
  latest_versions: z.array(ModelVersion).optional(),
  tags: z.array(KeyValue).optional(),
  aliases: z.array(z.object({ alias: z.string(), version: z.string() })).optional(),
});
export type RegisteredModel = z.infer<typeof RegisteredModel>;

/** One file of a frozen version. */
export interface ManifestEntry {
  path: string;
  /** sha256, lower-case hex. */
  digest: string;
  /** Bytes. */
  size: number;
}

/** What a model takes or gives, as MLflow's signature states it. */
export interface ColumnSpec {
  name: string | undefined;
  /** `double`, `long`, `string` …, or `tensor`. */
  type: string;
  required: boolean;
  /** Of a tensor: numpy type and shape, -1 for any. */
  tensor?: { dtype: string; shape: number[] } | undefined;
}

export interface Signature {
  inputs: ColumnSpec[];
  outputs: ColumnSpec[] | undefined;
  params: { name: string; type: string; default: unknown }[];
}

/** A version as other rooms know it. */
export interface VersionRef {
  project: string;
  name: string;
  version: number;
}
