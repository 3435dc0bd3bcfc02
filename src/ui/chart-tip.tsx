import { Ask } from './num.tsx';
import type { Proof } from './proof.ts';
import { seriesVariable } from './chart-paint.ts';
import type { ChartAxis, ChartData, ChartSeries } from './chart-model.ts';
import { formatNumber, type NumberStyle } from './number.ts';
import { formatAbsolute } from './time.ts';

export interface TipRow {
  key: string;
  label: string;
  value: number;
  low: number | null;
  high: number | null;
  variable: string;
  dashed: boolean;
  provisional: boolean;
}

/** What each series has at an index, the largest first, at most twelve. */
export function tipRows(series: readonly ChartSeries[], data: ChartData, index: number): TipRow[] {
  const rows = series.flatMap((each, at): TipRow[] => {
    const column = data.series[at];
    const settled = column?.settled[index] ?? null;
    const value = settled ?? column?.provisional?.[index] ?? null;
    if (!column || value === null) return [];
    return [
      {
        key: each.key,
        label: each.label,
        value,
        low: column.low?.[index] ?? null,
        high: column.high?.[index] ?? null,
        variable: seriesVariable(each, at),
        dashed: each.role === 'reference',
        provisional: settled === null,
      },
    ];
  });
  return rows.sort((a, b) => b.value - a.value).slice(0, 12);
}

export interface ChartTipProps {
  index: number;
  left: number;
  width: number;
  pinned: boolean;
  x: readonly number[];
  axis: ChartAxis;
  zone: string;
  rows: readonly TipRow[];
  style?: NumberStyle;
  links?: readonly { label: string; href: string }[];
  /** What stands behind the value of a series here; asked for while the tip is pinned. */
  proof?: (series: string) => Proof | undefined;
}

/** The values under the cursor, sorted; stays and takes clicks while it is pinned. */
export function ChartTip({
  index,
  left,
  width,
  pinned,
  x,
  axis,
  zone,
  rows,
  style,
  links,
  proof,
}: ChartTipProps) {
  const at = x[index];
  if (at === undefined || rows.length === 0) return null;
  const side = left > width / 2 ? { right: width - left + 12 } : { left: left + 12 };
  return (
    <div className="r-tip" data-pinned={pinned || undefined} style={side}>
      <p className="r-small">
        {axis.kind === 'time'
          ? formatAbsolute(at, zone, { zone: true })
          : `${axis.name} ${formatNumber(at, 'count')}`}
      </p>
      {rows.map((row) => (
        <p key={row.label} className="r-tip-row">
          <i style={{ borderTop: `2px ${row.dashed ? 'dashed' : 'solid'} var(${row.variable})` }} />
          <span>{row.label}</span>
          <b>
            <Value row={row} style={style} proof={proof?.(row.key)} />
          </b>
          {row.low !== null && row.high !== null ? (
            <span className="r-num-spread">
              {formatNumber(row.low, style)} to {formatNumber(row.high, style)}
            </span>
          ) : null}
          {row.provisional ? <span className="r-num-spread">provisional</span> : null}
        </p>
      ))}
      {links?.length ? (
        <p className="r-row">
          {links.map((link) => (
            <a key={link.label} href={link.href}>
              {link.label}
            </a>
          ))}
        </p>
      ) : null}
    </div>
  );
}

function Value({ row, style, proof }: { row: TipRow; style?: NumberStyle; proof: Proof | undefined }) {
  const text = formatNumber(row.value, style);
  if (!proof) return text;
  const { value, low, high } = row;
  const interval = low === null || high === null ? undefined : ([low, high] as const);
  return <Ask asked={{ kind: interval ? 'estimated' : 'counted', value, interval, proof }}>{text}</Ask>;
}
