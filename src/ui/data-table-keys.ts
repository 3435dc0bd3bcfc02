import type { KeyboardEvent } from 'react';

type RowStep = (row: number, count: number, page: number) => number;

/** Keys that move the current row; with Shift they choose what they pass. */
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

export interface GridKeys {
  row: number;
  count: number;
  /** Rows that fit on the screen. */
  page: number;
  move: (row: number, extend: boolean) => void;
  turn: (by: -1 | 1) => void;
  /** `e` on a number that has the focus, because it was clicked, asks it. */
  askFocused: boolean;
  /** Undefined where the table cannot do it: the key is then free for the page. */
  also: Readonly<Record<string, (() => void) | undefined>>;
}

/** One key on a grid; what it does not know goes on to the page. */
export function pressOnGrid(event: KeyboardEvent<HTMLDivElement>, keys: GridKeys): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target !== event.currentTarget) {
    const target = event.target as HTMLElement;
    if (keys.askFocused && event.key === 'e' && target.matches('.r-num-cell[data-asked]')) target.click();
    return;
  }
  const step = ROW_STEPS[event.key]?.(keys.row, keys.count, keys.page);
  const also = keys.also[event.key];
  if (step !== undefined) keys.move(step, event.shiftKey);
  else if (event.key === 'ArrowRight') keys.turn(1);
  else if (event.key === 'ArrowLeft') keys.turn(-1);
  else if (also) also();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
