import type { ReactNode } from 'react';
import { chosenText } from './data-table-layout.ts';
import { formatNumber } from './number.ts';

export interface TableFootProps {
  selected: ReadonlySet<string>;
  here: readonly string[];
  allHere: boolean;
  allMatching: { total: number; chosen: boolean; onChoose: (all: boolean) => void } | undefined;
  onNone: () => void;
  /** What can be done with the chosen rows. */
  children: ReactNode;
}

/** How many rows are chosen, and what can be done with them. */
export function TableFoot({ selected, here, allHere, allMatching, onNone, children }: TableFootProps) {
  const whole = allMatching && `all ${formatNumber(allMatching.total, 'count')} that match`;
  return (
    <div className="r-table-foot" role="region" aria-label="Chosen rows">
      <span>{allMatching?.chosen ? `Chosen: ${whole}` : chosenText(selected, here)}</span>
      {allMatching && allHere && !allMatching.chosen && allMatching.total > selected.size ? (
        <button type="button" className="r-link" onClick={() => allMatching.onChoose(true)}>
          Choose {whole}
        </button>
      ) : null}
      {children}
      <button type="button" className="r-link" onClick={onNone}>
        Choose none
      </button>
    </div>
  );
}
