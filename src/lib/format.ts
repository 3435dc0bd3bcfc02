/**
 * Numbers for people: thousands commas, a true minus, no exponent from 1e-4 to 1e6. The digits shown are the digits meant:
 * full precision belongs to the proof and to copying. Digits left of the point are never rounded away, except where an interval says so.
 */
const MINUS = '−';
const DASH = '–';

/** A metric without an interval: 4 significant digits. */
export const formatMetric = (value: number | null | undefined): string => significant(value, 4);

/** A latency, rate or size: 3 significant digits. */
export const formatMeasure = (value: number | null | undefined): string => significant(value, 3);

/** A whole number with commas. */
export const formatCount = (value: number | bigint | null | undefined): string =>
  value == null ? DASH : trueMinus(formatter(0, 0).format(value));

export interface FormattedEstimate {
  value: string;
  low: string;
  high: string;
  /** "0.4193 (0.4149 to 0.4237)" */
  text: string;
}

/** Estimate and bounds rounded to the second digit of the half-width; without a finite interval as `formatMetric`. */
export function formatEstimate(estimate: { value: number; low: number; high: number }): FormattedEstimate {
  const half = (estimate.high - estimate.low) / 2;
  if (half === 0) {
    const value = formatMetric(estimate.value);
    return { value, low: value, high: value, text: value };
  }
  if (!(half > 0 && Number.isFinite(half) && Number.isFinite(estimate.value)))
    return joined(estimate, formatMetric);
  const largest = Math.max(Math.abs(estimate.low), Math.abs(estimate.high));
  // Beyond 15 digits a double has no more to show.
  const place = Math.max(
    Math.floor(Math.log10(Number(half.toPrecision(2)))) - 1,
    Math.floor(Math.log10(largest)) - 14,
  );
  return joined(estimate, (number) => atPlace(number, place));
}

/** 0.123 as "12.3%". Never "100%" or "0%" for a share that only rounds to it. */
export function formatShare(share: number | null | undefined): string {
  if (share == null || !Number.isFinite(share)) return significant(share, 3);
  for (let digits = 3; digits <= 9; digits++) {
    const text = significant(share * 100, digits);
    if (text !== '100' || share === 1) return `${text}%`;
  }
  return `${share < 1 ? '<' : '>'}100%`;
}

/** A difference of shares in percentage points, with its sign: 0.012 is "+1.2 points". */
export const formatPoints = (difference: number): string => `${formatChange(difference * 100)} points`;

/** A difference with its sign, 3 significant digits. */
export const formatChange = (difference: number): string => {
  const text = significant(difference, 3);
  return difference > 0 ? `+${text}` : text;
};

/** Decimal bytes: 1500 is "1.5 kB". */
export const formatBytes = (bytes: number | null | undefined): string =>
  scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);

/** Milliseconds: "0.321 ms", "12.3 ms", "1.23 s"; longer times are `humanDuration`'s. */
export const formatLatency = (milliseconds: number | null | undefined): string =>
  scaled(milliseconds, 1000, ['ms', 's']);

/** Events per second: "1,230/s". */
export const formatRate = (perSecond: number | null | undefined): string =>
  perSecond == null ? DASH : `${formatMeasure(perSecond)}/s`;

function joined(
  estimate: { value: number; low: number; high: number },
  print: (number: number) => string,
): FormattedEstimate {
  const [value, low, high] = [print(estimate.value), print(estimate.low), print(estimate.high)];
  return { value, low, high, text: `${value} (${low} to ${high})` };
}

function scaled(value: number | null | undefined, step: number, units: readonly string[]): string {
  if (value == null || !Number.isFinite(value)) return significant(value, 3);
  let unit = 0;
  let size = value;
  // 999.6 would print as "1,000": it belongs to the next unit.
  while (unit < units.length - 1 && Math.abs(Number(size.toPrecision(3))) >= step) {
    size /= step;
    unit++;
  }
  return `${significant(size, 3)} ${units[unit]}`;
}

function significant(value: number | null | undefined, digits: number): string {
  if (value == null) return DASH;
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`;
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-4 || size >= 1e6)
    return Number.isInteger(value) && size < 1e15 ? formatCount(value) : exponential(value, digits);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Number(size.toPrecision(digits)))));
  return grouped(value, 0, decimals);
}

function exponential(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
  const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return trueMinus(`${trimmed}e${Number(exponent)}`);
}

/** Rounded to 10^place with all its digits. */
function atPlace(value: number, place: number): string {
  if (place < -12) return exponential(value, 4);
  if (place <= 0) return grouped(value, -place, -place);
  const unit = 10 ** place;
  return grouped(Math.round(value / unit) * unit, 0, 0);
}

function grouped(value: number, minimum: number, maximum: number): string {
  const text = formatter(minimum, maximum).format(value);
  return /[1-9]/.test(text) ? trueMinus(text) : text.replace('-', '');
}

const formatters = new Map<number, Intl.NumberFormat>();

/** Building an Intl formatter costs more than a hundred uses of it. */
function formatter(minimum: number, maximum: number): Intl.NumberFormat {
  const key = minimum * 100 + maximum;
  const known = formatters.get(key);
  if (known) return known;
  const made = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: minimum,
    maximumFractionDigits: maximum,
  });
  formatters.set(key, made);
  return made;
}

const trueMinus = (text: string): string => text.replaceAll('-', MINUS);
