import { z } from 'zod';

/** Bytes of a file output. */
export const FileRef = z.object({ digest: z.string(), size: z.number(), name: z.string() });
export type FileRef = z.infer<typeof FileRef>;
/** One immutable version of a dataset. */
export const DatasetRef = z.object({
  name: z.string().min(1),
  version: z.union([z.string(), z.number()]),
  digest: z.string().nullable().default(null),
});
export type DatasetRef = z.infer<typeof DatasetRef>;
/** A registered model version, or a logged model that is not registered. */
export const ModelRef = z.union([
  z.object({ name: z.string().min(1), version: z.union([z.string(), z.number()]) }),
  z.object({ model_id: z.string().min(1) }),
]);
export type ModelRef = z.infer<typeof ModelRef>;
