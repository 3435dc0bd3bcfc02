import { type KeyboardEvent, type ReactNode, useState } from 'react';

/** The marks of a plot by hand and by key: one is named at a time; arrows go on, Enter opens it. */
export function usePlotMarks(ids: readonly string[], onOpen: (id: string) => void) {
  const [active, setActive] = useState<string>();
  const onKeyDown = (event: KeyboardEvent) => {
    const at = active === undefined ? -1 : ids.indexOf(active);
    const step = event.shiftKey ? 10 : 1;
    if (event.key === 'ArrowRight' || event.key === 'ArrowDown')
      setActive(ids[Math.min(ids.length - 1, at + step)]);
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowUp') setActive(ids[Math.max(0, at - step)]);
    else if (event.key === 'Enter' && active !== undefined) onOpen(active);
    else if (event.key === 'Escape' && active !== undefined) setActive(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const markOf = (id: string) => ({
    onPointerEnter: () => setActive(id),
    onPointerLeave: () => setActive((old) => (old === id ? undefined : old)),
    onClick: () => onOpen(id),
    'data-active': id === active || undefined,
  });
  return { active: ids.includes(active ?? '') ? active : undefined, onKeyDown, markOf };
}

/** What the named mark stands for, beside it. */
export function PlotTip({ x, width, children }: { x: number; width: number; children: ReactNode }) {
  const left = x < width / 2;
  return (
    <div className="r-tip" style={left ? { left: x + 12 } : { right: width - x + 12 }} role="status">
      {children}
    </div>
  );
}
