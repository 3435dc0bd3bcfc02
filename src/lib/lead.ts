import { z } from 'zod';
import {
  formatBytes,
  formatCount,
  formatEstimate,
  formatMeasure,
  formatMetric,
  formatShare,
} from './format.ts';

export const Clock = z.enum(['event', 'wall']);

/**
 * How a number is meant: decides digits and unit. Latency, rates and sizes are `measure` (3 significant digits);
 * `exact` is for what a person has set (limits, parameters): its own digits, none added.
 */
export const NumberStyle = z.enum([
  'metric',
  'measure',
  'count',
  'share',
  'points',
  'bytes',
  'seconds',
  'exact',
]);
export type NumberStyle = z.infer<typeof NumberStyle>;

const ProofText = z.object({
  /** What the number is, in one sentence. */
  definition: z.string(),
  formula: z.string().optional(),
  n: z.number().optional(),
  /** The rows it covers, as text: "1 Jun to 14 Jun 2001". */
  window: z.string().optional(),
  clock: Clock.optional(),
  /** How the interval was made: "95% bootstrap by day, 2,000 draws". */
  method: z.string().optional(),
});

/** Where the rows are, or, of a number that a person set, where it is set. */
const Rows = z.object({ label: z.string(), href: z.string() });
/** What went in, each by digest. */
const Inputs = z
  .array(z.object({ label: z.string(), digest: z.string(), href: z.string().optional() }))
  .nonempty();
/** What gives the number again, offered as "Copy as query". */
const Query = z.string();

const withRows = ProofText.extend({ rows: Rows, inputs: Inputs.optional(), query: Query.optional() });
const withInputs = ProofText.extend({ rows: Rows.optional(), inputs: Inputs, query: Query.optional() });
const withQuery = ProofText.extend({ rows: Rows.optional(), inputs: Inputs.optional(), query: Query });

/**
 * What stands behind a computed number; every field is shown when present. No proof is a dead end: it leads to its rows,
 * to its inputs by digest, or to a query that gives it again.
 */
export const Proof = z.union([withRows, withInputs, withQuery]);
export type Proof = z.infer<typeof Proof>;
/** Where a number leads. */
export type ProofSource = Pick<z.infer<typeof withRows>, 'rows'> | Pick<z.infer<typeof withInputs>, 'inputs'>;
/** A proof that the place where it stands completes with its source, as a table does for its columns. */
export type OpenProof = z.infer<typeof ProofText> & Partial<Pick<Proof, 'rows' | 'inputs' | 'query'>>;

/** One typed part of a lead sentence. Times are milliseconds since 1970. A number does not exist without its proof. */
export const LeadPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({
    type: z.literal('number'),
    value: z.number(),
    style: NumberStyle.optional(),
    unit: z.string().optional(),
    /** Set for estimates; `n` goes with it. */
    interval: z.tuple([z.number(), z.number()]).optional(),
    n: z.number().optional(),
    proof: Proof,
  }),
  z.object({ type: z.literal('link'), text: z.string(), href: z.string() }),
  z.object({ type: z.literal('time'), at: z.number(), clock: Clock }),
]);
export type LeadPart = z.infer<typeof LeadPart>;
export type NumberPart = Extract<LeadPart, { type: 'number' }>;

/** The first sentence of a page: as parts, and as the plain text that CLI and notifications print. */
export const Lead = z.object({ text: z.string(), parts: z.array(LeadPart) });
export type Lead = z.infer<typeof Lead>;

/** A counted number with what was counted. */
export const counted = (value: number, proof: Proof, unit?: string): NumberPart => ({
  type: 'number',
  value,
  style: 'count',
  ...(unit === undefined ? {} : { unit }),
  proof,
});

/** An estimate with its interval, where there is one, and the rows it rests on. */
export function estimated(
  of: { value: number; low: number | null; high: number | null; n: number },
  proof: Proof,
): NumberPart {
  const interval: [number, number] | undefined =
    of.low === null || of.high === null ? undefined : [of.low, of.high];
  return { type: 'number', value: of.value, ...(interval ? { interval } : {}), n: of.n, proof };
}

/** Joins texts and typed parts to a lead. Times read as UTC to the minute in the plain text. */
export function lead(...given: (string | LeadPart)[]): Lead {
  const parts = given
    .filter((part) => part !== '')
    .map((part): LeadPart => (typeof part === 'string' ? { type: 'text', text: part } : part));
  return { text: parts.map(plain).join('').replace(/\s+/g, ' ').trim(), parts };
}

function plain(part: LeadPart): string {
  if (part.type === 'number') return numberText(part);
  if (part.type === 'time') return `${new Date(part.at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return part.text;
}

function numberText({ value, style = 'metric', unit, interval }: NumberPart): string {
  const after = unit === undefined ? '' : ` ${unit}`;
  if (interval && style === 'metric') {
    const shown = formatEstimate({ value, low: interval[0], high: interval[1] });
    return `${shown.value}${after} (${shown.low} to ${shown.high})`;
  }
  return TEXTS[style](value) + after;
}

const TEXTS: Readonly<Record<NumberStyle, (value: number) => string>> = {
  metric: formatMetric,
  measure: formatMeasure,
  count: formatCount,
  share: formatShare,
  points: (value) => `${formatMeasure(value * 100)} points`,
  bytes: formatBytes,
  seconds: (value) => `${formatMeasure(value)} s`,
  exact: String,
};
