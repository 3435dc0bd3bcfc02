import { z } from 'zod';

const Column = z.object({
  /** Absent for outputs without a name. */
  name: z.string().optional(),
  type: z.string(),
  required: z.boolean(),
  tensor: z.object({ dtype: z.string(), shape: z.array(z.number()) }).optional(),
});

/** What is inside a version: its frozen files, what it takes and gives, how it can be loaded. */
export const VersionContents = z.object({
  /** Root digest over the files; null when they lie outside Rondo. */
  digest: z.string().nullable(),
  files: z.array(z.object({ path: z.string(), digest: z.string(), size: z.number() })),
  /** Null when its MLmodel file states none. */
  signature: z
    .object({
      inputs: z.array(Column),
      outputs: z.array(Column),
      params: z.array(z.object({ name: z.string(), type: z.string(), default: z.unknown() })),
    })
    .nullable(),
  flavors: z.array(z.string()),
});
export type VersionContents = z.infer<typeof VersionContents>;
