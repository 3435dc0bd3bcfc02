import { ArrowDown, ArrowUp, Ellipsis } from 'lucide-react';
import type { SortingState } from '@tanstack/react-table';
import { cutMiddle, type DataColumn, decimals } from './data-column.ts';
import { formatNumber } from './number.ts';
import { Ask } from './num.tsx';
import type { OpenProof, Proof, ProofSource } from './proof.ts';
import type { Asked } from './proof-host.tsx';
import { memo, type MouseEvent, type PointerEvent } from 'react';
import { widthOf } from './data-table-layout.ts';

export interface RowContext<T> {
  columns: readonly DataColumn<T>[];
  room: ReadonlyMap<string, number>;
  best: ReadonlyMap<string, number | undefined>;
  template: string;
  narrow: boolean;
  /** Characters that fit into a cell of that column. */
  roomOf: (column: DataColumn<T>) => number;
  gridId: string;
  activeRow: number;
  activeColumn: number;
  href?: (row: T) => string | undefined;
  open?: (row: T) => void;
  source?: (row: T) => ProofSource | undefined;
  selected?: ReadonlySet<string>;
  /** `extend`: also what lies between the row chosen last and this one. */
  choose?: (index: number, extend: boolean) => void;
  /** Where the first columns stick; empty when only the name does. */
  lefts: readonly number[];
  /** Opens the actions of a row. */
  menu?: (index: number, place: { left: number; top: number }) => void;
  activate: (row: number, column: number) => void;
  marked?: string;
}

export interface HeadRowProps<T> {
  context: RowContext<T>;
  sort: SortingState;
  /** `multi` adds to the order instead of replacing it. */
  onSort: (column: string, multi: boolean) => void;
  onWidth?: ((column: string, width: number) => void) | undefined;
  /** Chooses all rows that are here, or none. */
  all?: { chosen: boolean; onToggle: () => void } | undefined;
}

/** Column heads; a click sorts, with Shift it sorts within. */
export function HeadRow<T>({ context, sort, onSort, onWidth, all }: HeadRowProps<T>) {
  return (
    <div role="rowgroup" className="r-table-head">
      <div
        role="row"
        aria-rowindex={1}
        className="r-table-row"
        style={{ gridTemplateColumns: context.template }}
      >
        {context.choose ? (
          <span role="columnheader" className="r-cell r-cell-choose">
            {all ? (
              <input
                type="checkbox"
                tabIndex={-1}
                checked={all.chosen}
                aria-label="Choose all rows that are here"
                onChange={all.onToggle}
              />
            ) : (
              <span className="r-sr">Chosen</span>
            )}
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
              data-sticky={context.lefts[at] !== undefined || undefined}
              style={stickyAt(context.lefts[at])}
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

const stickyAt = (left: number | undefined) => (left === undefined ? undefined : { left });

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

export interface TableRowProps<T> {
  id: string;
  index: number;
  row: T;
  top: number;
  height: number;
  context: RowContext<T>;
}

/** One row, in one line with columns or in two where it is narrow. Drawn anew only when something about it changes. */
export const TableRow = memo(Row) as typeof Row;

function Row<T>({ id, index, row, top, height, context }: TableRowProps<T>) {
  const chosen = context.selected?.has(id) ?? false;
  const common = {
    role: 'row',
    'aria-rowindex': index + 2,
    'aria-selected': context.choose ? chosen : undefined,
    'data-active': index === context.activeRow || undefined,
    'data-marked': id === context.marked || undefined,
    onClick: () => context.activate(index, context.activeColumn),
    onDoubleClick: () => context.open?.(row),
    onContextMenu: context.menu
      ? (event: MouseEvent<HTMLElement>) => {
          event.preventDefault();
          context.menu?.(index, { left: event.clientX, top: event.clientY });
        }
      : undefined,
  };
  const place = { transform: `translateY(${top}px)`, height };
  if (context.narrow)
    return (
      <div className="r-table-row r-table-lines" style={place} {...common}>
        <NarrowCells row={row} index={index} context={context} />
      </div>
    );
  return (
    <div className="r-table-row" style={{ ...place, gridTemplateColumns: context.template }} {...common}>
      {context.choose ? (
        <span role="gridcell" className="r-cell r-cell-choose">
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
      {context.columns.map((column, at) => (
        <span
          key={column.id}
          role="gridcell"
          id={`${context.gridId}-${index}-${at}`}
          className="r-cell"
          data-number={column.style ? (column.proof === null ? 'raw' : true) : undefined}
          data-active={(index === context.activeRow && at === context.activeColumn) || undefined}
          data-sticky={context.lefts[at] !== undefined || undefined}
          style={stickyAt(context.lefts[at])}
        >
          <CellText column={column} row={row} context={context} link={at === 0} />
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
            >
              <Ellipsis className="r-icon" />
            </button>
          ) : null}
        </span>
      ))}
    </div>
  );
}

function NarrowCells<T>({ row, index, context }: { row: T; index: number; context: RowContext<T> }) {
  const name = context.columns.find((each) => each.narrow === 'name') ?? context.columns[0];
  const end = context.columns.find((each) => each.narrow === 'end');
  const lines = context.columns
    .filter((each) => each !== name && each !== end && each.narrow !== 'none' && each.cell?.(row) !== null)
    .slice(0, 3);
  return (
    <span role="gridcell" id={`${context.gridId}-${index}-0`} className="r-lines">
      <span className="r-line-one">
        {name ? (
          <span className="r-line-name">
            <CellText column={name} row={row} context={context} link />
          </span>
        ) : null}
        {end ? <CellText column={end} row={row} context={context} /> : null}
      </span>
      <span className="r-line-two">
        {lines.map((column) => (
          <span key={column.id}>
            <span className="r-line-key">{column.head}</span>{' '}
            <CellText column={column} row={row} context={context} plain />
          </span>
        ))}
      </span>
    </span>
  );
}

interface CellTextProps<T> {
  column: DataColumn<T>;
  row: T;
  context: RowContext<T>;
  link?: boolean;
  /** Without alignment at the decimal point. */
  plain?: boolean;
}

function CellText<T>({ column, row, context, link, plain }: CellTextProps<T>) {
  const inside = column.cell ? (
    column.cell(row)
  ) : (
    <Plain column={column} row={row} context={context} plain={plain} />
  );
  const href = link ? context.href?.(row) : undefined;
  if (href)
    return (
      <a className="r-quiet r-cell-link" href={href} tabIndex={-1}>
        {inside}
      </a>
    );
  if (link && context.open)
    return (
      <button type="button" className="r-plain r-cell-link" tabIndex={-1} onClick={() => context.open?.(row)}>
        {inside}
      </button>
    );
  return inside;
}

function Plain<T>({ column, row, context, plain }: CellTextProps<T>) {
  const value = column.value(row);
  if (value === null || value === undefined) return <span className="r-missing">{'\u2013'}</span>;
  if (typeof value === 'string') {
    const text = cutMiddle(value, context.roomOf(column));
    return (
      <span title={text === value ? undefined : value} dir="auto">
        {text}
      </span>
    );
  }
  const text = formatNumber(value, column.style);
  const pad = (context.room.get(column.id) ?? 0) - decimals(text);
  const shown = (
    <span
      className="r-num-value"
      data-best={context.best.get(column.id) === value || undefined}
      style={
        plain || pad <= 0 || column.style === 'bytes' || column.style === 'seconds'
          ? undefined
          : { paddingRight: `${pad * 0.6}em` }
      }
    >
      {text}
    </span>
  );
  const asked = askedOf(context, column, value, row);
  return asked ? (
    <Ask className="r-num r-num-cell" asked={asked}>
      {shown}
    </Ask>
  ) : (
    shown
  );
}

/** The proof of a cell, led to its source by the column or by the table. */
function askedOf<T>(
  context: RowContext<T>,
  { proof }: DataColumn<T>,
  value: number,
  row: T,
): Asked | undefined {
  if (proof === undefined || proof === null) return undefined;
  const given = typeof proof === 'string' ? { proof: { definition: proof } } : proof(row);
  const source = context.source?.(row) ?? pageSource(context.href?.(row));
  const complete = completed(given.proof, source);
  return complete && { kind: 'counted', ...given, proof: complete, value };
}

const pageSource = (href: string | undefined): ProofSource | undefined =>
  href === undefined ? undefined : { rows: { label: 'its page', href } };

function completed(proof: OpenProof, source: ProofSource | undefined): Proof | undefined {
  const { rows, inputs, query } = proof;
  if (rows) return { ...proof, rows };
  if (inputs?.length) return { ...source, ...proof, inputs };
  if (source) return { ...proof, ...source };
  return query === undefined ? undefined : { ...proof, query };
}
