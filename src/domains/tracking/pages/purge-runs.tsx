import { Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { formatBytes } from '../../../lib/format.ts';
import { formatNumber } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { PiecesProgress } from './pieces-progress.tsx';
import { runsText } from './run-words.ts';
import { type Doomed, usePurge } from './use-purge.ts';
import type { WhichRuns } from './use-runs.ts';

/**
 * Deleting for good cannot be undone: the dialog shows what goes and what came of it, and asks for a word when something did.
 * Closing it stops what goes on; what is not deleted by then stays in the trash.
 */
export function PurgeRuns({
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
  const { found, looked, fault, purge, done, stop } = usePurge(question, runs);
  const [word, setWord] = useState('');
  const asks = (found?.dependents.length ?? 0) > 0;
  const running = done !== undefined;
  const because = !found
    ? 'What goes is being looked up.'
    : running
      ? 'They are being deleted.'
      : asks && word !== WORD
        ? `Type ${WORD} first.`
        : undefined;
  const start = async () => {
    const end = await purge();
    const gone = end.count === 1 ? 'One run was' : `${formatNumber(end.count, 'count')} runs were`;
    if (end.count > 0 || !end.fault)
      toast(`${gone} deleted for good${end.stopped ? '; the others stay in the trash' : ''}.`);
    if (!end.fault) onDone();
  };
  const close = () => (running ? stop() : onClose());
  return (
    <Modal opened onClose={close} title="Delete for good">
      <div className="r-stack">
        <Panel
          state={
            found || fault
              ? { kind: 'ready' }
              : {
                  kind: 'loading',
                  rows: 3,
                  awaiting: `Looked at ${formatNumber(looked, 'count')} of ${runsText(count)}.`,
                }
          }
        >
          {found ? <What found={found} /> : null}
        </Panel>
        {asks && !running ? (
          <TextInput
            label={`Type ${WORD} to delete them all the same`}
            value={word}
            onChange={(event) => setWord(event.currentTarget.value)}
          />
        ) : null}
        {running ? <PiecesProgress done={done} of={found?.runs ?? count} what="deleted" /> : null}
        {fault ? <Fault fault={fault} /> : null}
        <div className="r-row">
          <Action kind="harmful" because={because} onClick={() => void start()}>
            {found ? `Delete ${countOf(found.runs)}` : 'Delete'}
          </Action>
          <Action onClick={close}>{running ? 'Stop' : 'Keep in the trash'}</Action>
        </div>
      </div>
    </Modal>
  );
}

const WORD = 'delete';
const counted = (count: number, noun: string) =>
  `${formatNumber(count, 'count')} ${noun}${count === 1 ? '' : 's'}`;
const countOf = (runs: number) => (runs === 1 ? 'one run' : `${formatNumber(runs, 'count')} runs`);

function What({ found }: { found: Doomed }) {
  const { runs, points, files, bytes, freed_bytes: freed, dependents, more, parts } = found;
  return (
    <div className="r-stack">
      <p>
        {`${runs === 1 ? 'One run' : countOf(runs)} with ${counted(points, 'point')} and ${counted(files, 'file')} of ${formatBytes(bytes)}; ${parts > 1 ? 'at least ' : ''}${formatBytes(freed)} of that is nowhere else. This cannot be undone.`}
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
