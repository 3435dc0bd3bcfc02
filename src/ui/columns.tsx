import type { ReactNode } from 'react';

/** Panels beside each other where there is room, under each other where there is not. */
export function Columns({ children, wideFirst }: { children: ReactNode; wideFirst?: boolean }) {
  return (
    <div className="r-columns" data-wide-first={wideFirst || undefined}>
      {children}
    </div>
  );
}
