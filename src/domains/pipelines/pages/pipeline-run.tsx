import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier, useEndpoint, panelState } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Gantt } from '../../../ui/gantt.tsx';
import { GraphView } from '../../../ui/graph-view.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { pipelinesContract } from '../contract.ts';
import { upstreamOf } from '../schema/check.ts';
import type { RunDetail } from '../schema/runs.ts';
import { RUN_WORDS, stepWord } from './pipeline-words.ts';
import { RunFacts } from './run-facts.tsx';
import { StepPanel } from './step-panel.tsx';
import { StepStates } from './step-states.tsx';
import { chosenStep, stateCounts, stepName } from './step-words.ts';

/** One run: graph, times and the log of the chosen step; a failed run opens on the step that failed. */
export function PipelineRun() {
  const { project, params, search, setSearch, hrefWith } = usePlace();
  const answer = useEndpoint(pipelinesContract.getPipelineRun, {
    params: { project, run: params.run ?? '' },
  });
  const data = answer.data;
  const chosen = data ? chosenStep(data.steps, search.step) : undefined;
  const state = search.state;
  const shown = (data?.steps ?? []).filter((step) => !state || stepWord(step.state) === state);
  const choose = (id: string) => setSearch({ step: id }, { replace: true });
  return (
    <PageFrame
      title={data ? `${data.pipeline} #${data.number}` : 'Pipeline run'}
      mark={data ? <Status word={RUN_WORDS[data.state]} chip /> : undefined}
      lead={data?.lead.parts}
      actions={data ? <Actions project={project} run={data} from={chosen?.node} /> : undefined}
      wide
    >
      <Panel
        title="Steps"
        note={data ? `version ${data.version} of the code` : undefined}
        actions={
          data ? (
            <StepStates
              counts={stateCounts(data.steps)}
              chosen={state}
              onChoose={(word) => setSearch({ state: word }, { replace: true })}
            />
          ) : undefined
        }
        state={panelState(answer, { rows: 6 })}
      >
        {data ? (
          <GraphView
            label={`Steps of ${data.pipeline}`}
            nodes={nodesOf(data, new Set(shown.map((step) => step.node)))}
            edges={edgesOf(data)}
            selected={chosen?.node}
            onSelect={choose}
            height={260}
          />
        ) : null}
      </Panel>
      {data ? (
        <Panel title="Where the time went">
          <Gantt
            label={`Steps of run ${data.number}`}
            selected={chosen?.id}
            onSelect={(id) => {
              const step = data.steps.find((each) => each.id === id);
              if (step) choose(stepName(step));
            }}
            rows={shown.map((step) => ({
              id: step.id,
              name: stepName(step),
              word: stepWord(step.state),
              critical: step.critical,
              source: { rows: { label: 'the step', href: hrefWith({ step: stepName(step) }) } },
              spans:
                step.started_at === null
                  ? []
                  : [
                      {
                        start: step.started_at,
                        end: step.ended_at,
                        word: stepWord(step.state),
                        queuedAt: step.ready_at ?? undefined,
                      },
                    ],
            }))}
          />
        </Panel>
      ) : null}
      {data && chosen ? <StepPanel key={chosen.id} project={project} step={chosen} /> : null}
      {data ? <RunFacts project={project} run={data} /> : null}
    </PageFrame>
  );
}

function nodesOf(run: RunDetail, shown: ReadonlySet<string>) {
  return run.graph.nodes.map((node) => {
    const steps = run.steps.filter((step) => step.node === node.id);
    const worst =
      steps.find((step) => step.state === 'failed') ??
      steps.find((step) => step.state === 'running') ??
      steps[0];
    const took = steps.reduce(
      (sum, step) =>
        sum + (step.started_at !== null && step.ended_at !== null ? step.ended_at - step.started_at : 0),
      0,
    );
    const time = took > 0 ? formatNumber(took / 1000, 'seconds') : (worst?.why ?? '');
    return {
      id: node.id,
      name: steps.length > 1 ? `${node.id} x${steps.length}` : node.id,
      fact: time,
      word: worst ? stepWord(worst.state) : undefined,
      faint: !shown.has(node.id),
    };
  });
}

const edgesOf = (run: RunDetail) =>
  run.graph.nodes.flatMap((node) => upstreamOf(node).map((from) => ({ from, to: node.id })));

function Actions({ project, run, from }: { project: string; run: RunDetail; from: string | undefined }) {
  const { go } = usePlace();
  const barrier = useBarrier('operate');
  const cancel = useAct(
    pipelinesContract.cancelPipelineRun,
    () => 'The run is being ended with all its processes.',
  );
  const resume = useAct(pipelinesContract.resumePipelineRun, (next) => {
    go(pageOf(project, 'pipelines', next.pipeline, 'runs', next.id));
    return `${next.pipeline} #${next.number} goes on from what #${run.number} finished.`;
  });
  const fault = cancel.fault ?? resume.fault;
  return (
    <>
      {run.state === 'running' ? (
        <Action
          kind="harmful"
          because={barrier}
          onClick={() => cancel.run({ params: { project, run: run.id } })}
        >
          {`Cancel #${run.number}`}
        </Action>
      ) : run.state === 'done' ? null : (
        <Action
          kind="primary"
          because={barrier}
          onClick={() => resume.run({ params: { project, run: run.id }, body: {} })}
        >
          Resume
        </Action>
      )}
      {run.state === 'running' || from === undefined ? null : (
        <Action
          because={barrier}
          onClick={() => resume.run({ params: { project, run: run.id }, body: { from: [from] } })}
        >
          {`Rerun from ${from}`}
        </Action>
      )}
      {fault ? <Fault fault={fault} /> : null}
    </>
  );
}
