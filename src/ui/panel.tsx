import type { ReactNode } from 'react';
import type { Fault as FaultObject } from '../lib/errors.ts';
import { Fault } from './fault.tsx';
import { LoadingBars } from './loading-bars.tsx';
import { StatusGlyph } from './status.tsx';

/** What a panel is in; it loads, fails and empties on its own. `ready` may be refreshing behind old data. */
export type PanelState =
  | { kind: 'loading'; rows?: number; awaiting?: string; onCancel?: () => void }
  | { kind: 'ready'; refreshing?: boolean }
  /** Never any: pass an `Empty`. */
  | { kind: 'empty'; empty: ReactNode }
  | { kind: 'filtered'; sentence: string; onClear: () => void; drop?: { term: string; onDrop: () => void } }
  | { kind: 'waiting'; sentence: string }
  | { kind: 'error'; fault: FaultObject; onRetry?: () => void };

export interface PanelProps {
  title?: ReactNode;
  /** Beside the title: n, clock, window. */
  note?: ReactNode;
  actions?: ReactNode;
  state?: PanelState;
  children?: ReactNode;
}

/** A part of a page: heading, tools and content, in one of its states. Parted by space, never boxed. */
export function Panel({ title, note, actions, state = { kind: 'ready' }, children }: PanelProps) {
  const refreshing = state.kind === 'ready' && state.refreshing;
  return (
    <section className="r-panel" aria-busy={state.kind === 'loading' || refreshing || undefined}>
      {title || actions ? (
        <header className="r-panel-head">
          <h2 className="r-h2">{title}</h2>
          {note ? <span className="r-small">{note}</span> : null}
          <span className="r-panel-actions">{actions}</span>
        </header>
      ) : null}
      {refreshing ? <i className="r-panel-line" /> : null}
      <PanelBody state={state}>{children}</PanelBody>
    </section>
  );
}

function PanelBody({ state, children }: { state: PanelState; children: ReactNode }) {
  switch (state.kind) {
    case 'loading':
      return <LoadingBars rows={state.rows} awaiting={state.awaiting} onCancel={state.onCancel} />;
    case 'empty':
      return state.empty;
    case 'filtered':
      return (
        <p className="r-panel-sentence">
          {state.sentence}{' '}
          <button type="button" className="r-link" onClick={state.onClear}>
            Clear the filter
          </button>
          {state.drop ? (
            <button type="button" className="r-link" onClick={state.drop.onDrop}>
              Drop <code className="r-code">{state.drop.term}</code>
            </button>
          ) : null}
        </p>
      );
    case 'waiting':
      return (
        <p className="r-panel-sentence r-waiting">
          <span className="r-status" data-tone="mute">
            <StatusGlyph shape="clock" />
          </span>
          {state.sentence}
        </p>
      );
    case 'error':
      return <Fault fault={state.fault} onRetry={state.onRetry} />;
    default:
      return children;
  }
}

export interface BannerProps {
  kind: 'as-of' | 'offline';
  children: ReactNode;
  action?: { label: string; onClick: () => void };
}

/** The hatched bar over a page: time travel ("As of 3 Mar 2026 09:00 UTC. Read only.") or a lost connection. */
export function Banner({ kind, children, action }: BannerProps) {
  return (
    <div className="r-banner" data-kind={kind} role="status">
      <span>{children}</span>
      {action ? (
        <button type="button" className="r-link" onClick={action.onClick}>
          {action.label}
        </button>
      ) : null}
    </div>
  );
}
