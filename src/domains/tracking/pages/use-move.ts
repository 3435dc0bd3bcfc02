import { useState } from 'react';
import { type Fault, toAppError } from '../../../lib/errors.ts';
import { useAskAnew, useCall } from '../../../ui/data.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { trashContract } from '../contract/trash.ts';
import { runsText } from './run-words.ts';
import { usePieces } from './use-pieces.ts';
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
  const pieces = usePieces();
  const [fault, setFault] = useState<Fault>();

  async function move(to: { id: string; name: string }): Promise<'done' | 'failed'> {
    const which = runs === 'all' ? { experiment_ids: [...experiments], filter } : { run_ids: [...runs] };
    const from: { experiment_id: string; run_ids: string[] }[] = [];
    setFault(undefined);
    const end = await pieces.run(async () => {
      const piece = await call(trashContract.moveRuns, {
        params: { project },
        body: { ...which, experiment_id: to.id },
      });
      from.push(...piece.from);
      return { count: piece.moved, more: piece.more };
    });
    setFault(end.fault);
    if (end.count > 0) toast(`${runsText(end.count)} moved to ${to.name}.`, () => void back(from));
    else if (!end.fault && !end.stopped) toast(`Nothing moved: all of it is in ${to.name} already.`);
    return end.fault ? 'failed' : 'done';
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

  return { move, moved: pieces.done, stop: pieces.stop, fault };
}
