import type { ChartEnds } from '../../../ui/chart-range.ts';
import { listText, readList } from './address-list.ts';

/** Ends of y by metric, as an address keeps them: `0~0.5~log_loss`, one entry a metric; an end that is left out follows the data. */
export function readRanges(text: string | undefined): ReadonlyMap<string, ChartEnds> {
  const ranges = new Map<string, ChartEnds>();
  for (const entry of readList(text) ?? []) {
    const [, min = '', max = '', key = ''] = /^([^~]*)~([^~]*)~(.+)$/.exec(entry) ?? [];
    const ends = { min: endOf(min), max: endOf(max) };
    if (key && (ends.min !== undefined || ends.max !== undefined)) ranges.set(key, ends);
  }
  return ranges;
}

/** The same with other ends for one metric; undefined when nothing is left to say. */
export function rangesText(
  ranges: ReadonlyMap<string, ChartEnds>,
  key: string,
  ends: ChartEnds,
): string | undefined {
  const next = new Map(ranges).set(key, ends);
  const entries = [...next].flatMap(([name, { min, max }]) =>
    min === undefined && max === undefined ? [] : [`${min ?? ''}~${max ?? ''}~${name}`],
  );
  return entries.length > 0 ? listText(entries) : undefined;
}

const endOf = (text: string): number | undefined => {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
};
