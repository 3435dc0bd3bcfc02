import { Modal, Select } from '@mantine/core';
import { useState } from 'react';
import { toAppError } from '../../../lib/errors.ts';
import { Action } from '../../../ui/action.tsx';
import { useAct, useAskAnew, useCall, useEndpoint } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { experimentsContract } from '../contract/experiments.ts';
import { trashContract } from '../contract/trash.ts';
import { runsText } from './run-words.ts';

/** Puts runs into another experiment with all that they logged; undone from its toast. */
export function MoveRuns({
  project,
  runs,
  onClose,
  onDone,
}: {
  project: string;
  runs: readonly string[];
  onClose: () => void;
  onDone: () => void;
}) {
  const experiments = useEndpoint(experimentsContract.searchExperiments, { body: { max_results: 50_000 } });
  const [to, setTo] = useState<string | null>(null);
  const call = useCall();
  const askAnew = useAskAnew();
  const all = experiments.data?.experiments ?? [];
  const move = useAct(trashContract.moveRuns, ({ moved, from }) => {
    const back = async () => {
      for (const { experiment_id, run_ids } of from)
        await call(trashContract.moveRuns, { params: { project }, body: { experiment_id, run_ids } });
      await askAnew();
    };
    const name = all.find((each) => each.experiment_id === to)?.name ?? 'the experiment';
    toast(
      moved === 0 ? `They are in ${name} already.` : `${runsText(moved)} moved to ${name}.`,
      moved === 0 ? undefined : () => void back().catch((error: unknown) => toast(toAppError(error).message)),
    );
    onDone();
    return undefined;
  });
  const because =
    to === null ? 'Choose an experiment first.' : move.running ? 'They are being moved.' : undefined;
  return (
    <Modal opened onClose={onClose} title={`Move ${runsText(runs.length)}`}>
      <form
        className="r-stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (to !== null && !because)
            move.run({ params: { project }, body: { run_ids: [...runs], experiment_id: to } });
        }}
      >
        <Select
          label="To the experiment"
          description="Points, files and models go along; the addresses of files stay as they are."
          data={all.map((each) => ({ value: each.experiment_id, label: each.name }))}
          value={to}
          onChange={setTo}
          searchable
          limit={200}
          data-autofocus
          nothingFoundMessage="No experiment is called like that."
        />
        {move.fault ? <Fault fault={move.fault} /> : null}
        <Action kind="primary" submit because={because}>
          {`Move ${runsText(runs.length)}`}
        </Action>
      </form>
    </Modal>
  );
}
