import { counted, lead } from '../../../lib/lead.ts';
import { commandFor } from '../../../ui/command.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { STATUS } from '../../../ui/status-words.ts';
import { useNow } from '../../../ui/surroundings.tsx';
import { When } from '../../../ui/when.tsx';
import { pipelinesContract } from '../contract.ts';
import type { PipelineItem, RunItem } from '../schema/runs.ts';
import { countsText, RUN_WORDS } from './pipeline-words.ts';
import { StepCounts } from './step-counts.tsx';
import { StartRun } from './start-run.tsx';

const PIPELINES: readonly DataColumn<PipelineItem>[] = [
  { id: 'name', head: 'pipeline', value: (each) => each.name, width: 200, grow: true, narrow: 'name' },
  {
    id: 'last',
    head: 'last run',
    value: (each) => each.recent[0]?.state ?? null,
    cell: (each) => (each.recent[0] ? <Status word={RUN_WORDS[each.recent[0].state]} still /> : null),
    width: 110,
    narrow: 'end',
  },
  {
    id: 'recent',
    head: 'newest runs, oldest at the left',
    value: () => null,
    cell: (each) => <Recent item={each} />,
    width: 240,
    grow: true,
    sortable: false,
  },
  {
    id: 'version',
    head: 'version',
    value: (each) => each.version,
    style: 'count',
    proof: 'How often this pipeline was applied with another graph or other code.',
    width: 90,
  },
  {
    id: 'triggers',
    head: 'triggers',
    value: (each) => each.triggers,
    style: 'count',
    proof: 'Triggers written in the pipeline file; each is a rule.',
    width: 90,
  },
  { id: 'by', head: 'applied by', value: (each) => each.applied_by, width: 130 },
  {
    id: 'at',
    head: 'applied',
    value: (each) => each.applied_at,
    cell: (each) => <When at={each.applied_at} clock="wall" />,
    width: 110,
  },
];

const runColumns = (project: string): readonly DataColumn<RunItem>[] => [
  {
    id: 'run',
    head: 'run',
    value: (each) => `${each.pipeline} #${each.number}`,
    width: 180,
    grow: true,
    narrow: 'name',
  },
  {
    id: 'state',
    head: 'state',
    value: (each) => each.state,
    cell: (each) => <Status word={RUN_WORDS[each.state]} still />,
    width: 110,
    narrow: 'end',
  },
  {
    id: 'steps',
    head: 'steps',
    value: (each) => countsText(each.counts),
    cell: (each) => <StepCounts project={project} run={each} />,
    width: 200,
    grow: true,
  },
  {
    id: 'why',
    head: 'why',
    value: (each) => `${each.reason.by}: ${each.reason.text}`,
    width: 280,
    grow: true,
  },
  {
    id: 'took',
    head: 'took',
    value: (each) => (each.ended_at === null ? null : (each.ended_at - each.created_at) / 1000),
    style: 'seconds',
    proof: 'From the start of the run to the end of its last step.',
    width: 100,
  },
  {
    id: 'at',
    head: 'started',
    value: (each) => each.created_at,
    cell: (each) => <When at={each.created_at} clock="wall" />,
    width: 110,
  },
];

/** Pipelines with their newest runs, and every run. */
export function Pipelines() {
  const { project, params } = usePlace();
  const only = params.pipeline;
  const answer = useEndpoint(pipelinesContract.listPipelines, { params: { project } });
  const runs = useEndpoint(pipelinesContract.listPipelineRuns, {
    params: { project },
    query: { limit: 200, ...(only ? { pipeline: only } : {}) },
  });
  const pipelines = (answer.data?.pipelines ?? []).filter((each) => !only || each.name === only);
  const all = runs.data?.runs ?? [];
  const running = all.filter((run) => run.state === 'running').length;
  const failed = pipelines.filter((each) => each.recent[0]?.state === 'failed');
  return (
    <PageFrame
      title={only ?? 'Pipelines'}
      wide
      lead={
        pipelines.length > 0
          ? lead(
              ...(running === 0
                ? ['Nothing runs now.']
                : [
                    counted(running, {
                      definition: 'Runs of these pipelines whose state is running.',
                      rows: { label: 'the runs', href: pageOf(project, 'pipelines') },
                    }),
                    running === 1 ? ' run goes on.' : ' runs go on.',
                  ]),
              failed.length === 0
                ? ' The last run of no pipeline failed.'
                : ` The last run of ${failed.map((each) => each.name).join(', ')} failed.`,
            ).parts
          : undefined
      }
      actions={
        pipelines[0] ? (
          <StartRun project={project} pipelines={pipelines.map((each) => each.name)} />
        ) : undefined
      }
    >
      <Panel
        state={panelState(answer, {
          rows: 3,
          empty: (data) =>
            data.pipelines.length === 0 ? (
              <Empty command={commandFor(project, 'pipelines apply pipeline.ts')}>
                A pipeline is code whose steps remember: what has not changed is reused, what failed says why.
                None is applied here yet.
              </Empty>
            ) : undefined,
        })}
      >
        <DataTable
          label="Pipelines"
          rows={pipelines}
          columns={PIPELINES}
          rowId={(each) => each.name}
          href={(each) => pageOf(project, 'pipelines', each.name)}
          fixedColumns
        />
      </Panel>
      {all.length > 0 ? (
        <Panel title="Runs" note={`${all.length}, wall clock`}>
          <DataTable
            label="Runs"
            rows={all}
            columns={runColumns(project)}
            rowId={(each) => each.id}
            href={(each) => pageOf(project, 'pipelines', each.pipeline, 'runs', each.id)}
          />
        </Panel>
      ) : null}
    </PageFrame>
  );
}

/** A bar a run, its height the time it took. */
function Recent({ item }: { item: PipelineItem }) {
  const now = useNow();
  const runs = item.recent.slice(0, 20).reverse();
  const took = (run: PipelineItem['recent'][number]) => (run.ended_at ?? now) - run.created_at;
  if (runs.length === 0) return <span className="r-missing">never ran</span>;
  const most = Math.max(1, ...runs.map(took));
  return (
    <span
      className="r-strip-mini"
      aria-label={runs.map((run) => `#${run.number} ${run.state}`).join(', ')}
      role="img"
    >
      {runs.map((run) => (
        <i
          key={run.id}
          data-tone={STATUS[RUN_WORDS[run.state]].tone}
          style={{ height: `${4 + (16 * took(run)) / most}px`, alignSelf: 'end' }}
        />
      ))}
    </span>
  );
}
