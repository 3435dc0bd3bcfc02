import { Modal } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { servingContract } from '../contract.ts';
import type { Endpoint, TrafficRevision } from '../schema/control.ts';
import { rollbackTargetOf } from './serving-words.ts';
import { TrafficBar } from './traffic-bar.tsx';

export interface RollBackProps {
  project: string;
  endpoint: Endpoint;
  revisions: readonly TrafficRevision[];
  /** The revision to go back to; the newest one with another champion when left out. */
  to?: TrafficRevision;
}

/** Back to what answered before. Safe and urgent: one button, one sentence of effect, no other question. */
export function RollBack({ project, endpoint, revisions, to }: RollBackProps) {
  const [open, setOpen] = useState(false);
  const target = to ?? rollbackTargetOf(revisions, endpoint.revision);
  const champion = target?.arms.find((arm) => arm.arm === 'champion');
  const barrier = useBarrier('operate');
  const act = useAct(servingContract.rollBack, (outcome) => {
    setOpen(false);
    return outcome.status === 'applied' ? `${endpoint.name}: ${outcome.endpoint.lead}` : outcome.message;
  });
  if (!target || !champion) return null;
  const label = `Roll back to v${champion.version}`;
  return (
    <>
      <Action because={barrier} onClick={() => setOpen(true)}>
        {label}
      </Action>
      <Modal opened={open} onClose={() => setOpen(false)} title={`${label}?`}>
        <p className="r-prose">
          From now on {champion.model} v{champion.version} answers {endpoint.name} as it did in revision{' '}
          {target.revision}. No request fails during the change, and it needs no approval.
        </p>
        <TrafficBar arms={target.arms} />
        {act.fault ? <Fault fault={act.fault} /> : null}
        <p className="r-row r-modal-actions">
          <Action
            kind="primary"
            because={act.running ? 'It is being rolled back.' : undefined}
            onClick={() =>
              act.run({ params: { project, endpoint: endpoint.name }, body: to ? { to: to.revision } : {} })
            }
          >
            {label}
          </Action>
          <Action onClick={() => setOpen(false)}>Keep the traffic as it is</Action>
        </p>
      </Modal>
    </>
  );
}
