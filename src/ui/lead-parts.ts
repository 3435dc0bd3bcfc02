import { formatEstimate, formatNumber, type NumberStyle } from './number.ts';
import { formatTime, type Clock } from './time.ts';
import type { Proof } from './proof.ts';

/** One typed part of a lead sentence. Times are milliseconds since 1970. */
export type LeadPart =
  | { type: 'text'; text: string }
  | {
      type: 'number';
      value: number;
      style?: NumberStyle;
      unit?: string;
      /** Set for estimates; `n` goes with it. */
      interval?: readonly [number, number];
      n?: number;
      proof?: Proof;
    }
  | { type: 'link'; text: string; href: string }
  | { type: 'time'; at: number; clock: Clock };

/** The number part as text: "0.4193 (0.4149 to 0.4237)". */
export function numberPartText(part: Extract<LeadPart, { type: 'number' }>): string {
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
