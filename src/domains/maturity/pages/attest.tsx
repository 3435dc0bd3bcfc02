import { Modal, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier, useMe } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { maturityContract } from '../contract.ts';
import type { PeopleCriterion } from '../schema.ts';

const HALF_YEAR_MS = 182 * 86_400_000;

/** A person's word on how people work together: who says it, what they say, and until when it holds. */
export function Attest({ project, criterion }: { project: string; criterion: PeopleCriterion }) {
  const me = useMe();
  const barrier = useBarrier('edit');
  const [open, setOpen] = useState(false);
  const [by, setBy] = useState(criterion.attestation?.by ?? me?.name ?? '');
  const [statement, setStatement] = useState(criterion.attestation?.statement ?? '');
  const [expires, setExpires] = useState('');
  const attest = useAct(maturityContract.attest, (after) => {
    setOpen(false);
    return `${after.by} attests it until ${after.expires_at ? new Date(after.expires_at).toISOString().slice(0, 10) : expires}.`;
  });
  const begin = () => {
    setExpires(new Date(Date.now() + HALF_YEAR_MS).toISOString().slice(0, 10));
    setOpen(true);
  };
  const missing = by.trim() === '' || statement.trim() === '' || expires === '';
  return (
    <>
      <Action because={barrier} onClick={begin}>
        {criterion.attestation ? 'Attest again' : 'Attest'}
      </Action>
      <Modal opened={open} onClose={() => setOpen(false)} title={criterion.title}>
        <form
          className="r-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (!missing)
              attest.run({
                params: { project, criterion: criterion.id },
                body: { by: by.trim(), statement: statement.trim(), expires },
              });
          }}
        >
          <TextInput
            label="Who says so"
            value={by}
            maxLength={200}
            onChange={(event) => setBy(event.currentTarget.value)}
          />
          <Textarea
            label="What they say"
            description="What is done, and where one can see it."
            autosize
            minRows={3}
            maxLength={2000}
            value={statement}
            onChange={(event) => setStatement(event.currentTarget.value)}
          />
          <TextInput
            label="Holds until"
            description="UTC; at most two years away."
            type="date"
            value={expires}
            onChange={(event) => setExpires(event.currentTarget.value)}
          />
          {attest.fault ? <Fault fault={attest.fault} /> : null}
          <Action
            submit
            kind="primary"
            because={
              missing
                ? 'Name, statement and day are needed.'
                : attest.running
                  ? 'It is being recorded.'
                  : undefined
            }
          >
            {`Attest ${criterion.title.toLowerCase()}`}
          </Action>
        </form>
      </Modal>
    </>
  );
}
