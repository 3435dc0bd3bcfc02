import { toAppError } from '../../../lib/errors.ts';
import { useAskAnew, useCall } from '../../../ui/data.tsx';
import { toast } from '../../../ui/toasts.tsx';
import { runTableContract } from '../contract/run-table.ts';
import { runsText } from './run-words.ts';
import type { WhichRuns } from './use-runs.ts';

/** Moves runs to the trash or out of it: those named, or all that match. Moving to the trash is undone from its toast. */
export function useTrash(question: WhichRuns | undefined) {
  const call = useCall();
  const askAnew = useAskAnew();
  return async (action: 'delete' | 'restore', ids: readonly string[] | 'all'): Promise<void> => {
    if (!question) return;
    const { project, experiments, filter } = question;
    const ask = (body: object) =>
      call(runTableContract.trashRuns, {
        params: { project },
        body: { experiment_ids: [...experiments], action, ...body },
      });
    try {
      const answer = await ask(ids === 'all' ? { filter } : { run_ids: [...ids] });
      const undo = () =>
        void ask({ action: 'restore', deleted_at: answer.deleted_at })
          .then(askAnew)
          .catch((error: unknown) => toast(toAppError(error).message));
      if (action === 'delete') toast(`${runsText(answer.changed)} moved to trash.`, undo);
      else toast(`${runsText(answer.changed)} taken out of the trash.`);
      await askAnew();
    } catch (error) {
      toast(toAppError(error).message);
    }
  };
}
