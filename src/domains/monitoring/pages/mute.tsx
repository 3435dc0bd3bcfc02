import { Modal, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { monitoringContract } from '../contract.ts';
import type { Monitor } from '../schema.ts';

const HOUR = 3_600_000;
const LENGTHS = [
  { value: '1', label: '1 hour' },
  { value: '8', label: '8 hours' },
  { value: '24', label: '1 day' },
  { value: '168', label: '7 days' },
];

/** Mutes a monitor for a while and a reason, or ends that: alerts are recorded all the same. */
export function MuteMonitor({ project, monitor }: { project: string; monitor: Monitor }) {
  const barrier = useBarrier('edit');
  const [open, setOpen] = useState(false);
  const [hours, setHours] = useState('8');
  const [reason, setReason] = useState('');
  const mute = useAct(monitoringContract.muteMonitor, (after) => {
    setOpen(false);
    return `${after.name} records alerts and tells nobody for now.`;
  });
  const unmute = useAct(
    monitoringContract.unmuteMonitor,
    (after) => `${after.name} tells about alerts again.`,
  );
  const params = { project, monitor: monitor.name };
  if (monitor.muted)
    return (
      <>
        <Action because={barrier} onClick={() => unmute.run({ params })}>
          Unmute
        </Action>
        {unmute.fault ? <Fault fault={unmute.fault} /> : null}
      </>
    );
  return (
    <>
      <Action because={barrier} onClick={() => setOpen(true)}>
        Mute
      </Action>
      <Modal opened={open} onClose={() => setOpen(false)} title={`Mute ${monitor.name}`}>
        <form
          className="r-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (reason.trim() !== '')
              mute.run({
                params,
                body: { until: Date.now() + Number(hours) * HOUR, reason: reason.trim() },
              });
          }}
        >
          <Select
            label="For"
            description="Wall clock. A mute silences people: alerts are recorded and tell nobody, while rules that look at closed windows still act on what they see."
            data={LENGTHS}
            value={hours}
            allowDeselect={false}
            onChange={(value) => setHours(value ?? hours)}
          />
          <TextInput
            label="Why"
            value={reason}
            maxLength={500}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {mute.fault ? <Fault fault={mute.fault} /> : null}
          <Action
            submit
            kind="primary"
            because={
              reason.trim() === '' ? 'A reason is needed.' : mute.running ? 'It is being muted.' : undefined
            }
          >
            {`Mute ${monitor.name}`}
          </Action>
        </form>
      </Modal>
    </>
  );
}
