import { useElementSize, useMergedRef } from '@mantine/hooks';
import type { SortingState } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useId, useMemo, useRef, useState } from 'react';
import { ColumnPicker } from './column-picker.tsx';
import { bestValue, type DataColumn, decimalRoom } from './data-column.ts';
import { chosenText, minWidth, rowHeightOf, template, textWidth } from './data-table-layout.ts';
import { useModel } from './data-table-model.ts';
import { GridCells } from './num.tsx';
import type { ProofSource } from './proof.ts';
import { HeadRow, type RowContext, TableRow } from './data-table-row.tsx';

export interface DataTableProps<T> {
  /** Says what the rows are, for screen readers: "Runs of late-flights". */
  label: string;
  rows: readonly T[];
  columns: readonly DataColumn<T>[];
  rowId: (row: T) => string;
  /** Where a row leads; Enter and a click on its first cell go there. */
  href?: (row: T) => string | undefined;
  onOpen?: (row: T) => void;
  /** Where the numbers of a row come from, when that is not the page of `href`. */
  source?: (row: T) => ProofSource | undefined;
  /** Controlled order, for example from the URL. With `ordered` the rows already come in it from the server. */
  sort?: SortingState;
  onSort?: (sort: SortingState) => void;
  ordered?: boolean;
  /** Ids of hidden columns, for example from the URL. */
  hidden?: readonly string[];
  onHidden?: (hidden: string[]) => void;
  /** Rows can be chosen; survives sort and filter because it is by id. */
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  /** Actions for the chosen rows, at the foot. */
  bulk?: (selected: ReadonlySet<string>) => ReactNode;
  /** New rows wait above until asked for: "3 new runs". */
  fresh?: { text: string; onShow: () => void };
  /** Tools beside the column picker. */
  tools?: ReactNode;
  /** A row that is marked in the table, for example the turn under the pointer. */
  marked?: string;
  dense?: boolean;
  /** Tallest height in px before the body scrolls. */
  maxHeight?: number;
  /** Rows on the server, when more than are here. */
  total?: number;
  /** Hides the column picker of small tables. */
  fixedColumns?: boolean;
}

/** Rows and columns: sortable, virtual, driven by keys; two-line rows where it is narrow. */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { rows, columns, rowId, dense, maxHeight = 560 } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sizer, width } = useElementSize();
  const narrow = width > 0 && width < 560;
  const { table, hidden, setHidden, onlyDiffering, setOnlyDiffering } = useModel(props);
  const model = table.getRowModel().rows;
  const visible = table.getVisibleLeafColumns().map((column) => column.id);
  const shown = columns.filter((column) => visible.includes(column.id));
  const [active, setActive] = useState({ row: 0, column: 0 });
  const anchor = useRef<number | undefined>(undefined);
  const rowHeight = narrow ? 56 : dense ? 28 : undefined;
  // oxlint-disable-next-line react/incompatible-library -- only the React Compiler, which is not used, cannot memoise it
  const virtual = useVirtualizer({
    count: model.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight ?? rowHeightOf(scroller.current),
    getItemKey: (index) => model[index]?.id ?? index,
    overscan: 8,
    initialRect: { width: 800, height: maxHeight },
  });
  const room = useMemo(
    () => new Map(columns.map((each) => [each.id, decimalRoom(each, rows)])),
    [columns, rows],
  );
  const best = useMemo(
    () => new Map(columns.map((each) => [each.id, bestValue(each, rows)])),
    [columns, rows],
  );

  const open = (row: T | undefined) => {
    if (!row) return;
    props.onOpen?.(row);
    const to = props.href?.(row);
    if (to && !props.onOpen)
      scroller.current
        ?.querySelector<HTMLAnchorElement>(`a[href="${CSS.escape(to)}"], a[href="${to}"]`)
        ?.click();
  };
  const move = (to: number, extend: boolean) => {
    const row = Math.max(0, Math.min(model.length - 1, to));
    if (extend && props.onSelect) {
      anchor.current ??= active.row;
      const [from, until] = [Math.min(anchor.current, row), Math.max(anchor.current, row)];
      props.onSelect(
        new Set([...(props.selected ?? []), ...model.slice(from, until + 1).map((each) => each.id)]),
      );
    } else anchor.current = undefined;
    setActive((old) => ({ ...old, row }));
    virtual.scrollToIndex(row);
  };
  const choose = (key: string) => {
    const next = new Set(props.selected);
    if (!next.delete(key)) next.add(key);
    props.onSelect?.(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(
      1,
      Math.floor((scroller.current?.clientHeight ?? 400) / (virtual.getTotalSize() / (model.length || 1))) -
        1,
    );
    const step = ROW_STEPS[event.key]?.(active.row, model.length, page);
    if (step !== undefined) move(step, event.shiftKey);
    else if (event.key === 'ArrowRight')
      setActive({ ...active, column: Math.min(shown.length - 1, active.column + 1) });
    else if (event.key === 'ArrowLeft') setActive({ ...active, column: Math.max(0, active.column - 1) });
    else if (event.key === 'Enter') open(model[active.row]?.original);
    else if (event.key === 'e') askCell(`${id}-${active.row}-${narrow ? 0 : active.column}`);
    else if (event.key === 'x' && props.onSelect && model[active.row]) choose(model[active.row]!.id);
    else if (event.key === 'Escape' && props.selected?.size) props.onSelect?.(new Set());
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const context: RowContext<T> = {
    columns: shown,
    room,
    best,
    template: template(shown, Boolean(props.onSelect)),
    narrow,
    roomOf: (column) =>
      Math.max(12, Math.floor((narrow ? width : textWidth(column, shown, width) - 16) / 6.6)),
    gridId: id,
    activeRow: active.row,
    activeColumn: active.column,
    href: props.href,
    source: props.source,
    selected: props.selected,
    choose: props.onSelect ? choose : undefined,
    activate: (row, column) => setActive({ row, column }),
    open: props.onOpen,
    marked: props.marked,
  };
  return (
    <div
      className="r-table"
      ref={useMergedRef(sizer)}
      data-dense={dense || undefined}
      data-narrow={narrow || undefined}
    >
      {props.tools || !props.fixedColumns ? (
        <div className="r-table-tools">
          {props.tools}
          <span className="r-spring" />
          {props.fixedColumns || narrow ? null : (
            <ColumnPicker
              columns={columns}
              hidden={hidden}
              onHidden={setHidden}
              onlyDiffering={onlyDiffering}
              onOnlyDiffering={setOnlyDiffering}
            />
          )}
        </div>
      ) : null}
      {props.fresh ? (
        <button type="button" className="r-table-fresh" onClick={props.fresh.onShow}>
          {props.fresh.text}
        </button>
      ) : null}
      <div
        className="r-table-scroll"
        ref={scroller}
        style={{ maxHeight }}
        role="grid"
        aria-label={props.label}
        aria-rowcount={(props.total ?? rows.length) + 1}
        aria-colcount={shown.length}
        aria-multiselectable={props.onSelect ? true : undefined}
        aria-activedescendant={model.length ? `${id}-${active.row}-${narrow ? 0 : active.column}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div
          className="r-table-sheet"
          style={{ minWidth: narrow ? undefined : minWidth(shown, Boolean(props.onSelect)) }}
        >
          {narrow ? null : (
            <HeadRow
              context={context}
              sort={table.state.sorting}
              onSort={(column, multi) => table.getColumn(column)?.toggleSorting(undefined, multi)}
            />
          )}
          <div role="rowgroup" className="r-table-body" style={{ height: virtual.getTotalSize() }}>
            <GridCells>
              {virtual.getVirtualItems().map((item) => {
                const row = model[item.index];
                return row ? (
                  <TableRow
                    key={row.id}
                    id={row.id}
                    index={item.index}
                    row={row.original}
                    top={item.start}
                    height={item.size}
                    context={context}
                  />
                ) : null;
              })}
            </GridCells>
          </div>
        </div>
      </div>
      {props.selected?.size ? (
        <div className="r-table-foot">
          <span>{chosenText(props.selected, rows.map(rowId))}</span>
          {props.bulk?.(props.selected)}
          <button type="button" className="r-link" onClick={() => props.onSelect?.(new Set())}>
            Choose none
          </button>
        </div>
      ) : null}
    </div>
  );
}

/** Opens the proof of the number in a cell, as a click on it does. */
const askCell = (cell: string) =>
  document.getElementById(cell)?.querySelector<HTMLElement>('[data-asked]')?.click();

type RowStep = (row: number, count: number, page: number) => number;
const ROW_STEPS: Readonly<Record<string, RowStep>> = {
  j: (row) => row + 1,
  J: (row) => row + 1,
  ArrowDown: (row) => row + 1,
  k: (row) => row - 1,
  K: (row) => row - 1,
  ArrowUp: (row) => row - 1,
  Home: () => 0,
  End: (_row, count) => count - 1,
  PageDown: (row, _count, page) => row + page,
  PageUp: (row, _count, page) => row - page,
};
