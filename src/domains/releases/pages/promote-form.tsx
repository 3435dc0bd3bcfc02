import { Modal, NumberInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Environment } from '../../projects/schema.ts';
import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { releasesContract } from '../contract.ts';
import type { Promotion } from '../schema.ts';

export interface PromoteFormProps {
  project: string;
  environments: readonly Environment[];
  promotions: readonly Promotion[];
}

/** Asks for a version in an environment; the gates and, where the charter wants it, people decide. */
export function PromoteForm({ project, environments, promotions }: PromoteFormProps) {
  const newest = promotions[0];
  const [open, setOpen] = useState(false);
  const [model, setModel] = useState<string>();
  const [version, setVersion] = useState<number>();
  const [to, setTo] = useState(environments.at(-1)?.name ?? 'dev');
  const barrier = useBarrier('operate');
  const promote = useAct(releasesContract.promote, (made) => {
    setOpen(false);
    return `${made.model} v${made.version} is on its way to ${made.environment}. ${made.sentence}`;
  });
  const name = model ?? newest?.model ?? '';
  const number = version ?? newest?.version ?? 1;
  const way = environments.slice(0, environments.findIndex((each) => each.name === to) + 1);
  return (
    <>
      <Action kind="primary" because={barrier} onClick={() => setOpen(true)}>
        Promote a version
      </Action>
      <Modal opened={open} onClose={() => setOpen(false)} title="Promote a version">
        <form
          className="r-form"
          onSubmit={(event) => {
            event.preventDefault();
            promote.run({ params: { project }, body: { model: name, version: number, to } });
          }}
        >
          <TextInput label="Model" value={name} onChange={(event) => setModel(event.currentTarget.value)} />
          <NumberInput
            label="Version"
            min={1}
            value={number}
            onChange={(value) => setVersion(Number(value) || 1)}
          />
          <Select
            label="To"
            data={environments.map((each) => each.name)}
            value={to}
            allowDeselect={false}
            onChange={(value) => setTo(value ?? to)}
          />
          <p className="r-prose r-form-wide">
            It goes {way.map((each) => each.name).join(', then ')}; environments that it has answered in are
            passed over. Every gate is checked again in each, and the version that answers now stays until
            they let it through.
          </p>
          {promote.fault ? <Fault fault={promote.fault} /> : null}
          <Action
            kind="primary"
            submit
            because={
              name === '' ? 'Name the model first.' : promote.running ? 'It is being asked for.' : undefined
            }
          >
            {`Promote v${number} to ${to}`}
          </Action>
        </form>
      </Modal>
    </>
  );
}
