import { Status, StatusGlyph } from './status.tsx';
import { STATUS, type StatusWord } from './status-words.ts';
import { timeTicks } from './chart-model.ts';
import { Num } from './num.tsx';
import { formatNumber } from './number.ts';
import type { ProofSource } from './proof.ts';
import { useNow, useSurroundings } from './surroundings.tsx';

export interface GanttSpan {
  /** Wall clock, milliseconds; an open end is null and runs on to now. */
  start: number;
  end: number | null;
  word: StatusWord;
  /** Waiting in front of the start, for example in a queue. */
  queuedAt?: number;
}

export interface GanttRow {
  id: string;
  name: string;
  href?: string;
  /** Attempts, in order; no span means it has not begun. */
  spans: readonly GanttSpan[];
  word: StatusWord;
  /** On the path that decided how long the whole took. */
  critical?: boolean;
  /** Where its times are recorded. */
  source?: ProofSource;
}

export interface GanttProps {
  label: string;
  rows: readonly GanttRow[];
  selected?: string;
  onSelect?: (id: string) => void;
}

/** Where the time went: one row a step, a bar an attempt, the critical path underlined. Wall clock. */
export function Gantt({ label, rows, selected, onSelect }: GanttProps) {
  const now = useNow();
  const { zone } = useSurroundings();
  const times = rows.flatMap((row) =>
    row.spans.flatMap((span) => [span.queuedAt ?? span.start, span.end ?? now]),
  );
  const from = Math.min(...times, now);
  const to = Math.max(from + 1000, ...times);
  const at = (time: number) => (100 * (time - from)) / (to - from);
  const { ticks, step } = niceTimes(from, to);
  const labels = timeTicks(ticks, step, zone);
  return (
    <figure className="r-gantt" aria-label={label}>
      <div className="r-gantt-row" aria-hidden>
        <span className="r-small">wall clock, {zone}</span>
        <span className="r-gantt-track" data-axis>
          {ticks.map((tick, index) => (
            <span key={tick} className="r-small" style={{ left: `${at(tick)}%` }}>
              {labels[index]?.replace('\n', ' ')}
            </span>
          ))}
        </span>
        <span />
      </div>
      <ol>
        {rows.map((row) => (
          <li
            key={row.id}
            className="r-gantt-row"
            data-selected={row.id === selected || undefined}
            data-critical={row.critical || undefined}
          >
            <span className="r-gantt-name">
              <span className="r-status" data-tone={STATUS[row.word].tone}>
                <StatusGlyph shape={STATUS[row.word].shape} still />
              </span>
              {row.href ? (
                <a className="r-quiet" href={row.href}>
                  {row.name}
                </a>
              ) : (
                <button type="button" className="r-plain" onClick={() => onSelect?.(row.id)}>
                  {row.name}
                </button>
              )}
              <span className="r-sr">
                {row.word}
                {row.critical ? ', on the critical path' : ''}
              </span>
            </span>
            <span className="r-gantt-track" aria-hidden>
              {ticks.map((tick) => (
                <i key={tick} className="r-gantt-grid" style={{ left: `${at(tick)}%` }} />
              ))}
              {row.spans.map((span) => (
                <span key={span.start}>
                  {span.queuedAt === undefined ? null : (
                    <i
                      className="r-gantt-queue"
                      style={{
                        left: `${at(span.queuedAt)}%`,
                        width: `${at(span.start) - at(span.queuedAt)}%`,
                      }}
                    />
                  )}
                  <i
                    className="r-gantt-bar"
                    data-tone={STATUS[span.word].tone}
                    data-open={span.end === null || undefined}
                    style={{
                      left: `${at(span.start)}%`,
                      width: `max(3px, ${at(span.end ?? now) - at(span.start)}%)`,
                    }}
                    title={`${row.name}: ${span.word}, ${formatNumber(((span.end ?? now) - span.start) / 1000, 'seconds')}`}
                  />
                </span>
              ))}
            </span>
            <span className="r-gantt-took">
              <Took row={row} now={now} />
            </span>
          </li>
        ))}
      </ol>
      <figcaption className="r-small r-keys">
        <span>
          <i className="r-key" data-critical /> critical path
        </span>
        <span>
          <i className="r-key" data-role="queue" /> waiting for a place
        </span>
        {rows.some((row) => row.word === 'Reused') ? <Status word="Reused" still /> : null}
      </figcaption>
    </figure>
  );
}

function Took({ row, now }: { row: GanttRow; now: number }) {
  if (row.spans.length === 0) return row.word;
  const seconds = row.spans.reduce((sum, span) => sum + ((span.end ?? now) - span.start), 0) / 1000;
  if (!row.source) return formatNumber(seconds, 'seconds');
  return (
    <Num
      kind="counted"
      value={seconds}
      style="seconds"
      proof={{
        ...row.source,
        definition: 'From the start of each attempt to its end, added up; waiting for a place is left out.',
        clock: 'wall',
        n: row.spans.length,
      }}
    />
  );
}

const STEPS = [
  1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 604_800,
];

/** Round times between two moments, about five of them. */
export function niceTimes(from: number, to: number): { ticks: number[]; step: number } {
  const step = (STEPS.find((each) => (to - from) / (each * 1000) <= 6) ?? 2_592_000) * 1000;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return { ticks, step };
}
