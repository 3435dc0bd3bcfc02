import { ArrowDown, ArrowUp } from 'lucide-react';
import type { SortingState } from '@tanstack/react-table';
import { memo, type PointerEvent } from 'react';
import { widthOf } from './data-table-layout.ts';
import { pinnedAt, type RowContext } from './data-table-row.tsx';

interface HeadRowProps<T> {
  context: RowContext<T>;
  sort: SortingState;
  /** `multi` adds to the order instead of replacing it. */
  onSort: (column: string, multi: boolean) => void;
  /** Width in px below which the columns do not go. */
  minWidth: number | undefined;
  onWidth?: ((column: string, width: number) => void) | undefined;
  allChosen: boolean;
  /** Chooses all rows that are here, or none. */
  onAll: () => void;
}

/** Column heads; a click sorts, with Shift it sorts within. Drawn anew only when something about them changes. */
export const HeadRow = memo(Heads) as typeof Heads;

function Heads<T>({ context, sort, onSort, minWidth, onWidth, allChosen, onAll }: HeadRowProps<T>) {
  return (
    <div role="rowgroup" className="r-table-head">
      <div
        role="row"
        aria-rowindex={1}
        className="r-table-row"
        style={{ gridTemplateColumns: context.template, minWidth }}
      >
        {context.choose ? (
          <span role="columnheader" className="r-cell r-cell-choose" data-pinned>
            <input
              type="checkbox"
              tabIndex={-1}
              checked={allChosen}
              aria-label="Choose all rows that are here"
              onChange={onAll}
            />
          </span>
        ) : null}
        {context.columns.map((column, at) => {
          const sorted = sort.find((each) => each.id === column.id);
          const direction = sorted ? (sorted.desc ? 'descending' : 'ascending') : 'none';
          return (
            <span
              key={column.id}
              role="columnheader"
              className="r-cell"
              data-number={column.style ? true : undefined}
              data-pinned={pinnedAt(at, context)}
              aria-sort={column.sortable === false ? undefined : direction}
            >
              <button
                type="button"
                className="r-plain r-head"
                tabIndex={-1}
                disabled={column.sortable === false}
                onClick={(event) => onSort(column.id, event.shiftKey)}
                title={column.better ? `${column.head}: ${column.better} is better` : column.head}
              >
                <span className="r-head-text">{column.head}</span>
                {column.better ? <Better way={column.better} /> : null}
                {sorted ? (
                  sorted.desc ? (
                    <ArrowDown className="r-icon" />
                  ) : (
                    <ArrowUp className="r-icon" />
                  )
                ) : null}
              </button>
              {onWidth ? (
                <Resize width={widthOf(column)} onWidth={(width) => onWidth(column.id, width)} />
              ) : null}
            </span>
          );
        })}
      </div>
    </div>
  );
}

/** The right edge of a head: drawn aside, it makes the column wider. Its keys are `<` and `>` on the table. */
function Resize({ width, onWidth }: { width: number; onWidth: (width: number) => void }) {
  const drag = (event: PointerEvent<HTMLSpanElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const handle = event.currentTarget;
    const shown = handle.parentElement?.getBoundingClientRect().width ?? width;
    const from = event.clientX;
    handle.setPointerCapture(event.pointerId);
    const onMove = (move: globalThis.PointerEvent) => onWidth(shown + move.clientX - from);
    handle.addEventListener('pointermove', onMove);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', onMove), {
      once: true,
    });
  };
  return <span className="r-head-edge" aria-hidden onPointerDown={drag} />;
}

/** A small open arrow: lower or higher is better. */
function Better({ way }: { way: 'lower' | 'higher' }) {
  return (
    <svg
      className="r-better"
      width="9"
      height="9"
      viewBox="0 0 9 9"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.25"
      aria-label={`${way} is better`}
    >
      <path d={way === 'lower' ? 'M1 2.5 4.5 6 8 2.5' : 'M1 6.5 4.5 3 8 6.5'} />
    </svg>
  );
}
