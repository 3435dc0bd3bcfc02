import { createContext, type CSSProperties, type ReactNode, useContext } from 'react';
import { formatEstimate, formatNumber, type NumberStyle } from './number.ts';
import type { Proof } from './proof.ts';
import { type Asked, askProof } from './proof-host.tsx';
import { useSurroundings } from './surroundings.tsx';

interface Common {
  value: number | null;
  style?: NumberStyle;
  /** Printed after the value, for example "log loss" or "ms". */
  unit?: string;
  proof: Proof;
}

export type NumProps = Common &
  (
    | { kind: 'counted' }
    | { kind: 'logged'; run?: { id: string; href: string } }
    | {
        kind: 'estimated';
        n: number;
        /** 95% unless the proof's method says otherwise; or why there is none. */
        interval: readonly [number, number] | { none: string };
        /** Leaves the interval to the proof, where a strip beside the number already draws it. */
        bare?: boolean;
      }
  );

/** A number that can be asked where it comes from. An estimate does not exist without n and its interval. */
export function Num(props: NumProps) {
  const { unit } = props;
  if (props.value === null) return <span className="r-missing">{formatNumber(null)}</span>;
  return (
    <Ask asked={props}>
      <span className="r-num-value">{valueText(props)}</span>
      {unit ? ` ${unit}` : null}
      {spreadText(props) ? <span className="r-num-spread"> ({spreadText(props)})</span> : null}
    </Ask>
  );
}

/** Numbers in the cells of a grid are no tab stops of their own: the grid has one, and `e` asks the current cell. */
export const InGrid = createContext(false);

export const GridCells = ({ children }: { children: ReactNode }) => <InGrid value>{children}</InGrid>;

/** The number of a cell that opens its proof. Light: what it says is put together when somebody asks, and the grid hears its keys. */
export const AskCell = ({
  asked,
  children,
  ...shown
}: {
  asked: () => Asked | undefined;
  style?: CSSProperties | undefined;
  'data-best'?: true | undefined;
  children: string;
}) => (
  <button
    type="button"
    className="r-num r-num-cell r-num-value r-plain"
    data-asked
    aria-haspopup="dialog"
    tabIndex={-1}
    onClick={(event) => {
      const known = asked();
      if (known) askProof(event.currentTarget, known);
    }}
    {...shown}
  >
    {children}
  </button>
);

/** Any text of a number that opens its proof on click, or on `e` while it has the focus. */
export function Ask({
  asked,
  className = 'r-num',
  children,
}: {
  asked: Asked;
  className?: string;
  children: ReactNode;
}) {
  const { singleKeys } = useSurroundings();
  const inGrid = useContext(InGrid);
  return (
    <button
      type="button"
      className={`${className} r-plain`}
      data-asked
      aria-haspopup="dialog"
      tabIndex={inGrid ? -1 : undefined}
      onClick={(event) => askProof(event.currentTarget, asked)}
      onKeyDown={(event) => event.key === 'e' && singleKeys && askProof(event.currentTarget, asked)}
    >
      {children}
    </button>
  );
}

function valueText(props: NumProps): string {
  if (props.kind === 'estimated' && !('none' in props.interval))
    return formatEstimate(props.value ?? Number.NaN, props.interval, props.style).value;
  return formatNumber(props.value, props.style ?? (props.kind === 'counted' ? 'count' : 'metric'));
}

function spreadText(props: NumProps): string | undefined {
  if (props.kind !== 'estimated' || props.bare || props.value === null) return undefined;
  if ('none' in props.interval) return props.interval.none;
  const shown = formatEstimate(props.value, props.interval, props.style);
  return `${shown.low} to ${shown.high}`;
}
