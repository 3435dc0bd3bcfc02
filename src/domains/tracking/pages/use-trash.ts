import { useState } from 'react';
import { useAskAnew, useCall } from '../../../ui/data.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { runTableContract } from '../contract/run-table.ts';
import { runsText } from './run-words.ts';
import { usePieces } from './use-pieces.ts';
import type { WhichRuns } from './use-runs.ts';

type Action = 'delete' | 'restore';

/**
 * Moves runs to the trash or out of it: those named, or all that match, piece by piece until nothing is left or somebody stops it.
 * What went to the trash until then is undone from its toast.
 */
export function useTrash({ project, experiments, filter }: WhichRuns) {
  const call = useCall();
  const askAnew = useAskAnew();
  const pieces = usePieces();
  const [doing, setDoing] = useState<{ action: Action; of: number }>();

  async function work(action: Action, of: number, which: readonly object[]): Promise<void> {
    const times: number[] = [];
    let next = 0;
    setDoing({ action, of });
    const end = await pieces.run(async () => {
      const answer = await call(runTableContract.trashRuns, {
        params: { project },
        body: { experiment_ids: [...experiments], action, ...which[next] },
      });
      times.push(answer.deleted_at);
      if (!answer.more) next++;
      return { count: answer.changed, more: next < which.length };
    });
    setDoing(undefined);
    const done = runsText(end.count);
    const told = end.stopped ? ' until it was stopped.' : '.';
    if (end.count === 0 && end.fault) toast(end.fault.message);
    else if (action === 'restore') toast(`${done} taken out of the trash${told}`);
    else toast(`${done} moved to trash${told}`, () => void undo(times, end.count));
    if (end.count > 0 && end.fault) toast(end.fault.message);
    // Not awaited: who asked lets go of the choice at once, not of what was chosen while the rows came anew.
    void askAnew();
  }

  const undo = (times: readonly number[], of: number) =>
    work(
      'restore',
      of,
      [...new Set(times)].map((deleted_at) => ({ deleted_at })),
    );

  return {
    async move(action: Action, ids: readonly string[] | 'all', count: number): Promise<void> {
      await work(action, count, [ids === 'all' ? { filter } : { run_ids: [...ids] }]);
    },
    /** Set while it goes on. */
    doing: doing && pieces.done !== undefined ? { ...doing, done: pieces.done } : undefined,
    stop: pieces.stop,
  };
}
