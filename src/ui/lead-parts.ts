import type { LeadPart, NumberPart } from '../lib/lead.ts';
import { formatEstimate, formatNumber } from './number.ts';
import { formatTime } from './time.ts';

export type { LeadPart } from '../lib/lead.ts';

/** The number part as text: "0.4193 (0.4149 to 0.4237)". */
export function numberPartText(part: NumberPart): string {
  const unit = part.unit ? ` ${part.unit}` : '';
  if (!part.interval) return formatNumber(part.value, part.style) + unit;
  const shown = formatEstimate(part.value, part.interval, part.style);
  return `${shown.value}${unit} (${shown.low} to ${shown.high})`;
}

/** The lead as the one plain sentence that CLI, notification and document title print. */
export function leadText(parts: readonly LeadPart[], now: number, zone: string): string {
  const text = parts.map((part) => {
    if (part.type === 'number') return numberPartText(part);
    if (part.type === 'time') return formatTime(part.at, part.clock, now, zone);
    return part.text;
  });
  return text.join('').replace(/\s+/g, ' ').trim();
}
