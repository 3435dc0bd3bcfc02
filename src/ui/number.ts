import type { NumberStyle } from '../lib/lead.ts';

export type { NumberStyle } from '../lib/lead.ts';

export interface Estimate {
  value: string;
  low: string;
  high: string;
}

const MINUS = '\u2212';
const MISSING = '\u2013';

/** A number as people read it: comma for thousands, true minus, no e-notation from 1e-4 to 1e6. Missing is a dash. */
export function formatNumber(value: number | null | undefined, style: NumberStyle = 'metric'): string {
  if (value === null || value === undefined) return MISSING;
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'infinity' : `${MINUS}infinity`;
  switch (style) {
    case 'count':
      return withCommas(Math.round(value), 0);
    case 'share':
      return `${significant(value * 100, 3)}%`;
    case 'points':
      return `${significant(value * 100, 3)} points`;
    case 'bytes':
      return formatBytes(value);
    case 'seconds':
      return formatSeconds(value);
    case 'exact':
      return trimZeros(significant(value, 12));
    case 'measure':
      return significant(value, 3);
    default:
      return significant(value, 4);
  }
}

/** Estimate and bounds, all rounded to the second digit of the half-width: 0.4193, 0.4149, 0.4237. */
export function formatEstimate(
  value: number,
  interval: readonly [number, number],
  style: NumberStyle = 'metric',
): Estimate {
  const scale = style === 'share' || style === 'points' ? 100 : 1;
  const unit = style === 'share' ? '%' : '';
  const half = (Math.abs(interval[1] - interval[0]) / 2) * scale;
  const show = (x: number) => {
    if (!Number.isFinite(x) || half === 0 || !Number.isFinite(half)) return formatNumber(x, style);
    const places = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(half))));
    return withCommas(x * scale, places) + unit;
  };
  return { value: show(value), low: show(interval[0]), high: show(interval[1]) };
}

/** A difference with its sign always printed. Shares differ in points. */
export function formatSigned(value: number, style: NumberStyle = 'metric'): string {
  const text = formatNumber(Math.abs(value), style === 'share' ? 'points' : style);
  return value > 0 ? `+${text}` : value < 0 ? `${MINUS}${text}` : text;
}

const trimZeros = (text: string) => (/[.]\d*$/.test(text) ? text.replace(/[.]?0+$/, '') : text);

/** The style of a limit that is set in the unit of a measured value: no digits added. */
export const settingStyle = (style: NumberStyle = 'metric'): NumberStyle =>
  style === 'metric' || style === 'measure' ? 'exact' : style;

function significant(value: number, digits: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6) && !Number.isInteger(value))
    return exponential(value, digits);
  if (size >= 1e15) return exponential(value, digits);
  if (Number.isInteger(value)) return withCommas(value, 0);
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return withCommas(value, places);
}

function exponential(value: number, digits: number): string {
  return value
    .toExponential(digits - 1)
    .replace('e+', 'e')
    .replaceAll('-', MINUS);
}

/** By decimal places: to make a format takes longer than to use it. */
const formats: Intl.NumberFormat[] = [];

function withCommas(value: number, places: number): string {
  const format = (formats[places] ??= new Intl.NumberFormat('en-US', {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  }));
  const text = format.format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

function formatBytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1) / 3)));
  return `${significant(value / 1000 ** step, 3)} ${units[step]}`;
}

function formatSeconds(value: number): string {
  const size = Math.abs(value);
  if (size < 1e-3) return `${significant(value * 1e6, 3)} \u00b5s`;
  if (size < 1) return `${significant(value * 1e3, 3)} ms`;
  if (size < 60) return `${significant(value, 3)} s`;
  if (size < 3600) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  if (size < 172_800) return `${Math.floor(value / 3600)} h ${Math.round((value % 3600) / 60)} min`;
  return `${Math.round(value / 86_400)} d`;
}
