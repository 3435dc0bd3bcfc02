import { useCallback, useState } from 'react';
import type { DataColumn } from './data-column.ts';

/** How a person has arranged the columns of a table; ids of columns that are gone are kept, for they may come back. */
export interface Arrangement {
  /** Ids in the order wanted; columns that it does not name follow in their own order. */
  order: readonly string[];
  /** Columns that stay at the left while the others scroll, after the first one, which always does. */
  pinned: readonly string[];
  /** Widths in px of columns that were resized. */
  widths: Readonly<Record<string, number>>;
}

export const NARROWEST = 48;
export const WIDEST = 800;
const NONE: Arrangement = { order: [], pinned: [], widths: {} };

/** The columns as arranged: the first one, the pinned ones, the others. What was resized no longer grows. */
export function arranged<T>(columns: readonly DataColumn<T>[], arrangement: Arrangement): DataColumn<T>[] {
  const [first, ...others] = columns;
  if (!first) return [];
  const rank = new Map(arrangement.order.map((id, at) => [id, at]));
  const at = (column: DataColumn<T>) => rank.get(column.id) ?? rank.size;
  // Sorting is stable: columns without a rank keep their order.
  const ordered = others.toSorted((a, b) => at(a) - at(b));
  const pinned = ordered.filter((column) => arrangement.pinned.includes(column.id));
  const free = ordered.filter((column) => !arrangement.pinned.includes(column.id));
  return [first, ...pinned, ...free].map((column, index) => {
    const width = arrangement.widths[column.id];
    if (width !== undefined) return { ...column, width, grow: false };
    // What stands left of a pinned column has to have a width that is known.
    return index <= pinned.length && pinned.length > 0 ? { ...column, grow: false } : column;
  });
}

/** Moves a column one place towards the start or the end of those shown. */
export function moved(shown: readonly string[], id: string, by: -1 | 1): string[] {
  const from = shown.indexOf(id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= shown.length) return [...shown];
  const next = [...shown];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

export const resized = (arrangement: Arrangement, id: string, width: number): Arrangement => ({
  ...arrangement,
  widths: {
    ...arrangement.widths,
    [id]: Math.round(Math.max(NARROWEST, Math.min(WIDEST, width))),
  },
});

/** The arrangement of a table, kept in this browser under a name; without a name it lasts as long as the page. */
export function useArrangement(
  name: string | undefined,
): [Arrangement, (change: (old: Arrangement) => Arrangement) => void] {
  const key = name === undefined ? undefined : `rondo.table.${name}`;
  const [kept, setKept] = useState(() => ({ key, value: readKept(key) }));
  if (kept.key !== key) setKept({ key, value: readKept(key) });
  const set = useCallback(
    (change: (old: Arrangement) => Arrangement) =>
      setKept((old) => {
        const value = change(old.value);
        keep(key, value);
        return { key, value };
      }),
    [key],
  );
  return [kept.value, set];
}

function keep(key: string | undefined, value: Arrangement): void {
  if (key === undefined) return;
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the arrangement lasts as long as the page.
  }
}

function readKept(key: string | undefined): Arrangement {
  if (key === undefined) return NONE;
  try {
    const read = JSON.parse(localStorage.getItem(key) ?? 'null') as Partial<Arrangement> | null;
    const ids = (list: unknown) => (Array.isArray(list) ? list.filter((id) => typeof id === 'string') : []);
    const widths = Object.entries(read?.widths ?? {}).filter(([, width]) => Number.isFinite(width));
    return { order: ids(read?.order), pinned: ids(read?.pinned), widths: Object.fromEntries(widths) };
  } catch {
    return NONE;
  }
}
