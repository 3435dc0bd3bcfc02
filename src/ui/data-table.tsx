import { useElementSize, useMergedRef } from '@mantine/hooks';
import type { SortingState } from '@tanstack/react-table';
import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { type ColumnFinder, ColumnPicker } from './column-picker.tsx';
import { bestValue, type DataColumn, decimalRoom } from './data-column.ts';
import { TableFoot } from './data-table-foot.tsx';
import { pressOnGrid } from './data-table-keys.ts';
import { minWidth, pinnedWidth, rowHeightOf, template, textWidth, widthOf } from './data-table-layout.ts';
import { useModel } from './data-table-model.ts';
import { type RowScroll, TableBody } from './data-table-body.tsx';
import { HeadRow } from './data-table-head.tsx';
import type { ProofSource } from './proof.ts';
import type { RowContext } from './data-table-row.tsx';
import { type RowAction, RowMenu, type RowMenuAt } from './row-menu.tsx';
import { useSurroundings } from './surroundings.tsx';
import { arranged, resized, useArrangement } from './table-arrangement.ts';
import { toColumn, useSideScroll } from './use-side-scroll.ts';

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
  /** Rows that are not here yet; asked for as one scrolls towards them. */
  more?: { loading: boolean; load: () => void } | undefined;
  /** Where this browser keeps order, widths and pins of the columns; the picker then offers to change them. */
  kept?: string;
  /** Columns that are not in `columns` yet and can be found by name. */
  find?: ColumnFinder;
  /** What can be done with a row: its button, the right mouse button, or `.`. */
  actions?: (row: T) => readonly RowAction[];
  /** Offered when all rows that are here are chosen: to choose also those that are not. */
  allMatching?: { total: number; chosen: boolean; onChoose: (all: boolean) => void } | undefined;
  /** Hides the column picker of small tables. */
  fixedColumns?: boolean;
}

/** Rows and columns: sortable, virtual, driven by keys; two-line rows where it is narrow. */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { rows, rowId, dense, maxHeight = 560, selected, onSelect, href, source, onOpen, marked } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const pane = useRef<HTMLDivElement>(null);
  const { ref: sizer, width } = useElementSize();
  /** What is left of it beside the scroll bar. */
  const { ref: view, width: viewWidth, height: viewHeight } = useElementSize();
  const { singleKeys } = useSurroundings();
  const narrow = width > 0 && width < 560;
  const [arrangement, arrange] = useArrangement(props.kept);
  const columns = useMemo(() => arranged(props.columns, arrangement), [props.columns, arrangement]);
  const { table, items, hidden, setHidden, onlyDiffering, setOnlyDiffering } = useModel({
    ...props,
    columns,
  });
  const visible = table
    .getVisibleLeafColumns()
    .map((column) => column.id)
    .join('\n');
  const shown = useMemo(() => {
    const ids = new Set(visible.split('\n'));
    return columns.filter((column) => ids.has(column.id));
  }, [columns, visible]);
  const [active, setActive] = useState({ row: 0, column: 0 });
  const [menu, setMenu] = useState<RowMenuAt>();
  const anchor = useRef<number | undefined>(undefined);
  const rowScroll = useRef<RowScroll>(null);
  const rowHeight = narrow ? 56 : dense ? 28 : rowHeightOf();
  useSideScroll(scroller, pane);
  const room = useMemo(() => new Map(shown.map((each) => [each.id, decimalRoom(each, rows)])), [shown, rows]);
  const best = useMemo(() => new Map(shown.map((each) => [each.id, bestValue(each, rows)])), [shown, rows]);

  const open = (row: T | undefined) => {
    if (!row) return;
    onOpen?.(row);
    const to = href?.(row);
    if (to && !onOpen)
      scroller.current
        ?.querySelector<HTMLAnchorElement>(`a[href="${CSS.escape(to)}"], a[href="${to}"]`)
        ?.click();
  };
  const chooseSpan = (from: number, until: number) =>
    onSelect?.(
      new Set([
        ...(selected ?? []),
        ...items.slice(Math.min(from, until), Math.max(from, until) + 1).map(rowId),
      ]),
    );
  const move = (to: number, extend: boolean) => {
    const row = Math.max(0, Math.min(items.length - 1, to));
    if (extend && onSelect) chooseSpan((anchor.current ??= active.row), row);
    else anchor.current = undefined;
    setActive((old) => ({ ...old, row }));
    rowScroll.current?.toRow(row);
  };
  const choose = useLatest((index: number, extend: boolean) => {
    const row = items[index];
    if (!row) return;
    if (extend && anchor.current !== undefined) return chooseSpan(anchor.current, index);
    anchor.current = index;
    const next = new Set(selected);
    if (!next.delete(rowId(row))) next.add(rowId(row));
    onSelect?.(next);
  });
  const openMenu = useLatest((row: number, place: { left: number; top: number }) => {
    setActive((old) => ({ ...old, row }));
    setMenu({ row, ...place });
  });
  const cell = `${id}-${active.row}-${narrow ? 0 : active.column}`;
  const widen = (by: number) => {
    const column = shown[active.column];
    if (column) arrange((old) => resized(old, column.id, widthOf(column) + by));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const here = items[active.row];
    pressOnGrid(event, {
      row: active.row,
      count: items.length,
      page: Math.max(1, Math.floor(viewHeight / rowHeight) - 1),
      move,
      turn: (by) => {
        const column = Math.max(0, Math.min(shown.length - 1, active.column + by));
        setActive({ row: active.row, column });
        if (column >= pinned && pane.current) toColumn(scroller.current, pane.current, column - pinned);
      },
      askFocused: singleKeys,
      also: {
        Enter: () => open(here),
        e: () => askCell(cell),
        x: onSelect && here ? () => choose(active.row, false) : undefined,
        '.': props.actions && here ? () => openMenu(active.row, placeOf(cell)) : undefined,
        '>': props.kept ? () => widen(16) : undefined,
        '<': props.kept ? () => widen(-16) : undefined,
        Escape: selected?.size ? () => onSelect?.(new Set()) : undefined,
      },
    });
  };
  const pinned = 1 + shown.slice(1).filter((column) => arrangement.pinned.includes(column.id)).length;
  const choosable = onSelect !== undefined;
  const withMenu = props.actions !== undefined;
  const context = useMemo<RowContext<T>>(
    () => ({
      columns: shown,
      room,
      best,
      template: template(shown, choosable),
      pinned,
      narrow,
      roomOf: (column) => (narrow ? width : textWidth(column, shown, width) - 16),
      gridId: id,
      href,
      source,
      choose: choosable ? choose : undefined,
      menu: withMenu ? openMenu : undefined,
      activate: (row) => setActive((old) => ({ ...old, row })),
      open: onOpen,
    }),
    [
      shown,
      room,
      best,
      choosable,
      pinned,
      narrow,
      width,
      id,
      href,
      source,
      choose,
      withMenu,
      openMenu,
      onOpen,
    ],
  );
  const allHere = useMemo(
    () => items.length > 0 && items.every((row) => selected?.has(rowId(row))),
    [items, selected, rowId],
  );
  const toggleAll = useLatest(() => onSelect?.(allHere ? new Set() : new Set(items.map(rowId))));
  const sortBy = useLatest((column: string, multi: boolean) =>
    table.getColumn(column)?.toggleSorting(undefined, multi),
  );
  const resize = useLatest((column: string, to: number) => arrange((old) => resized(old, column, to)));
  const sheet = narrow ? undefined : minWidth(shown, choosable);
  const wide = sheet !== undefined && viewWidth > 0 && sheet > viewWidth;
  const menuRow = menu && items[menu.row];
  return (
    <div className="r-table" ref={sizer} data-dense={dense || undefined} data-narrow={narrow || undefined}>
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
              find={props.find}
              arrangement={props.kept ? arrangement : undefined}
              onArrange={arrange}
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
        ref={useMergedRef(scroller, view)}
        style={{
          maxHeight,
          scrollPaddingLeft: wide ? pinnedWidth(shown.slice(0, pinned), choosable) : undefined,
        }}
        role="grid"
        aria-label={props.label}
        aria-rowcount={(props.total ?? rows.length) + 1}
        aria-colcount={shown.length}
        aria-multiselectable={choosable ? true : undefined}
        aria-activedescendant={items.length ? cell : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div className="r-table-sheet" style={{ minWidth: sheet }}>
          <div
            className="r-table-pane"
            ref={pane}
            data-wide={wide || undefined}
            style={{ width: wide ? viewWidth : undefined }}
          >
            {narrow ? null : (
              <HeadRow
                context={context}
                sort={table.state.sorting}
                minWidth={sheet}
                onSort={sortBy}
                onWidth={props.kept === undefined ? undefined : resize}
                allChosen={allHere}
                onAll={toggleAll}
              />
            )}
            <TableBody
              ref={rowScroll}
              scroller={scroller}
              items={items}
              rowId={rowId}
              rowHeight={rowHeight}
              height={viewHeight || maxHeight}
              minWidth={sheet}
              selected={selected}
              marked={marked}
              active={active}
              more={props.more}
              context={context}
            />
          </div>
        </div>
      </div>
      {menu && menuRow && props.actions ? (
        <RowMenu at={menu} actions={props.actions(menuRow)} onClose={() => setMenu(undefined)} />
      ) : null}
      {selected?.size ? (
        <TableFoot
          selected={selected}
          here={items.map(rowId)}
          allHere={allHere}
          allMatching={props.allMatching}
          onNone={() => onSelect?.(new Set())}
        >
          {props.bulk?.(selected)}
        </TableFoot>
      ) : null}
    </div>
  );
}

/** A function that is the same for ever and does what was given last. */
function useLatest<A extends unknown[]>(run: (...args: A) => void): (...args: A) => void {
  const latest = useRef(run);
  useLayoutEffect(() => {
    latest.current = run;
  });
  return useCallback((...args: A) => latest.current(...args), []);
}

/** Opens the proof of the number in a cell, as a click on it does. */
const askCell = (cell: string) =>
  document.getElementById(cell)?.querySelector<HTMLElement>('[data-asked]')?.click();

function placeOf(cell: string): { left: number; top: number } {
  const box = document.getElementById(cell)?.getBoundingClientRect();
  return { left: box?.left ?? 0, top: box?.bottom ?? 0 };
}
