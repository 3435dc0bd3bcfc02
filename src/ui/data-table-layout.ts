import type { DataColumn } from './data-column.ts';

/** The row height set by density, in px. */
export function rowHeightOf(): number {
  const set = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--r-row'));
  return Number.isFinite(set) ? set : 36;
}

export const widthOf = <T>(column: DataColumn<T>) => column.width ?? 120;
const CHOOSE = 32;

/** The least width in px of a column: those that grow also give way, down to about half of what they ask for. */
const leastOf = <T>(column: DataColumn<T>) =>
  column.grow ? Math.min(widthOf(column), Math.max(72, Math.round(0.55 * widthOf(column)))) : widthOf(column);

/** Grid tracks of a row. */
export function template<T>(columns: readonly DataColumn<T>[], choosable: boolean): string {
  const grows = columns.some((column) => column.grow);
  const tracks = columns.map((column, index) =>
    column.grow
      ? `minmax(${leastOf(column)}px, ${widthOf(column)}fr)`
      : !grows && index === columns.length - 1
        ? `minmax(${widthOf(column)}px, 1fr)`
        : `${widthOf(column)}px`,
  );
  return `${choosable ? `${CHOOSE}px ` : ''}${tracks.join(' ')}`;
}

/** Width in px of the columns that stay in sight, `pinned` being these; the name may have given way, so it is the most. */
export const pinnedWidth = <T>(pinned: readonly DataColumn<T>[], choosable: boolean): number =>
  pinned.reduce((sum, column) => sum + widthOf(column), choosable ? CHOOSE : 0);

/** Width in px a column has; the growing ones share what the others leave. */
export function textWidth<T>(column: DataColumn<T>, shown: readonly DataColumn<T>[], width: number): number {
  if (!column.grow) return widthOf(column);
  const growing = shown.filter((each) => each.grow);
  const asked = growing.reduce((sum, each) => sum + widthOf(each), 0);
  const fixed = shown.reduce((sum, each) => sum + (each.grow ? 0 : widthOf(each)), 0);
  return Math.max(leastOf(column), ((width - fixed) * widthOf(column)) / asked);
}

/** Width in px below which the table scrolls sideways. */
export const minWidth = <T>(columns: readonly DataColumn<T>[], choosable: boolean) =>
  columns.reduce((sum, column) => sum + leastOf(column), choosable ? CHOOSE : 0);

/** How many rows are chosen, and how many of them the filter hides. */
export function chosenText(selected: ReadonlySet<string>, here: readonly string[]): string {
  const shown = here.filter((each) => selected.has(each)).length;
  const away = selected.size - shown;
  return `${selected.size} chosen${away > 0 ? `, ${away} of them hidden by the filter` : ''}`;
}
