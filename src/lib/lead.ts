import { z } from 'zod';

/** One typed part of a lead sentence. Times are milliseconds since 1970. */
export const LeadPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('number'), value: z.number(), unit: z.string().optional() }),
  z.object({ type: z.literal('link'), text: z.string(), href: z.string() }),
  z.object({ type: z.literal('time'), at: z.number(), clock: z.enum(['event', 'wall']) }),
]);
export type LeadPart = z.infer<typeof LeadPart>;

/** The first sentence of a page: as parts, and as the plain text that CLI and notifications print. */
export const Lead = z.object({ text: z.string(), parts: z.array(LeadPart) });
export type Lead = z.infer<typeof Lead>;

/** Joins texts, numbers and typed parts to a lead. Times read as UTC to the minute in the plain text. */
export function lead(...given: (string | number | LeadPart)[]): Lead {
  const parts = given.map((part): LeadPart => {
    if (typeof part === 'string') return { type: 'text', text: part };
    return typeof part === 'number' ? { type: 'number', value: part } : part;
  });
  return { text: parts.map(plain).join('').replace(/\s+/g, ' ').trim(), parts };
}

function plain(part: LeadPart): string {
  if (part.type === 'number') return part.unit ? `${part.value} ${part.unit}` : String(part.value);
  if (part.type === 'time') return `${new Date(part.at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return part.text;
}
