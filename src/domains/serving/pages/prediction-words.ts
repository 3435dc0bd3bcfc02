import type { LeadPart } from '../../../lib/lead.ts';
import { formatSpan } from '../../../ui/time.ts';
import { numberOf } from './serving-words.ts';

type Row = Readonly<Record<string, unknown>>;

/** What was answered, and what really happened, with how long it took to be known. */
export function answerLead(prediction: Row, feedback: readonly Row[]): LeadPart[] {
  const output = numberOf(prediction.output);
  const said = output === null ? String(prediction.outputs) : output.toPrecision(3);
  const start: LeadPart[] = [
    {
      type: 'text',
      text: `Deployment ${String(prediction.deployment)} of ${String(prediction.endpoint)} said ${said} for `,
    },
    { type: 'time', at: numberOf(prediction.event_time) ?? 0, clock: 'event' },
  ];
  const latest = [...feedback].sort(
    (a, b) => (numberOf(b.observed_at) ?? 0) - (numberOf(a.observed_at) ?? 0),
  )[0];
  if (!latest) return [...start, { type: 'text', text: '. What really happened is not known yet.' }];
  const later = (numberOf(latest.observed_at) ?? 0) - (numberOf(prediction.event_time) ?? 0);
  const truth = String(latest.label_text ?? latest.label);
  const after = later > 0 ? `, known ${roundSpan(later)} later` : '';
  return [...start, { type: 'text', text: `. The truth was ${truth}${after}.` }];
}

const HOUR = 3_600_000;

/** A length of time as people say it: whole minutes below an hour, hours below two days, else days. */
const roundSpan = (ms: number): string => {
  const unit = ms < HOUR ? 60_000 : ms < 48 * HOUR ? HOUR : 24 * HOUR;
  return formatSpan(Math.max(1, Math.round(ms / unit)) * unit);
};
