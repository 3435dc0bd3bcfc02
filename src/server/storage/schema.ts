import { z } from 'zod';

export const COLLECT_JOB = 'storage.collect';

const Sum = z.object({ blobs: z.number(), bytes: z.number() });

export const CollectRequest = z.object({
  /** Only says what would be done. */
  dry_run: z.boolean().default(false),
  /** A blob is set aside, and what was set aside goes, only when it is older. */
  grace_hours: z.number().min(1).default(24),
});
export type CollectRequest = z.infer<typeof CollectRequest>;

export const Collection = z.object({
  dry_run: z.boolean(),
  kept: Sum,
  set_aside: Sum,
  purged: Sum,
  /** Referenced again after they were set aside. */
  recalled: Sum,
  /** What cut uploads had left. */
  unfinished: z.number(),
});
export type Collection = z.infer<typeof Collection>;

export const StorageUse = z.object({
  kinds: z.array(Sum.extend({ kind: z.string() })),
  bytes: z.number(),
});
export type StorageUse = z.infer<typeof StorageUse>;
