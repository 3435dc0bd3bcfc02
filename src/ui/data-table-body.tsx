import { type Range, useVirtualizer } from '@tanstack/react-virtual';
import {
  type Ref,
  type RefObject,
  useCallback,
  useEffect,
  useEffectEvent,
  useImperativeHandle,
  useLayoutEffect,
} from 'react';
import { type RowContext, TableRow } from './data-table-row.tsx';
import { GridCells } from './num.tsx';

export interface RowScroll {
  toRow: (index: number) => void;
}

interface TableBodyProps<T> {
  ref: Ref<RowScroll>;
  scroller: RefObject<HTMLElement | null>;
  items: readonly T[];
  rowId: (row: T) => string;
  rowHeight: number;
  /** Height in px that rows are seen in. */
  height: number;
  minWidth: number | undefined;
  selected: ReadonlySet<string> | undefined;
  marked: string | undefined;
  active: { row: number; column: number };
  more: { loading: boolean; load: () => void } | undefined;
  context: RowContext<T>;
}

/** Rows drawn above and below those that are seen. */
const OVERSCAN = 8;
/** Rows that come and go together: the frames between have nothing to lay out and to paint. */
const STEP = 4;
/** Rows ahead of the last one seen at which the next ones are asked for. */
const AHEAD = 300;

/**
 * The rows in sight, and the current one wherever it is, for screen readers stay with it. It scrolls without what is around it being drawn, and their number stays the same: a row that leaves on one
 * side comes back on the other with another text, which costs a fraction of a new one.
 */
export function TableBody<T>(props: TableBodyProps<T>) {
  const { scroller, items, rowId, rowHeight, height, selected, active } = props;
  const most = Math.ceil(height / rowHeight) + STEP + 2 * OVERSCAN;
  const rangeExtractor = useCallback(
    ({ startIndex, count }: Range) => {
      const near = Math.floor((startIndex - OVERSCAN) / STEP) * STEP;
      const from = Math.max(0, Math.min(near, count - most));
      const window = Array.from({ length: Math.min(count, most) }, (_, at) => from + at);
      const away = active.row < count && (active.row < from || active.row >= from + most);
      return away ? [active.row, ...window].toSorted((a, b) => a - b) : window;
    },
    [most, active.row],
  );
  // oxlint-disable-next-line react/incompatible-library -- only the React Compiler, which is not used, cannot memoise it
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    rangeExtractor,
    initialRect: { width: 800, height },
  });
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  useImperativeHandle(props.ref, () => ({ toRow: (index) => virtual.scrollToIndex(index) }), [virtual]);
  const drawn = virtual.getVirtualItems();
  useLoadMore(props.more, Math.max(0, virtual.range?.endIndex ?? 0), items.length);
  const away = drawn.length > most;
  const slot = (index: number) => (away && index === active.row ? -1 : index % most);
  useFocusBack(away, scroller);
  // In the order of the rows when somebody reads it; while they fly by, in the order in which nothing has to move.
  const placed = virtual.isScrolling ? drawn.toSorted((a, b) => slot(a.index) - slot(b.index)) : drawn;
  return (
    <div
      role="rowgroup"
      className="r-table-body"
      style={{ height: virtual.getTotalSize(), minWidth: props.minWidth }}
    >
      <GridCells>
        {placed.map(({ index, start, size }) => {
          const row = items[index];
          if (row === undefined) return null;
          const id = rowId(row);
          return (
            <TableRow
              key={slot(index)}
              index={index}
              row={row}
              top={start}
              height={size}
              chosen={selected?.has(id) ?? false}
              marked={props.marked === id}
              active={index === active.row ? active.column : undefined}
              context={props.context}
            />
          );
        })}
      </GridCells>
    </div>
  );
}

/** What had the focus was in the current row; its elements now show another row, so that the focus goes to the table. */
function useFocusBack(away: boolean, scroller: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const inside = scroller.current?.querySelector('.r-table-body')?.contains(document.activeElement);
    if (away && inside) scroller.current?.focus({ preventScroll: true });
  }, [away, scroller]);
}

function useLoadMore(more: TableBodyProps<object>['more'], last: number, count: number): void {
  const near = more !== undefined && !more.loading && last >= count - AHEAD;
  const load = useEffectEvent(() => more?.load());
  useEffect(() => {
    if (near) load();
  }, [near, count]);
}
