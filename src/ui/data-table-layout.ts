import type { DataColumn } from './data-column.ts';

/** The row height set by density, in px. */
export function rowHeightOf(element: HTMLElement | null): number {
  const set = element ? Number.parseFloat(getComputedStyle(element).getPropertyValue('--r-row')) : Number.NaN;
  return Number.isFinite(set) ? set : 36;
}

const widthOf = <T>(column: DataColumn<T>) => column.width ?? 120;

/** Grid tracks of a row. */
export function template<T>(columns: readonly DataColumn<T>[], choosable: boolean): string {
  const grows = columns.some((column) => column.grow);
  const tracks = columns.map((column, index) =>
    column.grow || (!grows && index === columns.length - 1)
      ? `minmax(${widthOf(column)}px, 1fr)`
      : `${widthOf(column)}px`,
  );
  return `${choosable ? '32px ' : ''}${tracks.join(' ')}`;
}

/** Width in px a column has; the growing one takes what the others leave. */
export function textWidth<T>(column: DataColumn<T>, shown: readonly DataColumn<T>[], width: number): number {
  if (!column.grow) return widthOf(column);
  const others = shown.reduce((sum, each) => sum + (each === column ? 0 : widthOf(each)), 32);
  return Math.max(widthOf(column), width - others);
}

/** Width in px below which the table scrolls sideways. */
export const minWidth = <T>(columns: readonly DataColumn<T>[]) =>
  columns.reduce((sum, column) => sum + widthOf(column), 32);

/** How many rows are chosen, and how many of them the filter hides. */
export function chosenText(selected: ReadonlySet<string>, here: readonly string[]): string {
  const shown = here.filter((each) => selected.has(each)).length;
  const away = selected.size - shown;
  return `${selected.size} chosen${away > 0 ? `, ${away} of them hidden by the filter` : ''}`;
}
