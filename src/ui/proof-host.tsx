import { Popover } from '@mantine/core';
import { useEffect, useSyncExternalStore } from 'react';
import { CopyAs } from './copy-as.tsx';
import { Id } from './id.tsx';
import { formatNumber } from './number.ts';
import type { Proof } from './proof.ts';

/** What is known of a number besides its proof. */
export interface Asked {
  value: number | null;
  kind: 'counted' | 'logged' | 'estimated';
  n?: number;
  interval?: readonly [number, number] | { none: string };
  run?: { id: string; href: string };
  proof: Proof;
}

interface Open {
  asked: Asked;
  anchor: HTMLElement;
  at: { left: number; top: number; width: number; height: number };
}

let open: Open | undefined;
const listeners = new Set<() => void>();

function set(next: Open | undefined) {
  open?.anchor.removeAttribute('data-open');
  open = next;
  open?.anchor.setAttribute('data-open', '');
  for (const listener of listeners) listener();
}

/** Opens the proof of a number at the element that shows it; asked again, it closes. */
export function askProof(anchor: HTMLElement, asked: Asked): void {
  if (open?.anchor === anchor) return set(undefined);
  const { left, top, width, height } = anchor.getBoundingClientRect();
  set({ asked, anchor, at: { left, top, width, height } });
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

/** The one place where proofs open: a table of many numbers does not carry a popover for each. */
export function ProofHost() {
  const shown = useSyncExternalStore(subscribe, () => open);
  useEffect(() => {
    if (!shown) return undefined;
    // Only when the number went elsewhere: the scroll that brought it into view is still told after the click.
    const close = () => {
      const { left, top } = shown.anchor.getBoundingClientRect();
      if (Math.abs(left - shown.at.left) + Math.abs(top - shown.at.top) > 1) set(undefined);
    };
    addEventListener('scroll', close, { capture: true, passive: true });
    addEventListener('resize', close);
    return () => {
      removeEventListener('scroll', close, { capture: true });
      removeEventListener('resize', close);
    };
  }, [shown]);
  useEffect(() => () => set(undefined), []);
  if (!shown) return null;
  const close = (isOpen: boolean) => {
    if (isOpen) return;
    const { anchor } = shown;
    set(undefined);
    anchor.focus({ preventScroll: true });
  };
  return (
    <Popover
      key={`${shown.at.left} ${shown.at.top}`}
      opened
      onChange={close}
      position="bottom-start"
      width={380}
      trapFocus
    >
      <Popover.Target>
        <i className="r-proof-place" style={shown.at} aria-hidden />
      </Popover.Target>
      <Popover.Dropdown aria-label="Where this number comes from">
        <ProofPanel asked={shown.asked} />
      </Popover.Dropdown>
    </Popover>
  );
}

function ProofPanel({ asked }: { asked: Asked }) {
  const { proof, interval } = asked;
  const n = asked.n ?? proof.n;
  return (
    <div className="r-proof" tabIndex={-1} data-autofocus>
      <p className="r-proof-definition">{proof.definition}</p>
      <dl className="r-facts">
        <Fact label="Value">
          <code className="r-code">{asked.value === null ? 'none' : String(asked.value)}</code>{' '}
          {KINDS[asked.kind]}
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
        {asked.run ? (
          <Fact label="Run">
            <a href={asked.run.href}>{asked.run.id.slice(0, 8)}</a>
          </Fact>
        ) : null}
        {proof.inputs?.map((input) => (
          <Fact key={input.label + input.digest} label={input.label}>
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
