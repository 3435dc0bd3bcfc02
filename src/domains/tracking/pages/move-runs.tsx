import { Modal, Select } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useEndpoint } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { experimentsContract } from '../contract/experiments.ts';
import { PiecesProgress } from './pieces-progress.tsx';
import { runsText } from './run-words.ts';
import { useMove } from './use-move.ts';
import type { WhichRuns } from './use-runs.ts';

/** Puts runs into another experiment with all that they logged; undone from its toast. Closing it stops what goes on. */
export function MoveRuns({
  question,
  runs,
  count,
  onClose,
  onDone,
}: {
  question: WhichRuns;
  runs: readonly string[] | 'all';
  count: number;
  onClose: () => void;
  onDone: () => void;
}) {
  const experiments = useEndpoint(experimentsContract.searchExperiments, { body: { max_results: 50_000 } });
  const [to, setTo] = useState<string | null>(null);
  const { move, moved, stop, fault } = useMove(question, runs);
  const all = experiments.data?.experiments ?? [];
  const running = moved !== undefined;
  const target = all.find((each) => each.experiment_id === to);
  const because = target ? (running ? 'They are being moved.' : undefined) : 'Choose an experiment first.';
  const close = () => (running ? stop() : onClose());
  return (
    <Modal opened onClose={close} title={`Move ${runsText(count)}`}>
      <form
        className="r-stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (target && !because)
            void move({ id: target.experiment_id, name: target.name }).then(
              (end) => end === 'done' && onDone(),
            );
        }}
      >
        <Select
          label="To the experiment"
          description="Points, files and models go along; the addresses of files stay as they are."
          data={all.map((each) => ({ value: each.experiment_id, label: each.name }))}
          value={to}
          onChange={setTo}
          disabled={running}
          searchable
          limit={200}
          data-autofocus
          nothingFoundMessage="No experiment is called like that."
        />
        {running ? <PiecesProgress done={moved} of={count} what="moved" /> : null}
        {fault ? <Fault fault={fault} /> : null}
        <div className="r-row">
          <Action kind="primary" submit because={because}>
            {`Move ${runsText(count)}`}
          </Action>
          {running ? <Action onClick={stop}>Stop</Action> : null}
        </div>
      </form>
    </Modal>
  );
}
