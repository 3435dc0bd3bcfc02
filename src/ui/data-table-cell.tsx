import type { ReactNode } from 'react';
import { cutMiddle, type DataColumn, decimals } from './data-column.ts';
import type { RowContext } from './data-table-row.tsx';
import { formatNumber } from './number.ts';
import { AskCell } from './num.tsx';
import type { OpenProof, Proof, ProofSource } from './proof.ts';
import type { Asked } from './proof-host.tsx';

interface Cell<T> {
  column: DataColumn<T>;
  row: T;
  context: RowContext<T>;
  /** The cell that leads to the row's page. */
  link?: boolean;
  /** Without alignment at the decimal point. */
  plain?: boolean;
}

/** What stands in a cell. A function and no component: a table has a thousand of them, and scrolling draws each anew. */
export function cellText<T>(cell: Cell<T>): ReactNode {
  const { column, row, context, link } = cell;
  const inside = column.cell ? column.cell(row) : valueText(cell);
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

/** Px of a common letter, and of the widest that is not rare; a figure takes 8. */
const COMMON = 6.6;
const WIDE = 9;

/** Letters that may take twice as much, or none. */
const BEYOND_LATIN = /[^\u0020-\u024f\u2010-\u2212]/;

/** Whether what stands in a cell may be wider than it. What leads to a page cuts itself. */
export function mayOverflow<T>({ column, row, context, link }: Cell<T>): boolean {
  if (link && (context.open || context.href?.(row))) return false;
  const room = context.roomOf(column);
  if (column.cell) return column.drawn === undefined || column.drawn > room;
  const value = column.value(row);
  if (value === null || value === undefined) return false;
  const text = typeof value === 'number' ? formatNumber(value, column.style) : value;
  if (BEYOND_LATIN.test(text)) return true;
  return WIDE * (text.length + (context.room.get(column.id) ?? 0)) > room;
}

function valueText<T>({ column, row, context, plain }: Cell<T>): ReactNode {
  const value = column.value(row);
  if (value === null || value === undefined) return <span className="r-missing">{'\u2013'}</span>;
  if (typeof value === 'string') {
    const text = cutMiddle(value, Math.max(12, Math.floor(context.roomOf(column) / COMMON)));
    return (
      <span title={text === value ? undefined : value} dir="auto">
        {text}
      </span>
    );
  }
  const text = formatNumber(value, column.style);
  const pad = (context.room.get(column.id) ?? 0) - decimals(text);
  const common = {
    'data-best': context.best.get(column.id) === value || undefined,
    style:
      plain || pad <= 0 || column.style === 'bytes' || column.style === 'seconds'
        ? undefined
        : { paddingRight: `${pad * 0.6}em` },
  };
  const asked = askedOf(context, column, value, row);
  if (asked)
    return (
      <AskCell asked={asked} {...common}>
        {text}
      </AskCell>
    );
  return (
    <span className="r-num-value" {...common}>
      {text}
    </span>
  );
}

/** The proof of a cell, led to its source by the column or by the table; put together when somebody asks, where it is sure to be complete. */
function askedOf<T>(
  context: RowContext<T>,
  { proof }: DataColumn<T>,
  value: number,
  row: T,
): (() => Asked | undefined) | undefined {
  if (proof === undefined || proof === null) return undefined;
  const source = context.source?.(row) ?? pageSource(context.href?.(row));
  const ask = (): Asked | undefined => {
    const given = typeof proof === 'string' ? { proof: { definition: proof } } : proof(row);
    const complete = completed(given.proof, source);
    return complete && { kind: 'counted', ...given, proof: complete, value };
  };
  return source || ask() ? ask : undefined;
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
