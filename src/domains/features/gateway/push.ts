import { z } from 'zod';

const Time = z.number().min(-8.64e15).max(8.64e15);

/** With this batch the view holds all of a partition; those that it was merged from need no longer be told of. */
const Completion = z.object({
  partition: z.string().min(1).max(256),
  replaces: z.array(z.string().min(1).max(256)).max(10_000),
});
export type Completion = z.infer<typeof Completion>;

/** Rows for one feature view, column by column; row i has `values[i × features … ]`. null stands for no value. */
export const FeaturePush = z
  .object({
    /** The same id again changes nothing. */
    batch_id: z.string().min(1).max(256),
    project: z.string().min(1).max(256),
    view: z.string().min(1).max(256),
    version: z.number().int().positive(),
    features: z.array(z.string().min(1).max(256)).min(1).max(1_000),
    keys: z.array(z.string().max(1_024)).max(200_000),
    /** Epoch milliseconds. */
    event_times: z.array(Time),
    /** One for all rows, or one per row. */
    created_times: z.union([Time, z.array(Time)]),
    /** Or base64 of little-endian float64 numbers, where NaN stands for no value: a tenth of the work for many rows. */
    values: z.union([z.array(z.number().nullable()), z.string()]),
    completes: Completion.optional(),
  })
  .refine((push) => push.event_times.length === push.keys.length, 'event_times needs one time per key')
  .refine(
    (push) => typeof push.created_times === 'number' || push.created_times.length === push.keys.length,
    'created_times needs one time, or one per key',
  )
  .refine(
    (push) => countOf(push.values) === push.keys.length * push.features.length,
    'values needs one number per key and feature',
  );
export type FeaturePush = z.infer<typeof FeaturePush>;

/** The values as numbers, NaN for none. */
export function numbersOf(values: FeaturePush['values']): Float64Array {
  if (typeof values !== 'string') return Float64Array.from(values, (value) => value ?? Number.NaN);
  return new Float64Array(new Uint8Array(Buffer.from(values, 'base64')).buffer);
}

/** The form that `numbersOf` reads back; what is not finite becomes NaN, as JSON would have it. */
export function packNumbers(values: readonly (number | null)[]): string {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < numbers.length; i++) {
    const value = values[i];
    numbers[i] = typeof value === 'number' && Number.isFinite(value) ? value : Number.NaN;
  }
  return Buffer.from(numbers.buffer).toString('base64');
}

const countOf = (values: string | readonly unknown[]): number =>
  typeof values === 'string' ? Buffer.from(values, 'base64').length / 8 : values.length;
