import type { SortingState } from '@tanstack/react-table';
import { useMemo } from 'react';
import { usePlace } from './place.ts';

interface TableState {
  sort: SortingState;
  onSort: (sort: SortingState) => void;
  hidden: readonly string[];
  onHidden: (hidden: string[]) => void;
}

/**
 * Order and columns of the main table of a page, kept in its address: `sort=-metrics.log_loss`, `cols=name,took`. Columns that the
 * address does not name are hidden; without `cols` those that hide themselves are. Ids are encoded, so that they may hold commas.
 */
export function useTableState(columns: readonly { id: string; hidden?: boolean }[]): TableState {
  const { search, setSearch } = usePlace();
  const { sort, cols } = search;
  return useMemo(() => {
    const byDefault = columns.filter((column) => column.hidden).map((column) => column.id);
    const shown = cols === undefined ? undefined : new Set(cols.split(',').map(decode));
    return {
      sort: sort === undefined ? [] : readSort(sort),
      onSort: (next) => setSearch({ sort: writeSort(next) || undefined }, { replace: true }),
      hidden: shown
        ? columns.filter((column) => !shown.has(column.id)).map((column) => column.id)
        : byDefault,
      onHidden: (next) => {
        const same = next.length === byDefault.length && byDefault.every((id) => next.includes(id));
        const left = columns.filter((column) => !next.includes(column.id));
        const text = left.map((column) => encodeURIComponent(column.id)).join(',');
        setSearch({ cols: same ? undefined : text }, { replace: true });
      },
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `setSearch` is made anew at each draw and does the same
  }, [columns, sort, cols]);
}

export const readSort = (text: string): SortingState =>
  text
    .split(',')
    .filter(Boolean)
    .map((part) => ({ id: decode(part.replace(/^-/, '')), desc: part.startsWith('-') }));

export const writeSort = (sort: SortingState): string =>
  sort.map(({ id, desc }) => `${desc ? '-' : ''}${encodeURIComponent(id)}`).join(',');

/** What a person typed into an address may be no valid encoding: then it is the id as it stands. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
