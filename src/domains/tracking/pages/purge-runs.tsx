import { Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { panelState, useAct, useEndpoint } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { formatBytes } from '../../../lib/format.ts';
import { formatNumber } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { trashContract } from '../contract/trash.ts';
import type { PurgePreview } from '../schema.ts';

/** Deleting for good cannot be undone: the dialog shows what goes and what came of it, and asks for a word when something did. */
export function PurgeRuns({
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
  const which = { run_ids: [...runs], experiment_ids: [] };
  const answer = useEndpoint(trashContract.previewPurge, { params: { project }, body: which });
  const [word, setWord] = useState('');
  const purge = useAct(trashContract.purge, ({ runs: gone }) => {
    onDone();
    return gone === 1
      ? 'One run was deleted for good.'
      : `${formatNumber(gone, 'count')} runs were deleted for good.`;
  });
  const preview = answer.data;
  const asks = (preview?.dependents.length ?? 0) > 0;
  const because = !preview
    ? 'What goes is being looked up.'
    : purge.running
      ? 'They are being deleted.'
      : asks && word !== WORD
        ? `Type ${WORD} first.`
        : undefined;
  return (
    <Modal opened onClose={onClose} title="Delete for good">
      <div className="r-stack">
        <Panel state={panelState(answer, { rows: 3 })}>{preview ? <What preview={preview} /> : null}</Panel>
        {asks ? (
          <TextInput
            label={`Type ${WORD} to delete them all the same`}
            value={word}
            onChange={(event) => setWord(event.currentTarget.value)}
          />
        ) : null}
        {purge.fault ? <Fault fault={purge.fault} /> : null}
        <div className="r-row">
          <Action
            kind="harmful"
            because={because}
            onClick={() =>
              purge.run({ params: { project }, body: { ...which, digest: preview?.digest ?? '' } })
            }
          >
            {preview ? `Delete ${countOf(preview.runs)}` : 'Delete'}
          </Action>
          <Action onClick={onClose}>Keep in the trash</Action>
        </div>
      </div>
    </Modal>
  );
}

const WORD = 'delete';
const counted = (count: number, noun: string) =>
  `${formatNumber(count, 'count')} ${noun}${count === 1 ? '' : 's'}`;
const countOf = (runs: number) => (runs === 1 ? 'one run' : `${formatNumber(runs, 'count')} runs`);

function What({ preview }: { preview: PurgePreview }) {
  const { runs, points, files, bytes, freed_bytes: freed, dependents, more } = preview;
  return (
    <div className="r-stack">
      <p>
        {`${runs === 1 ? 'One run' : countOf(runs)} with ${counted(points, 'point')} and ${counted(files, 'file')} of ${formatBytes(bytes)}; ${formatBytes(freed)} of that is nowhere else. This cannot be undone.`}
      </p>
      {dependents.length > 0 ? (
        <>
          <p>These came of it. They stay, but where they came from will no longer be found:</p>
          <ul className="r-list">
            {dependents.map(({ urn, title, href }) => (
              <li key={urn}>{href ? <a href={href}>{title}</a> : title}</li>
            ))}
            {more ? <li>… and more</li> : null}
          </ul>
        </>
      ) : null}
    </div>
  );
}
