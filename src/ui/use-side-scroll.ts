import { type RefObject, useLayoutEffect } from 'react';

/**
 * Keeps pinned columns in sight: the pane of a wide table stays where it is, and the cells of its other columns are moved aside by
 * as much as was scrolled. One element sticks however many rows there are; a cell that sticks by itself is a layer of its own, and
 * hundreds of layers cost more than the rows.
 */
export function useSideScroll(
  scroller: RefObject<HTMLElement | null>,
  pane: RefObject<HTMLElement | null>,
): void {
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    let aside = 0;
    const shift = () => {
      if (element.scrollLeft === aside) return;
      aside = element.scrollLeft;
      pane.current?.style.setProperty('--r-aside', `${-aside}px`);
      pane.current?.toggleAttribute('data-aside', aside > 0);
    };
    element.addEventListener('scroll', shift, { passive: true });
    return () => element.removeEventListener('scroll', shift);
  }, [scroller, pane]);
}

/** Brings the head of a free column, and with it the column, into sight. */
export function toColumn(scroller: HTMLElement | null, pane: HTMLElement, column: number): void {
  const heads = pane.querySelector('.r-table-head > .r-table-row');
  const cell = heads?.querySelectorAll('.r-cell:not([data-pinned])')[column]?.getBoundingClientRect();
  if (!scroller || !cell) return;
  const from =
    [...(heads?.querySelectorAll('[data-pinned]') ?? [])].at(-1)?.getBoundingClientRect().right ?? 0;
  const until = scroller.getBoundingClientRect().left + scroller.clientWidth;
  const by = cell.left < from ? cell.left - from : Math.max(0, cell.right - until);
  if (by !== 0) scroller.scrollLeft += by;
}
