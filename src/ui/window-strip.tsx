import type { KeyboardEvent } from 'react';
import { Status, StatusGlyph } from './status.tsx';
import { STATUS, type StatusWord } from './status-words.ts';
import { useSurroundings } from './surroundings.tsx';
import { formatDay } from './time.ts';

export interface StripCell {
  /** Start and end of the window, ms of event time. */
  start: number;
  end: number;
  word: StatusWord;
  /** What the cell stands for, for pointer and screen reader: "0.021 (0.018 to 0.024), n 41,203". */
  note?: string;
}

export interface WindowStripProps {
  label: string;
  /** Oldest first. */
  cells: readonly StripCell[];
  /** Start of the chosen window. */
  selected?: number;
  onSelect?: (start: number) => void;
}

/** One cell a window, oldest at the left; the chosen one drives the page. */
export function WindowStrip({ label, cells, selected, onSelect }: WindowStripProps) {
  const { zone } = useSurroundings();
  const at = cells.findIndex((cell) => cell.start === selected);
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = cells[Math.min(cells.length - 1, Math.max(0, at + step))];
    if (!step || !next) return;
    event.preventDefault();
    onSelect?.(next.start);
    event.currentTarget.querySelectorAll<HTMLElement>('[role="radio"]')[cells.indexOf(next)]?.focus();
  };
  return (
    <figure className="r-strip">
      <div role="radiogroup" aria-label={label} className="r-strip-cells" onKeyDown={onKeyDown}>
        {cells.map((cell, index) => {
          const chosen = cell.start === selected;
          const text = `${formatDay(cell.start, zone)} to ${formatDay(cell.end - 1, zone)}: ${cell.word}${cell.note ? `, ${cell.note}` : ''}`;
          return (
            <button
              key={cell.start}
              type="button"
              role="radio"
              aria-checked={chosen}
              aria-label={text}
              title={text}
              tabIndex={chosen || (at < 0 && index === cells.length - 1) ? 0 : -1}
              data-tone={STATUS[cell.word].tone}
              onClick={() => onSelect?.(cell.start)}
            >
              <StatusGlyph shape={STATUS[cell.word].shape} still />
            </button>
          );
        })}
      </div>
      <figcaption className="r-small r-keys">
        <span>
          {formatDay(cells[0]?.start ?? 0, zone)} to {formatDay((cells.at(-1)?.end ?? 1) - 1, zone)}, event
          time, {zone}
        </span>
        {[...new Set(cells.map((cell) => cell.word))].map((word) => (
          <Status key={word} word={word} still />
        ))}
      </figcaption>
    </figure>
  );
}
