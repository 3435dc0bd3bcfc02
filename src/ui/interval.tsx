import { Ask } from './num.tsx';
import { formatEstimate, formatNumber, type NumberStyle, settingStyle } from './number.ts';
import type { Proof } from './proof.ts';

export interface IntervalRow {
  proof: Proof;
  label: string;
  value: number;
  interval: readonly [number, number];
  n: number;
  role?: 'reference' | 'current' | 'candidate';
}

export interface IntervalProps {
  rows: readonly IntervalRow[];
  /** Metric and unit; names the axis. */
  metric: string;
  style?: NumberStyle;
  /** Labelled lines across all strips, for example the baseline or 0. */
  marks?: readonly { at: number; label: string }[];
  domain?: readonly [number, number];
}

/** Estimates as points with their intervals on one axis, one row each. */
export function Interval({ rows, metric, style, marks = [], domain }: IntervalProps) {
  const [low, high] = domain ?? span(rows, marks);
  const at = (value: number) =>
    `${(100 * (Math.min(high, Math.max(low, value)) - low)) / (high - low || 1)}%`;
  return (
    <figure className="r-interval" aria-label={metric}>
      {marks.length > 0 ? (
        <div className="r-interval-row" aria-hidden>
          <span />
          <span className="r-interval-track" data-head>
            {marks.map((mark) => (
              <span key={mark.label} className="r-interval-name" style={{ left: at(mark.at) }}>
                {mark.label} {formatNumber(mark.at, settingStyle(style))}
              </span>
            ))}
          </span>
          <span />
        </div>
      ) : null}
      {rows.map((row) => {
        const shown = formatEstimate(row.value, row.interval, style);
        return (
          <div key={row.label} className="r-interval-row" data-role={row.role ?? 'current'}>
            <span className="r-interval-label">{row.label}</span>
            <span className="r-interval-track" aria-hidden>
              {marks.map((mark) => (
                <i key={mark.label} className="r-interval-mark" style={{ left: at(mark.at) }} />
              ))}
              <i
                className="r-interval-bar"
                style={{ left: at(row.interval[0]), right: `calc(100% - ${at(row.interval[1])})` }}
              />
              <i className="r-interval-point" style={{ left: at(row.value) }} />
            </span>
            <Ask className="r-num r-interval-text" asked={{ kind: 'estimated', ...row }}>
              {shown.value}{' '}
              <span className="r-num-spread">
                ({shown.low} to {shown.high}), n {formatNumber(row.n, 'count')}
              </span>
            </Ask>
          </div>
        );
      })}
      <figcaption className="r-small">{metric}, 95% intervals</figcaption>
    </figure>
  );
}

function span(rows: readonly IntervalRow[], marks: readonly { at: number }[]): readonly [number, number] {
  const values = [...rows.flatMap((row) => row.interval), ...marks.map((mark) => mark.at)];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - pad, high + pad];
}
