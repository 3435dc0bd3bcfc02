import { Modal, Progress } from '@mantine/core';
import { Action } from '../../../ui/action.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { runsText } from './run-words.ts';

/** How far a work on many runs is. */
export function PiecesProgress({ done, of, what }: { done: number; of: number; what: string }) {
  return (
    <div className="r-stack">
      <p role="status">{`${formatNumber(done, 'count')} of ${runsText(Math.max(of, done))} ${what}.`}</p>
      <Progress value={(100 * done) / Math.max(of, done, 1)} size="xs" aria-label={`Runs ${what}`} />
    </div>
  );
}

/** The same in a dialog of its own. Closing it stops the work: what is done stays done. */
export function PiecesDialog(props: {
  title: string;
  done: number;
  of: number;
  what: string;
  onStop: () => void;
}) {
  return (
    <Modal opened onClose={props.onStop} title={props.title}>
      <div className="r-stack">
        <PiecesProgress {...props} />
        <div className="r-row">
          <Action onClick={props.onStop}>Stop</Action>
        </div>
      </div>
    </Modal>
  );
}
