import { Modal, Select } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { pipelinesContract } from '../contract.ts';

/** Starts a run; everything that has not changed is reused unless one asks otherwise. */
export function StartRun({ project, pipelines }: { project: string; pipelines: readonly string[] }) {
  const { go } = usePlace();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState(pipelines[0] ?? '');
  const [cache, setCache] = useState<'use' | 'refresh'>('use');
  const barrier = useBarrier('operate');
  const start = useAct(pipelinesContract.runPipeline, (run) => {
    setOpen(false);
    go(pageOf(project, 'pipelines', run.pipeline, 'runs', run.id));
    return `${run.pipeline} #${run.number} started.`;
  });
  return (
    <>
      <Action kind="primary" because={barrier} onClick={() => setOpen(true)}>
        Run pipeline
      </Action>
      <Modal opened={open} onClose={() => setOpen(false)} title="Run a pipeline">
        <div className="r-form">
          <Select
            label="Pipeline"
            data={[...pipelines]}
            value={name}
            allowDeselect={false}
            onChange={(value) => setName(value ?? name)}
          />
          <Select
            label="Results of earlier runs"
            data={[
              { value: 'use', label: 'Reuse what has not changed' },
              { value: 'refresh', label: 'Run every step again' },
            ]}
            value={cache}
            allowDeselect={false}
            onChange={(value) => setCache(value === 'refresh' ? 'refresh' : 'use')}
          />
          {start.fault ? <Fault fault={start.fault} /> : null}
          <Action
            kind="primary"
            because={start.running ? 'It is being started.' : undefined}
            onClick={() => start.run({ params: { project, name }, body: { cache } })}
          >
            {`Run ${name}`}
          </Action>
        </div>
      </Modal>
    </>
  );
}
