import { Popover } from '@mantine/core';
import { useState } from 'react';
import { CopyAs } from './copy-as.tsx';
import { Id } from './id.tsx';
import { formatEstimate, formatNumber, type NumberStyle } from './number.ts';
import type { Proof } from './proof.ts';
import { useSurroundings } from './surroundings.tsx';

interface Common {
  value: number | null;
  style?: NumberStyle;
  /** Printed after the value, for example "log loss" or "ms". */
  unit?: string;
  proof?: Proof;
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
  const { proof, unit } = props;
  const inside = (
    <>
      <span className="r-num-value">{valueText(props)}</span>
      {unit ? ` ${unit}` : null}
      {spreadText(props) ? <span className="r-num-spread"> ({spreadText(props)})</span> : null}
    </>
  );
  if (!proof) return <span className="r-num">{inside}</span>;
  return (
    <Asked {...props} proof={proof}>
      {inside}
    </Asked>
  );
}

function Asked(props: NumProps & { proof: Proof; children: React.ReactNode }) {
  const [open, setOpen] = useState(false);
  const { singleKeys } = useSurroundings();
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" width={380} trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className="r-num r-plain"
          data-asked
          aria-haspopup="dialog"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          onKeyDown={(event) => event.key === 'e' && singleKeys && setOpen(true)}
        >
          {props.children}
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Where this number comes from">
        <ProofPanel {...props} proof={props.proof} />
      </Popover.Dropdown>
    </Popover>
  );
}

function ProofPanel(props: NumProps & { proof: Proof }) {
  const { proof } = props;
  const interval = props.kind === 'estimated' ? props.interval : undefined;
  const n = props.kind === 'estimated' ? props.n : proof.n;
  return (
    <div className="r-proof">
      <p className="r-proof-definition">{proof.definition}</p>
      <dl className="r-facts">
        <Fact label="Value">
          <code className="r-code">{props.value === null ? 'none' : String(props.value)}</code>{' '}
          {KINDS[props.kind]}
        </Fact>
        {interval ? (
          <Fact label="Interval">
            {'none' in interval ? (
              interval.none
            ) : (
              <code className="r-code">{`${interval[0]} to ${interval[1]}`}</code>
            )}
          </Fact>
        ) : null}
        {proof.formula ? (
          <Fact label="Formula">
            <code className="r-code">{proof.formula}</code>
          </Fact>
        ) : null}
        {n === undefined ? null : <Fact label="n">{formatNumber(n, 'count')}</Fact>}
        {proof.window ? (
          <Fact label="Window">
            {proof.window}
            {proof.clock ? `, ${proof.clock === 'event' ? 'event time' : 'wall clock'}` : null}
          </Fact>
        ) : null}
        {proof.method ? <Fact label="Method">{proof.method}</Fact> : null}
        {props.kind === 'logged' && props.run ? (
          <Fact label="Run">
            <a href={props.run.href}>{props.run.id.slice(0, 8)}</a>
          </Fact>
        ) : null}
        {proof.inputs?.map((input) => (
          <Fact key={input.digest} label={input.label}>
            <Id value={input.digest} length={12} href={input.href} />
          </Fact>
        ))}
      </dl>
      <div className="r-row">
        {proof.rows ? <a href={proof.rows.href}>{proof.rows.label}</a> : null}
        {proof.query ? (
          <CopyAs label="Copy as query" formats={[{ label: 'Query', text: proof.query }]} />
        ) : null}
      </div>
    </div>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const KINDS = { counted: 'counted', logged: 'logged by a run', estimated: 'estimated' } as const;

function valueText(props: NumProps): string {
  if (props.value === null) return formatNumber(null);
  if (props.kind === 'estimated' && !('none' in props.interval))
    return formatEstimate(props.value, props.interval, props.style).value;
  return formatNumber(props.value, props.style ?? (props.kind === 'counted' ? 'count' : 'metric'));
}

function spreadText(props: NumProps): string | undefined {
  if (props.kind !== 'estimated' || props.bare || props.value === null) return undefined;
  if ('none' in props.interval) return props.interval.none;
  const shown = formatEstimate(props.value, props.interval, props.style);
  return `${shown.low} to ${shown.high}`;
}
