import { Menu } from '@mantine/core';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { useAskAnew, useBarrier } from '../../../ui/data.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import type { Run } from '../schema.ts';
import { MoveRuns } from './move-runs.tsx';
import { RenameRun } from './run-tools.tsx';
import { useTrash } from './use-trash.ts';

/** What can be done with the run of a page besides looking at it. */
export function RunActions({ run }: { run: Run }) {
  const { project, go } = usePlace();
  const { run_id: id, experiment_id: experiment, lifecycle_stage: stage } = run.info;
  const question = { project, experiments: [experiment], filter: '' };
  const trash = useTrash(question);
  const askAnew = useAskAnew();
  const barrier = useBarrier('track');
  const [open, setOpen] = useState<'rename' | 'move'>();
  const close = () => setOpen(undefined);
  const done = () => {
    close();
    void askAnew();
  };
  const item = (label: string, run: () => void, harmful?: boolean) => (
    <Menu.Item
      disabled={barrier !== undefined}
      title={barrier}
      onClick={run}
      color={harmful ? 'var(--r-fail)' : undefined}
    >
      {label}
    </Menu.Item>
  );
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <button type="button" className="r-action" aria-label="More actions">
            <Ellipsis className="r-icon" />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {stage === 'deleted' ? (
            item('Take out of the trash', () => void trash.move('restore', [id], 1))
          ) : (
            <>
              <Menu.Item
                onClick={() => go(`${pageOf(project, 'experiments')}?experiment=${experiment}&sel=${id}`)}
              >
                Compare with others
              </Menu.Item>
              {item('Rename', () => setOpen('rename'))}
              {item('Move to an experiment', () => setOpen('move'))}
              {item('Move to trash', () => void trash.move('delete', [id], 1), true)}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {open === 'rename' ? <RenameRun run={run} onClose={done} /> : null}
      {open === 'move' ? (
        <MoveRuns question={question} runs={[id]} count={1} onClose={close} onDone={done} />
      ) : null}
    </>
  );
}
