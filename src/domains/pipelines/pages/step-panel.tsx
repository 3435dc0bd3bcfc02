import { Columns } from '../../../ui/columns.tsx';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { LogView } from '../../../ui/log-view.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { pipelinesContract } from '../contract.ts';
import type { StepRunItem } from '../schema/runs.ts';
import { logLines, stepWord } from './pipeline-words.ts';

const FOLLOW_MS = 1000;

/** The chosen step: why it is so, what went in and out, and its log. */
export function StepPanel({ project, step }: { project: string; step: StepRunItem }) {
  const detail = useEndpoint(pipelinesContract.getStepRun, { params: { project, step_run: step.id } });
  const live = step.state === 'running';
  const log = useEndpoint(
    pipelinesContract.readStepLog,
    step.attempt > 0 ? { params: { project, step_run: step.id } } : undefined,
    live ? { every: FOLLOW_MS } : {},
  );
  const data = detail.data;
  const lines = logLines(log.data?.chunks ?? []);
  return (
    <>
      <Panel
        title={step.node}
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
                step.reused_from ? (
                  <a
                    href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(`rondo:step-run:${step.reused_from}`)}`}
                  >
                    an earlier step run
                  </a>
                ) : undefined,
              ],
              ['Began', step.started_at === null ? undefined : <When at={step.started_at} clock="wall" />],
              ['Launcher', data?.launcher],
            ]}
          />
          <div className="r-stack">
            <Values title="Inputs" values={data?.inputs ?? null} />
            <Values title="Outputs" values={data?.outputs ?? null} />
          </div>
        </Columns>
      </Panel>
      {step.attempt > 0 ? (
        <Panel
          title="Log"
          note="wall clock"
          state={
            log.data && lines.length === 0 && !live
              ? { kind: 'waiting', sentence: 'The step printed nothing.' }
              : panelState(log, { rows: 6 })
          }
        >
          <LogView
            label={`Log of ${step.node}`}
            lines={lines}
            live={live}
            height={Math.min(360, Math.max(96, 18 * lines.length + 20))}
          />
        </Panel>
      ) : null}
    </>
  );
}

function Values({ title, values }: { title: string; values: Readonly<Record<string, unknown>> | null }) {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return null;
  return (
    <section>
      <h3 className="r-h3">{title}</h3>
      <Facts
        rows={entries.map(([key, value]) => [key, <code className="r-code">{short(value)}</code>] as const)}
      />
    </section>
  );
}

const LONGEST = 240;
function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}\u2026` : text;
}
