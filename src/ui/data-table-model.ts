import {
  columnSizingFeature,
  columnVisibilityFeature,
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  sortFn_alphanumeric,
  sortFn_basic,
  sortFn_text,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { useMemo, useState } from 'react';
import { equalColumns } from './data-column.ts';
import type { DataTableProps } from './data-table.tsx';

const features = tableFeatures({
  rowSortingFeature,
  columnVisibilityFeature,
  columnSizingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, text: sortFn_text, basic: sortFn_basic },
});

/** Order and visible columns of a table, controlled by the caller or kept here. */
export function useModel<T extends object>(props: DataTableProps<T>) {
  const { columns, rows } = props;
  const [ownSort, setOwnSort] = useState<SortingState>([]);
  const [ownHidden, setOwnHidden] = useState<readonly string[]>(() =>
    columns.filter((each) => each.hidden).map((each) => each.id),
  );
  const [onlyDiffering, setOnlyDiffering] = useState(false);
  const hidden = props.hidden ?? ownHidden;
  const equal = useMemo(
    () => (onlyDiffering ? equalColumns(columns.slice(1), rows) : []),
    [onlyDiffering, columns, rows],
  );
  // Rows that come in order from the server, perhaps very many, need no model of their own.
  const data = useMemo(() => (props.ordered ? [] : [...rows]), [rows, props.ordered]);
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, T>();
    return columns.map((column) =>
      helper.accessor((row: T): unknown => column.value(row) ?? undefined, {
        id: column.id,
        enableSorting: column.sortable !== false,
        sortUndefined: 'last',
        sortDescFirst: column.better === 'higher',
      }),
    );
  }, [columns]);
  const sorting = props.sort ?? ownSort;
  const table = useTable({
    features,
    columns: definitions,
    data,
    getRowId: props.rowId,
    manualSorting: props.ordered ?? false,
    state: { sorting, columnVisibility: Object.fromEntries([...hidden, ...equal].map((id) => [id, false])) },
    onSortingChange: (change) => {
      const next = typeof change === 'function' ? change(sorting) : change;
      setOwnSort(next);
      props.onSort?.(next);
    },
  });
  const setHidden = (next: string[]) => {
    setOwnHidden(next);
    props.onHidden?.(next);
  };
  const sorted = table.getRowModel().rows;
  const items = useMemo(
    () => (props.ordered ? rows : sorted.map((row) => row.original)),
    [props.ordered, rows, sorted],
  );
  return { table, items, hidden, setHidden, onlyDiffering, setOnlyDiffering };
}
