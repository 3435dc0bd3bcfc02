import { Modal } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { CodeBlock } from '../../../ui/code-block.tsx';
import { useEndpoint } from '../../../ui/data.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { reproductionsContract } from '../contract/reproductions.ts';
import type { Run } from '../schema.ts';
import { CAPTURE_TAGS } from '../schema/capture.ts';
import type { Reproduction } from '../schema/reproductions.ts';
import { VERDICT_WORDS, whyNot } from './reproduced-words.ts';

export function useReproductions(run: Run | undefined) {
  const { project } = usePlace();
  return useEndpoint(
    reproductionsContract.listReproductions,
    run && { params: { project, run: run.info.run_id } },
  );
}

/** The command that runs it again, or how to record what that takes. */
export function ReproduceAction({ run }: { run: Run }) {
  const { project } = usePlace();
  const [open, setOpen] = useState(false);
  const { run_id, run_name } = run.info;
  const has = (key: string) => (run.data.tags ?? []).some((tag) => tag.key === key);
  const within = project === 'default' ? '' : ` --project ${project}`;
  return (
    <>
      <Action onClick={() => setOpen(true)}>Reproduce</Action>
      <Modal opened={open} onClose={() => setOpen(false)} title={`Reproduce ${run_name}`} size="lg">
        <div className="r-stack">
          {has('rondo.step_run') ? (
            <p>A step of a pipeline made this run. Run the pipeline again with that step refreshed.</p>
          ) : has(CAPTURE_TAGS.machine) ? (
            <>
              <p>
                In a clone of its code, or anywhere from where its remote can be reached. The command runs
                with its commit, its changes and its params in a folder of its own, as a new run, and the
                metrics of both are compared.
              </p>
              <CodeBlock
                label="Reproduce the run"
                forms={[
                  { label: 'What is installed', text: `rondo runs reproduce ${run_id}${within}` },
                  { label: 'Its lock', text: `rondo runs reproduce ${run_id}${within} --env locked` },
                ]}
              />
            </>
          ) : (
            <>
              <p>Nothing recorded what it takes to run this again. The next one is recorded by</p>
              <CodeBlock
                label="Record a run"
                forms={[{ label: 'Shell', text: `rondo runs exec${within} -- python train.py` }]}
              />
            </>
          )}
        </div>
      </Modal>
    </>
  );
}

/** Runs that made it again, newest first; nothing when there are none. */
export function RunReproductions({ run }: { run: Run }) {
  const { project } = usePlace();
  const answer = useReproductions(run).data;
  if (!answer || answer.reproductions.length === 0) return null;
  return (
    <Panel title="Made again">
      <ul className="r-list">
        {answer.reproductions.map((each) => (
          <li key={each.run_id} className="r-row">
            <Status word={VERDICT_WORDS[each.verdict]} />
            <a href={pageOf(project, 'runs', each.run_id)}>{each.run_name}</a>
            <span className="r-small">
              {sentenceOf(each)} <When at={each.start_time} clock="wall" />
            </span>
          </li>
        ))}
      </ul>
      {answer.more ? <p className="r-small">There are older ones.</p> : null}
    </Panel>
  );
}

function sentenceOf(each: Reproduction): string {
  if (each.verdict === 'running') return 'is running since';
  if (each.verdict === 'failed') return 'did not end well,';
  const terms = `at a tolerance of ${each.tolerance}`;
  return each.verdict === 'reproduced'
    ? `${each.compared === 1 ? 'one metric' : `${each.compared} metrics`} the same ${terms},`
    : `${whyNot(each)} ${terms},`;
}
