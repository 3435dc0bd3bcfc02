import type { DataColumn } from './data-column.ts';
import { cellText, mayOverflow } from './data-table-cell.tsx';
import type { ProofSource } from './proof.ts';
import { memo, type MouseEvent } from 'react';

/** What all rows have in common. It is the same object while one scrolls and moves about, so that rows are not drawn anew. */
export interface RowContext<T> {
  columns: readonly DataColumn<T>[];
  /** How many of the first columns stay in sight while the others scroll sideways. */
  pinned: number;
  room: ReadonlyMap<string, number>;
  best: ReadonlyMap<string, number | undefined>;
  template: string;
  narrow: boolean;
  /** Px that there are for the text of a cell of that column. */
  roomOf: (column: DataColumn<T>) => number;
  gridId: string;
  href?: (row: T) => string | undefined;
  open?: (row: T) => void;
  source?: (row: T) => ProofSource | undefined;
  /** `extend`: also what lies between the row chosen last and this one. */
  choose?: (index: number, extend: boolean) => void;
  /** Opens the actions of a row. */
  menu?: (index: number, place: { left: number; top: number }) => void;
  activate: (row: number) => void;
}

interface TableRowProps<T> {
  index: number;
  row: T;
  top: number;
  height: number;
  chosen: boolean;
  marked: boolean;
  /** The current column, in the current row. */
  active: number | undefined;
  context: RowContext<T>;
}

/** Whether a column stays in sight; the last of these has an edge. */
export const pinnedAt = <T,>(at: number, { pinned }: RowContext<T>): boolean | 'last' | undefined =>
  at === pinned - 1 ? 'last' : at < pinned || undefined;

/** One row, in one line with columns or in two where it is narrow. Drawn anew only when something about it changes. */
export const TableRow = memo(Row) as typeof Row;

function Row<T>({ index, row, top, height, chosen, marked, active, context }: TableRowProps<T>) {
  const common = {
    role: 'row',
    'aria-rowindex': index + 2,
    'aria-selected': context.choose ? chosen : undefined,
    'data-active': active !== undefined || undefined,
    'data-marked': marked || undefined,
    onClick: () => context.activate(index),
    onDoubleClick: () => context.open?.(row),
    onContextMenu: context.menu
      ? (event: MouseEvent<HTMLElement>) => {
          event.preventDefault();
          context.menu?.(index, { left: event.clientX, top: event.clientY });
        }
      : undefined,
  };
  const place = { top, height };
  if (context.narrow)
    return (
      <div className="r-table-row r-table-lines" style={place} {...common}>
        <NarrowCells
          row={row}
          id={active === undefined ? undefined : `${context.gridId}-${index}-0`}
          context={context}
        />
      </div>
    );
  return (
    <div className="r-table-row" style={{ ...place, gridTemplateColumns: context.template }} {...common}>
      {context.choose ? (
        <span role="gridcell" className="r-cell r-cell-choose" data-pinned>
          <input
            type="checkbox"
            tabIndex={-1}
            checked={chosen}
            aria-label={`Choose row ${index + 1}`}
            onChange={(event) =>
              context.choose?.(index, (event.nativeEvent as globalThis.MouseEvent).shiftKey)
            }
          />
        </span>
      ) : null}
      {context.columns.map((column, at) => {
        const cell = { column, row, context, link: at === 0 };
        return (
          <span
            key={column.id}
            role="gridcell"
            id={at === active ? `${context.gridId}-${index}-${at}` : undefined}
            className="r-cell"
            data-number={column.style ? (column.proof === null ? 'raw' : true) : undefined}
            data-active={at === active || undefined}
            data-pinned={pinnedAt(at, context)}
            data-cut={mayOverflow(cell) || undefined}
          >
            {cellText(cell)}
            {at === 0 && context.menu ? (
              <button
                type="button"
                className="r-iconbutton r-row-menu"
                tabIndex={-1}
                aria-label={`Actions for row ${index + 1}`}
                onClick={({ currentTarget }) => {
                  const { left, bottom } = currentTarget.getBoundingClientRect();
                  context.menu?.(index, { left, top: bottom });
                }}
              />
            ) : null}
          </span>
        );
      })}
    </div>
  );
}

function NarrowCells<T>({ row, id, context }: { row: T; id: string | undefined; context: RowContext<T> }) {
  const name = context.columns.find((each) => each.narrow === 'name') ?? context.columns[0];
  const end = context.columns.find((each) => each.narrow === 'end');
  const lines = context.columns
    .filter((each) => each !== name && each !== end && each.narrow !== 'none' && each.cell?.(row) !== null)
    .slice(0, 3);
  return (
    <span role="gridcell" id={id} className="r-lines">
      <span className="r-line-one">
        {name ? (
          <span className="r-line-name">{cellText({ column: name, row, context, link: true })}</span>
        ) : null}
        {end ? cellText({ column: end, row, context }) : null}
      </span>
      <span className="r-line-two">
        {lines.map((column) => (
          <span key={column.id}>
            <span className="r-line-key">{column.head}</span>{' '}
            {cellText({ column, row, context, plain: true })}
          </span>
        ))}
      </span>
    </span>
  );
}
