import { formatEstimate, formatNumber, type NumberStyle, settingStyle } from './number.ts';

export interface BarRow {
  label: string;
  value: number;
  interval?: readonly [number, number];
  n?: number;
  href?: string;
  role?: 'reference' | 'current' | 'candidate';
  /** A dotted tick on this bar alone; the caption says what it is. */
  mark?: number;
  /** Behind the number, in a word or two. */
  note?: string;
}

export interface BarsProps {
  label: string;
  rows: readonly BarRow[];
  style?: NumberStyle;
  /** Labelled line across all bars. */
  limit?: { at: number; label: string };
}

/** Sorted horizontal bars from zero, with intervals where there are any. */
export function Bars({ label, rows, style, limit }: BarsProps) {
  const values = rows.flatMap((row) => [row.value, row.mark ?? 0, ...(row.interval ?? [])]);
  const high = Math.max(0, limit?.at ?? 0, ...values) || 1;
  const low = Math.min(0, ...values);
  const at = (value: number) => (100 * (value - low)) / (high - low);
  return (
    <figure className="r-bars" aria-label={label}>
      {rows.map((row) => (
        <div key={row.label} className="r-pair" data-role={row.role ?? 'current'}>
          <span className="r-pair-name" title={row.label} dir="auto">
            {row.href ? (
              <a className="r-quiet" href={row.href}>
                {row.label}
              </a>
            ) : (
              row.label
            )}
          </span>
          <span className="r-bar-track" aria-hidden>
            <i
              className="r-bar"
              style={{ left: `${at(Math.min(0, row.value))}%`, width: `${Math.abs(at(row.value) - at(0))}%` }}
            />
            {row.interval ? (
              <i
                className="r-bar-whisker"
                style={{
                  left: `${at(row.interval[0])}%`,
                  width: `${at(row.interval[1]) - at(row.interval[0])}%`,
                }}
              />
            ) : null}
            {row.mark === undefined ? null : (
              <i className="r-bar-mark" style={{ left: `${at(row.mark)}%` }} />
            )}
            {limit ? <i className="r-bar-limit" style={{ left: `${at(limit.at)}%` }} /> : null}
          </span>
          <span className="r-pair-text">
            {row.interval ? (
              <Estimated value={row.value} interval={row.interval} style={style} />
            ) : (
              formatNumber(row.value, style)
            )}
            {row.n === undefined ? null : (
              <span className="r-num-spread"> n {formatNumber(row.n, 'count')}</span>
            )}
            {row.note ? <span className="r-num-spread">, {row.note}</span> : null}
          </span>
        </div>
      ))}
      {limit ? (
        <figcaption className="r-small">
          dashed: {limit.label} {formatNumber(limit.at, settingStyle(style))}
        </figcaption>
      ) : null}
    </figure>
  );
}

function Estimated({
  value,
  interval,
  style,
}: {
  value: number;
  interval: readonly [number, number];
  style?: NumberStyle;
}) {
  const shown = formatEstimate(value, interval, style);
  return (
    <>
      {shown.value}{' '}
      <span className="r-num-spread">
        ({shown.low} to {shown.high})
      </span>
    </>
  );
}

export interface ReliabilityPoint {
  /** Mean predicted probability of the bin and the share that came true, both 0 to 1. */
  predicted: number;
  observed: number;
  interval: readonly [number, number];
  n: number;
}

export interface ReliabilityProps {
  label: string;
  points: readonly ReliabilityPoint[];
  /** Side of the square in px. */
  size?: number;
}

/** Is a probability honest? Points with intervals against the diagonal; the counts stand below. */
export function Reliability({ label, points, size = 280 }: ReliabilityProps) {
  const [left, bottom, top] = [40, 62, 8];
  const side = size - left - 20;
  const x = (p: number) => left + p * side;
  const y = (p: number) => top + (1 - p) * side;
  const most = Math.max(1, ...points.map((point) => point.n));
  const worst = points.reduce((far, point) => Math.max(far, Math.abs(point.predicted - point.observed)), 0);
  return (
    <svg
      className="r-reliability"
      width={size}
      height={side + top + bottom}
      role="img"
      aria-label={`${label}: ${points.length} bins, largest gap ${formatNumber(worst, 'points')}`}
    >
      {[0, 0.25, 0.5, 0.75, 1].map((p) => (
        <g key={p}>
          <path className="r-grid" d={`M${x(0)} ${y(p)}H${x(1)}`} />
          <text x={left - 6} y={y(p) + 4} textAnchor="end">
            {p * 100}%
          </text>
          <text x={x(p)} y={y(0) + 46} textAnchor="middle">
            {p * 100}%
          </text>
        </g>
      ))}
      <path className="r-diagonal" d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`} />
      {points.map((point) => (
        <g key={point.predicted}>
          <title>{`predicted ${formatNumber(point.predicted, 'share')}, came true ${formatNumber(point.observed, 'share')}, n ${formatNumber(point.n, 'count')}`}</title>
          <path
            className="r-whisker"
            d={`M${x(point.predicted)} ${y(point.interval[0])}V${y(point.interval[1])}`}
          />
          <circle cx={x(point.predicted)} cy={y(point.observed)} r="3.5" />
          <path
            className="r-count-bar"
            d={`M${x(point.predicted)} ${y(0) + 30}v${-Math.max(1, (24 * point.n) / most)}`}
          />
        </g>
      ))}
      <text x={x(0.5)} y={y(0) + 60} textAnchor="middle">
        predicted probability; bars: n
      </text>
    </svg>
  );
}
