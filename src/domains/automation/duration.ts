import { invalid } from '../../lib/errors.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const NAMED = [
  ['d', UNITS.d],
  ['h', UNITS.h],
  ['min', UNITS.m],
  ['s', UNITS.s],
] as const;

/** `6h` in milliseconds. */
export function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text);
  if (!match) throw invalid(`'${text}' is not a duration.`, 'Write a number and one of ms, s, m, h, d, w.');
  return Math.round(Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]);
}

/** Milliseconds in the largest unit that leaves at least one: `6 h`, `3 min`, `1.5 d`. */
export function durationText(ms: number): string {
  for (const [name, size] of NAMED) if (ms >= size) return `${Math.round((ms / size) * 10) / 10} ${name}`;
  return `${Math.round(ms)} ms`;
}
