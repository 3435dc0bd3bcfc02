import type { ReactNode } from 'react';
import { csvCell } from '../lib/csv-cell.ts';
import type { Better } from './delta-words.ts';
import { formatNumber, type NumberStyle } from './number.ts';
import type { OpenProof } from './proof.ts';
import type { Asked } from './proof-host.tsx';

export type CellValue = string | number | null | undefined;

/** What is known of the number in a row besides its value. */
type NumberProof<T> = (
  row: T,
) => Omit<Asked, 'value' | 'kind' | 'proof'> & { kind?: Asked['kind']; proof: OpenProof };

/**
 * A column of numbers says where they come from: one definition for all rows, or what is known of each; the table says where
 * its rows lead. Null is for values that nobody computed: rows of data as they are.
 */
type Numbers<T> =
  | { style: NumberStyle; proof: string | NumberProof<T> | null }
  | { style?: undefined; proof?: undefined };

/** One column of a `DataTable`. `value` sorts and exports; `cell` shows, where text or number are not enough. */
export type DataColumn<T> = ColumnBase<T> & Numbers<T>;

interface ColumnBase<T> {
  id: string;
  head: string;
  value: (row: T) => CellValue;
  cell?: (row: T) => ReactNode;
  /**
   * Width in px that `cell` never exceeds. Cells that may be too wide for their column are cut at its edge, each by a clip of its
   * own, which the browser pays for with each frame.
   */
  drawn?: number;
  /** Draws the direction in the head and makes the best shown value bold. */
  better?: Better;
  /** Width in px; default 120. */
  width?: number;
  /** Takes what width is left over. */
  grow?: boolean;
  /** Not shown until picked. */
  hidden?: boolean;
  sortable?: boolean;
  /** Place in the two-line row of a phone: the name, the right end of line one, or part of line two (the default). */
  narrow?: 'name' | 'end' | 'line' | 'none';
}

/** Decimal places to keep room for, so that the points of a column stand under each other. */
export function decimalRoom<T>(column: DataColumn<T>, rows: readonly T[]): number {
  let room = 0;
  for (const row of rows.slice(0, 300)) {
    const value = column.value(row);
    if (typeof value === 'number') room = Math.max(room, decimals(formatNumber(value, column.style)));
  }
  return room;
}

/** Characters after the decimal point of a formatted number, the point included; 0 when there is none. */
export function decimals(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point;
}

/** The best value of a column in its direction, or undefined when fewer than two rows have one. */
export function bestValue<T>(column: DataColumn<T>, rows: readonly T[]): number | undefined {
  if (!column.better) return undefined;
  let best: number | undefined;
  let seen = 0;
  for (const row of rows) {
    const value = column.value(row);
    if (typeof value !== 'number' || Number.isNaN(value)) continue;
    seen++;
    if (best === undefined || (column.better === 'lower' ? value < best : value > best)) best = value;
  }
  return seen < 2 ? undefined : best;
}

/** Ids of columns whose value is equal in all rows; "Only differing" hides them. */
export function equalColumns<T>(columns: readonly DataColumn<T>[], rows: readonly T[]): string[] {
  const [first, ...others] = rows;
  if (!first || others.length === 0) return [];
  return columns
    .filter((column) =>
      others.every((row) => Object.is(column.value(row) ?? null, column.value(first) ?? null)),
    )
    .map((column) => column.id);
}

/** Rows as comma-separated text with a head line (RFC 4180). */
export function toCsv<T>(columns: readonly DataColumn<T>[], rows: readonly T[]): string {
  const lines = rows.map((row) => columns.map((column) => csvCell(column.value(row))).join(','));
  return [columns.map((column) => csvCell(column.head)).join(','), ...lines].join('\r\n');
}

/** Cuts the middle of a long text out, so that both ends stay readable. */
export function cutMiddle(text: string, room: number): string {
  if (text.length <= room) return text;
  const head = Math.ceil((room - 1) * 0.6);
  return `${text.slice(0, head)}\u2026${text.slice(text.length - (room - 1 - head))}`;
}
