import { PiecesDialog } from './pieces-progress.tsx';
import type { useTrash } from './use-trash.ts';

/** What one request does is done before it could be told. */
const TOLD = 1000;

/** How far runs are on their way to the trash or out of it, where there are many. */
export function TrashProgress({ trash: { doing, stop } }: { trash: ReturnType<typeof useTrash> }) {
  if (!doing || doing.of <= TOLD) return null;
  const [title, what] =
    doing.action === 'delete'
      ? ['Move to trash', 'moved to trash']
      : ['Take out of the trash', 'taken out of the trash'];
  return <PiecesDialog title={title} what={what} done={doing.done} of={doing.of} onStop={stop} />;
}
