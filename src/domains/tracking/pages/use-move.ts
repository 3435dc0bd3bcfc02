import { useRef, useState } from 'react';
import { type Fault, toAppError } from '../../../lib/errors.ts';
import { useAskAnew, useCall } from '../../../ui/data.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { trashContract } from '../contract/trash.ts';
import { runsText } from './run-words.ts';
import type { WhichRuns } from './use-runs.ts';

/** Runs moved back in one request. */
const PIECE = 1000;

/**
 * Puts runs into another experiment: those named, or all that match, piece by piece until nothing is left or somebody stops it.
 * What was moved until then is undone from its toast.
 */
export function useMove({ project, experiments, filter }: WhichRuns, runs: readonly string[] | 'all') {
  const call = useCall();
  const askAnew = useAskAnew();
  const [moved, setMoved] = useState<number>();
  const [fault, setFault] = useState<Fault>();
  const stopped = useRef(false);

  async function move(to: { id: string; name: string }): Promise<'done' | 'failed'> {
    const which = runs === 'all' ? { experiment_ids: [...experiments], filter } : { run_ids: [...runs] };
    const from: { experiment_id: string; run_ids: string[] }[] = [];
    const count = () => from.reduce((sum, { run_ids }) => sum + run_ids.length, 0);
    stopped.current = false;
    setFault(undefined);
    setMoved(0);
    let failed: Fault | undefined;
    try {
      for (let more = true; more && !stopped.current; ) {
        const piece = await call(trashContract.moveRuns, {
          params: { project },
          body: { ...which, experiment_id: to.id },
        });
        from.push(...piece.from);
        setMoved(count());
        more = piece.more;
      }
    } catch (error) {
      failed = toAppError(error).toFault();
    }
    setMoved(undefined);
    setFault(failed);
    if (count() > 0) toast(`${runsText(count())} moved to ${to.name}.`, () => void back(from));
    else if (!failed) toast(`Nothing moved: all of it is in ${to.name} already.`);
    return failed ? 'failed' : 'done';
  }

  async function back(from: readonly { experiment_id: string; run_ids: string[] }[]): Promise<void> {
    try {
      for (const { experiment_id, run_ids } of from)
        for (let start = 0; start < run_ids.length; start += PIECE)
          await call(trashContract.moveRuns, {
            params: { project },
            body: { experiment_id, run_ids: run_ids.slice(start, start + PIECE) },
          });
      await askAnew();
    } catch (error) {
      toast(toAppError(error).message);
    }
  }

  return {
    move,
    /** How many were moved so far, while it goes on. */
    moved,
    stop: () => void (stopped.current = true),
    fault,
  };
}
