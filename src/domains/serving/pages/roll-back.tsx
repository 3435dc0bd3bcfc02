import { Modal } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { servingContract } from '../contract.ts';
import type { Endpoint } from '../schema/control.ts';
import type { WayBack } from './serving-words.ts';
import { TrafficBar } from './traffic-bar.tsx';

export interface RollBackProps {
  project: string;
  endpoint: Endpoint;
  /** Where to go back to. */
  to: WayBack;
}

/** Back to what answered before. Safe and urgent: one button, one sentence of effect, no other question. */
export function RollBack({ project, endpoint, to }: RollBackProps) {
  const [open, setOpen] = useState(false);
  const barrier = useBarrier('operate');
  const act = useAct(servingContract.rollBack, (outcome) => {
    setOpen(false);
    return outcome.status === 'applied' ? outcome.endpoint.lead.text : outcome.message;
  });
  const label = to.stops ? `Stop v${to.stops}, v${to.version} answers all` : `Roll back to v${to.version}`;
  return (
    <>
      <Action because={barrier} onClick={() => setOpen(true)}>
        {label}
      </Action>
      <Modal opened={open} onClose={() => setOpen(false)} title={`${label}?`}>
        <p className="r-prose">
          From now on {to.model} v{to.version} answers all of {endpoint.name}. No request fails during the
          change, and it needs no approval.
        </p>
        <TrafficBar arms={[{ ...to, arm: 'champion', weight: 1, shadow: false }]} />
        {act.fault ? <Fault fault={act.fault} /> : null}
        <p className="r-row r-modal-actions">
          <Action
            kind="primary"
            because={act.running ? 'It is being rolled back.' : undefined}
            onClick={() =>
              act.run({ params: { project, endpoint: endpoint.name }, body: { to: to.deployment } })
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
