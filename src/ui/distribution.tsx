import { formatNumber, type NumberStyle } from './number.ts';

export interface DistributionBin {
  /** Lower edge and upper edge of a numeric bin. */
  low: number;
  high: number;
  reference: number;
  current: number;
}

interface Common {
  /** What is distributed, with its unit. */
  label: string;
  /** Rows of the reference, when they are known. */
  nReference?: number;
  nCurrent: number;
  height?: number;
}

export type DistributionProps = Common &
  (
    | {
        kind: 'numeric';
        /** Shares (0 to 1) per bin; the reference fixed the edges. */
        bins: readonly DistributionBin[];
        /** Shares below the first and above the last edge. */
        under?: { reference: number; current: number };
        over?: { reference: number; current: number };
        style?: NumberStyle;
      }
    | {
        kind: 'category';
        /** The largest first; 12 are drawn, the rest is told as "other (217)". */
        categories: readonly { name: string; reference: number; current: number }[];
      }
  );

/** Current solid over reference hatched, in the same bins; categories as paired bars. */
export function Distribution(props: DistributionProps) {
  return (
    <figure className="r-dist" aria-label={`${props.label}: current against reference`}>
      {props.kind === 'numeric' ? <Numeric {...props} /> : <Categories categories={props.categories} />}
      <figcaption className="r-small r-keys">
        <span>
          <i className="r-key" data-role="reference" /> reference
          {props.nReference === undefined ? null : `, n ${formatNumber(props.nReference, 'count')}`}
        </span>
        <span>
          <i className="r-key" data-role="current" /> current, n {formatNumber(props.nCurrent, 'count')}
        </span>
      </figcaption>
    </figure>
  );
}

function Numeric({
  bins,
  under,
  over,
  style,
  height = 120,
  label,
}: Extract<DistributionProps, { kind: 'numeric' }>) {
  const columns = [
    ...(under ? [{ ...under, name: `under ${formatNumber(bins[0]?.low, style)}`, edge: true }] : []),
    ...bins.map((bin) => ({
      ...bin,
      name: `${formatNumber(bin.low, style)} to ${formatNumber(bin.high, style)}`,
      edge: false,
    })),
    ...(over ? [{ ...over, name: `over ${formatNumber(bins.at(-1)?.high, style)}`, edge: true }] : []),
  ];
  const top = Math.max(1e-9, ...columns.flatMap((each) => [each.reference, each.current]));
  const middle = bins[bins.length >> 1];
  return (
    <>
      <div
        className="r-dist-plot"
        style={{ height }}
        role="img"
        aria-label={`${label}, ${columns.length} bins, highest share ${formatNumber(top, 'share')}`}
      >
        {columns.map((each) => (
          <span
            key={each.name}
            className="r-dist-bin"
            data-edge={each.edge || undefined}
            title={`${each.name}: reference ${formatNumber(each.reference, 'share')}, current ${formatNumber(each.current, 'share')}`}
          >
            <i data-role="reference" style={{ height: `${(100 * each.reference) / top}%` }} />
            <i data-role="current" style={{ height: `${(100 * each.current) / top}%` }} />
          </span>
        ))}
      </div>
      <div
        className="r-dist-axis r-small"
        data-under={under ? true : undefined}
        data-over={over ? true : undefined}
      >
        <span>{formatNumber(bins[0]?.low, style)}</span>
        <span>{formatNumber(middle?.low, style)}</span>
        <span>{formatNumber(bins.at(-1)?.high, style)}</span>
      </div>
    </>
  );
}

function Categories({
  categories,
}: {
  categories: readonly { name: string; reference: number; current: number }[];
}) {
  const shown = categories.slice(0, 12);
  const rest = categories.slice(12);
  const sum = (role: 'reference' | 'current') => rest.reduce((total, each) => total + each[role], 0);
  const rows = rest.length
    ? [...shown, { name: `other (${rest.length})`, reference: sum('reference'), current: sum('current') }]
    : shown;
  const top = Math.max(1e-9, ...rows.flatMap((each) => [each.reference, each.current]));
  return (
    <div className="r-pairs">
      {rows.map((row) => (
        <div key={row.name} className="r-pair">
          <span className="r-pair-name" title={row.name} dir="auto">
            {row.name}
          </span>
          <span className="r-pair-bars" aria-hidden>
            <i data-role="reference" style={{ width: `${(100 * row.reference) / top}%` }} />
            <i data-role="current" style={{ width: `${(100 * row.current) / top}%` }} />
          </span>
          <span className="r-pair-text">
            {formatNumber(row.current, 'share')}{' '}
            <span className="r-num-spread">was {formatNumber(row.reference, 'share')}</span>
          </span>
        </div>
      ))}
    </div>
  );
}

/** The same two shapes, small enough for a table cell; the words for it stand in the row. */
export function MiniDistribution({
  reference,
  current,
}: {
  reference: readonly number[];
  current: readonly number[];
}) {
  const top = Math.max(1e-9, ...reference, ...current);
  return (
    <span className="r-dist-mini" aria-hidden>
      {current.map((share, slot) => (
        <span key={slot} className="r-dist-bin">
          <i data-role="reference" style={{ height: `${(100 * (reference[slot] ?? 0)) / top}%` }} />
          <i data-role="current" style={{ height: `${(100 * share) / top}%` }} />
        </span>
      ))}
    </span>
  );
}
