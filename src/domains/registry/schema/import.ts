import { z } from 'zod';
import { KeyValue } from '../../tracking/schema.ts';
import { STAGES } from '../schema.ts';

const Millis = z.number().int();
const pairs = z.array(KeyValue).default([]);

export const ImportedVersion = z.object({
  version: z.number().int().positive(),
  stage: z.enum(STAGES).default('None'),
  description: z.string().default(''),
  /** As it is recorded. */
  source: z.string().max(4096),
  /** Where the files are on this server now; they are frozen for the version. */
  files_at: z.string().max(4096).optional(),
  run_id: z.string().max(64).default(''),
  run_link: z.string().max(4096).default(''),
  model_id: z.string().max(64).default(''),
  user_id: z.string().max(256).default(''),
  status: z.enum(['PENDING_REGISTRATION', 'FAILED_REGISTRATION', 'READY']).default('READY'),
  created_at: Millis,
  updated_at: Millis,
  tags: pairs,
});
export type ImportedVersion = z.infer<typeof ImportedVersion>;

/** A registered model or a prompt, with some of its versions. */
export const ImportedRegistered = z.object({
  name: z.string(),
  description: z.string().default(''),
  created_at: Millis,
  updated_at: Millis,
  tags: pairs,
  /** The highest number ever given: none up to it is given again. */
  last_version: z.number().int().nonnegative().default(0),
  versions: z.array(ImportedVersion).max(500).default([]),
  aliases: z.array(z.object({ alias: z.string(), version: z.number().int().positive() })).default([]),
});
export type ImportedRegistered = z.infer<typeof ImportedRegistered>;
