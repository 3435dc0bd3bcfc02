import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useSurroundings } from './surroundings.tsx';
import { formatClockTime } from './time.ts';

export interface LogLine {
  text: string;
  /** Wall clock, milliseconds. */
  at?: number;
  level?: 'error' | 'warning' | 'info' | 'debug';
}

export interface LogViewProps {
  label: string;
  lines: readonly LogLine[];
  /** Number of the first line, when earlier ones are not here. */
  first?: number;
  /** More is coming: it follows the end until one scrolls up. */
  live?: boolean;
  height?: number;
}

/** A log as a virtual list: opens at the first error, follows the end while live, finds text. */
export function LogView({ label, lines, first = 1, live, height = 320 }: LogViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { zone } = useSurroundings();
  const [term, setTerm] = useState('');
  const [hit, setHit] = useState(0);
  const [follow, setFollow] = useState(live ?? false);
  /** Where it was scrolled to; only a move upwards by a person stops following, by wheel, keys or bar. */
  const top = useRef(0);
  const hits = useMemo(() => findLines(lines, term), [lines, term]);
  const error = useMemo(() => lines.findIndex((line) => line.level === 'error'), [lines]);
  // oxlint-disable-next-line react/incompatible-library -- only the React Compiler, which is not used, cannot memoise it
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 18,
    overscan: 20,
    initialRect: { width: 800, height },
  });
  const opened = useRef(false);
  useEffect(() => {
    if (opened.current || lines.length === 0) return;
    opened.current = true;
    if (error >= 0) virtual.scrollToIndex(error, { align: 'center' });
  }, [lines.length, error, virtual]);
  useEffect(() => {
    if (follow && lines.length) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, lines.length, virtual]);
  const go = (to: number) => {
    if (hits.length === 0) return;
    const next = (to + hits.length) % hits.length;
    setHit(next);
    setFollow(false);
    virtual.scrollToIndex(hits[next] ?? 0, { align: 'center' });
  };
  const onFindKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') go(hit + (event.shiftKey ? -1 : 1));
    else if (event.key === 'Escape') setTerm('');
    else return;
    event.preventDefault();
  };
  const current = hits[hit];
  return (
    <section className="r-log" aria-label={label}>
      <div className="r-log-head">
        <input
          type="search"
          aria-label="Find in log"
          placeholder="Find"
          value={term}
          onChange={(event) => {
            setTerm(event.currentTarget.value);
            setHit(0);
          }}
          onKeyDown={onFindKey}
        />
        {term ? (
          <span className="r-small" aria-live="polite">
            {hits.length ? `${hit + 1} of ${hits.length}` : 'no line has it'}
          </span>
        ) : null}
        <button
          type="button"
          className="r-iconbutton"
          aria-label="Previous match"
          onClick={() => go(hit - 1)}
        >
          <ArrowUp className="r-icon" />
        </button>
        <button type="button" className="r-iconbutton" aria-label="Next match" onClick={() => go(hit + 1)}>
          <ArrowDown className="r-icon" />
        </button>
        <span className="r-spring" />
        {error >= 0 ? (
          <button
            type="button"
            className="r-link"
            onClick={() => virtual.scrollToIndex(error, { align: 'center' })}
          >
            First error
          </button>
        ) : null}
        {live ? (
          <button type="button" className="r-link" aria-pressed={follow} onClick={() => setFollow(!follow)}>
            {follow ? 'Following' : 'Follow the end'}
          </button>
        ) : null}
      </div>
      <div
        ref={scroller}
        className="r-log-scroll r-code"
        style={{ height }}
        tabIndex={0}
        role="log"
        aria-live="off"
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          const up = scrollTop < top.current;
          top.current = scrollTop;
          if (up && follow && scrollHeight - scrollTop - clientHeight > 24) setFollow(false);
        }}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            return line ? (
              <div
                key={item.key}
                className="r-log-line"
                data-level={line.level}
                data-hit={item.index === current || undefined}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <span className="r-log-number">{first + item.index}</span>
                {line.at === undefined ? null : (
                  <span className="r-log-time">{formatClockTime(line.at, zone)}</span>
                )}
                <Marked text={plainText(line.text)} term={term} />
              </div>
            ) : null;
          })}
        </div>
      </div>
    </section>
  );
}

function Marked({ text, term }: { text: string; term: string }) {
  const at = term ? text.toLowerCase().indexOf(term.toLowerCase()) : -1;
  if (at < 0) return <span>{text}</span>;
  return (
    <span>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + term.length)}</mark>
      {text.slice(at + term.length)}
    </span>
  );
}

/** Indexes of the lines that hold the term, without regard to case. */
export function findLines(lines: readonly LogLine[], term: string): number[] {
  if (!term) return [];
  const wanted = term.toLowerCase();
  return lines.flatMap((line, index) => (line.text.toLowerCase().includes(wanted) ? [index] : []));
}

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');

/** A line without the colour codes of terminals. */
export const plainText = (text: string) => text.replace(ESCAPES, '');
