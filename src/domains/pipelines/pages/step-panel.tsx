import { useMemo } from 'react';
import { Columns } from '../../../ui/columns.tsx';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { useFollow } from '../../../ui/follow.tsx';
import { Id } from '../../../ui/id.tsx';
import { LogView } from '../../../ui/log-view.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { pipelinesContract } from '../contract.ts';
import type { LogPage, StepRunItem } from '../schema/runs.ts';
import { logLines, stepWord } from './pipeline-words.ts';
import { StepValues } from './step-values.tsx';
import { resourcesText, stepName } from './step-words.ts';

/** The chosen step: why it is so, what went in and out, and its log. */
export function StepPanel({ project, step }: { project: string; step: StepRunItem }) {
  const detail = useEndpoint(pipelinesContract.getStepRun, { params: { project, step_run: step.id } });
  const live = step.state === 'running';
  const log = useFollow<typeof pipelinesContract.followStepLog, LogPage>(pipelinesContract.followStepLog, {
    key: step.attempt > 0 ? `${step.id} ${step.attempt}` : undefined,
    argsFrom: (from) => ({ params: { project, step_run: step.id }, query: { attempt: step.attempt, from } }),
    nextOf: (page) => page.next,
    isLast: (page) => page.complete,
  });
  const data = detail.data;
  const lines = useMemo(() => logLines(log.pages.flatMap((page) => page.chunks)), [log.pages]);
  return (
    <>
      <Panel
        title={stepName(step)}
        note={step.attempt > 0 ? `attempt ${step.attempt} of ${step.max_attempts}` : undefined}
        state={panelState(detail, { rows: 4 })}
      >
        <Columns>
          <Facts
            rows={[
              ['State', <Status word={stepWord(step.state)} />],
              ['Why', step.why],
              ['Error', step.error],
              [
                'Reused from',
                step.reused_from ? <Origin project={project} id={step.reused_from} /> : undefined,
              ],
              [
                'Attempts',
                data && data.attempts.length > 1
                  ? data.attempts.map((each) => `${each.attempt} ${each.state}`).join(', ')
                  : undefined,
              ],
              ['Not before', step.retry_at === null ? undefined : <When at={step.retry_at} clock="wall" />],
              ['Began', step.started_at === null ? undefined : <When at={step.started_at} clock="wall" />],
              ['Launcher', data?.launcher],
              ['Asked for', data ? resourcesText(data.resources) : undefined],
              ['Cache key', data?.cache_key ? <Id value={data.cache_key} length={12} /> : undefined],
            ]}
          />
          <div className="r-stack">
            <StepValues title="Inputs" values={data?.inputs ?? null} project={project} />
            <StepValues title="Parameters" values={data?.params ?? null} project={project} />
            <StepValues
              title="Outputs"
              values={data?.outputs ?? null}
              project={project}
              filesOf={step.reused_from ?? step.id}
            />
          </div>
        </Columns>
      </Panel>
      {step.attempt > 0 ? (
        <Panel
          title="Log"
          note={live ? 'wall clock, live' : 'wall clock'}
          state={
            log.fault && lines.length === 0
              ? { kind: 'error', fault: log.fault }
              : lines.length > 0
                ? { kind: 'ready' }
                : log.ended
                  ? { kind: 'waiting', sentence: 'The step printed nothing.' }
                  : live
                    ? { kind: 'waiting', sentence: 'The step has printed nothing yet.' }
                    : { kind: 'loading', rows: 6 }
          }
        >
          <LogView
            label={`Log of ${stepName(step)}`}
            lines={lines}
            live={live}
            height={Math.min(360, Math.max(96, 18 * lines.length + 20))}
          />
        </Panel>
      ) : null}
    </>
  );
}

/** The run whose step made the outputs, opened at that step. */
function Origin({ project, id }: { project: string; id: string }) {
  const origin = useEndpoint(pipelinesContract.getStepRun, { params: { project, step_run: id } }).data;
  if (!origin) return <Id value={id} />;
  const page = pageOf(project, 'pipelines', origin.pipeline, 'runs', origin.run);
  return (
    <a href={`${page}?step=${encodeURIComponent(stepName(origin))}`}>
      {origin.pipeline} #{origin.run_number}
    </a>
  );
}
