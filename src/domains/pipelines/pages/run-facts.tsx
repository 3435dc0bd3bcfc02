import { Columns } from '../../../ui/columns.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import type { RunDetail } from '../schema/runs.ts';
import { StepValues } from './step-values.tsx';

/** What the run ran: its code, its parameters, what started it. */
export function RunFacts({ project, run }: { project: string; run: RunDetail }) {
  const { code } = run;
  return (
    <Panel title="What ran" note={`version ${run.version} of ${run.pipeline}`}>
      <Columns>
        <Facts
          rows={[
            ['Started', <When at={run.created_at} clock="wall" />],
            ['By', run.reason.by],
            [
              'Because of',
              run.reason.cause ? (
                <a href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(run.reason.cause)}`}>
                  {run.reason.text}
                </a>
              ) : (
                run.reason.text
              ),
            ],
            [
              'Goes on from',
              run.origin ? (
                <Id
                  value={run.origin}
                  href={pageOf(project, 'pipelines', run.pipeline, 'runs', run.origin)}
                />
              ) : undefined,
            ],
            ['Cache', run.cache],
          ]}
        />
        <div className="r-stack">
          <Facts
            rows={[
              [
                'Commit',
                code.commit ? (
                  <>
                    <Id value={code.commit} /> {code.branch ? `on ${code.branch}` : ''}
                    {code.dirty_diff ? ', with changes that were not committed' : ''}
                  </>
                ) : (
                  'not in a repository'
                ),
              ],
              ['Bundle', <Id value={code.bundle} length={12} />],
              [
                'Lock',
                code.lock ? (
                  <>
                    <Id value={code.lock} length={12} /> {code.lock_file}
                  </>
                ) : undefined,
              ],
              ['Runtime', `${code.runtime} ${code.runtime_version}`],
            ]}
          />
          <StepValues title="Parameters" values={run.params} project={project} />
        </div>
      </Columns>
    </Panel>
  );
}
