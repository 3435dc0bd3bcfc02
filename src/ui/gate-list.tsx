import type { ReactNode } from 'react';
import { formatEstimate, formatNumber, type NumberStyle, settingStyle } from './number.ts';
import { Ask } from './num.tsx';
import type { Proof } from './proof.ts';
import { NeedsYou, Status } from './status.tsx';
import type { StatusWord } from './status-words.ts';

export interface Gate {
  id: string;
  /** What must hold, in words: "no slice is worse by more than 0.010". */
  rule: string;
  name: string;
  word: StatusWord;
  value?: number;
  interval?: readonly [number, number];
  n?: number;
  limit?: number;
  style?: NumberStyle;
  /** Goes with `value`. */
  proof?: Proof;
  /** Why it stands as it does, shown when opened. */
  detail?: ReactNode;
  /** Answers of a person: Approve, ask for a waiver. */
  actions?: ReactNode;
}

export interface GateListProps {
  label: string;
  gates: readonly Gate[];
}

/** Gates of a release with value, interval and limit; one opens to its reason. */
export function GateList({ label, gates }: GateListProps) {
  return (
    <ul className="r-gates" aria-label={label}>
      {gates.map((gate) => (
        <li key={gate.id} data-open={gate.actions ? true : undefined}>
          <details open={gate.word === 'Failed' || undefined}>
            <summary>
              <span className="r-gate-state">
                {gate.word === 'Needs you' ? <NeedsYou /> : <Status word={gate.word} />}
              </span>
              <span className="r-gate-name">{gate.name}</span>
              <span className="r-gate-value">{gateText(gate)}</span>
            </summary>
            <div className="r-gate-detail">
              <p>{gate.rule}</p>
              <Asked gate={gate} />
              {gate.detail}
            </div>
          </details>
          {gate.actions ? <span className="r-gate-actions">{gate.actions}</span> : null}
        </li>
      ))}
    </ul>
  );
}

/** A summary is a button by itself, so the number is asked in what it opens. */
function Asked({ gate }: { gate: Gate }) {
  if (gate.value === undefined || !gate.proof) return null;
  return (
    <Ask
      asked={{
        kind: gate.interval ? 'estimated' : 'counted',
        value: gate.value,
        interval: gate.interval,
        n: gate.n,
        proof: gate.proof,
      }}
    >
      {gateText(gate)}
    </Ask>
  );
}

/** "0.021 (0.012 to 0.030), limit 0.010, n 4,210". */
export function gateText(gate: Gate): string {
  const parts: string[] = [];
  if (gate.value !== undefined && gate.interval) {
    const shown = formatEstimate(gate.value, gate.interval, gate.style);
    parts.push(`${shown.value} (${shown.low} to ${shown.high})`);
  } else if (gate.value !== undefined) parts.push(formatNumber(gate.value, gate.style));
  if (gate.limit !== undefined) parts.push(`limit ${formatNumber(gate.limit, settingStyle(gate.style))}`);
  if (gate.n !== undefined) parts.push(`n ${formatNumber(gate.n, 'count')}`);
  return parts.join(', ');
}
