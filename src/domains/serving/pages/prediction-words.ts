import { lead, type LeadPart } from '../../../lib/lead.ts';
import { formatSpan } from '../../../ui/time.ts';
import { numberOf } from './serving-words.ts';

type Row = Readonly<Record<string, unknown>>;

/** What was answered, and what really happened, with how long it took to be known. */
export function answerLead(prediction: Row, feedback: readonly Row[]): LeadPart[] {
  const output = numberOf(prediction.output);
  const query = `GET /api/v1/predictions/${String(prediction.prediction_id)}`;
  const when = numberOf(prediction.event_time) ?? 0;
  const start = [
    `Deployment ${String(prediction.deployment)} of ${String(prediction.endpoint)} said `,
    output === null
      ? String(prediction.outputs)
      : ({
          type: 'number',
          value: output,
          style: 'measure',
          proof: {
            definition: 'The first output of the model for this request, as it was answered and logged.',
            clock: 'event',
            query,
          },
        } as const),
    ' for ',
    { type: 'time', at: when, clock: 'event' } as const,
  ];
  const latest = [...feedback].sort(
    (a, b) => (numberOf(b.observed_at) ?? 0) - (numberOf(a.observed_at) ?? 0),
  )[0];
  if (!latest) return lead(...start, '. What really happened is not known yet.').parts;
  const later = (numberOf(latest.observed_at) ?? 0) - when;
  const said = latest.label_text ?? latest.label;
  const label = numberOf(said);
  return lead(
    ...start,
    '. The truth was ',
    label === null
      ? String(said)
      : {
          type: 'number',
          value: label,
          style: 'measure',
          proof: {
            definition: 'The label that came back as feedback; the latest observation counts.',
            clock: 'event',
            query,
          },
        },
    later > 0 ? `, known ${roundSpan(later)} later` : '',
    '.',
  ).parts;
}

const HOUR = 3_600_000;

/** A length of time as people say it: whole minutes below an hour, hours below two days, else days. */
const roundSpan = (ms: number): string => {
  const unit = ms < HOUR ? 60_000 : ms < 48 * HOUR ? HOUR : 24 * HOUR;
  return formatSpan(Math.max(1, Math.round(ms / unit)) * unit);
};
