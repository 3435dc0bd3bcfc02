import { z } from 'zod';

const Time = z.number().min(-8.64e15).max(8.64e15);

/** Rows for one feature view, column by column; row i has `values[i × features … ]`. null stands for no value. */
export const FeaturePush = z
  .object({
    /** The same id again changes nothing. */
    batch_id: z.string().min(1).max(256),
    view: z.string().min(1).max(256),
    version: z.number().int().positive(),
    features: z.array(z.string().min(1).max(256)).min(1).max(1_000),
    keys: z.array(z.string().max(1_024)).max(200_000),
    /** Epoch milliseconds. */
    event_times: z.array(Time),
    /** One for all rows, or one per row. */
    created_times: z.union([Time, z.array(Time)]),
    values: z.array(z.number().nullable()),
  })
  .refine((push) => push.event_times.length === push.keys.length, 'event_times needs one time per key')
  .refine(
    (push) => typeof push.created_times === 'number' || push.created_times.length === push.keys.length,
    'created_times needs one time, or one per key',
  )
  .refine(
    (push) => push.values.length === push.keys.length * push.features.length,
    'values needs one number per key and feature',
  );
export type FeaturePush = z.infer<typeof FeaturePush>;
