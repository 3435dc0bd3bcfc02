import { type ComponentType, useMemo } from 'react';
import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import { Action } from '../../../ui/action.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Id } from '../../../ui/id.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { fromMlflow } from '../../../ui/status-words.ts';
import { runsContract } from '../contract/runs.ts';
import type { KeyValue, Run as RunOf } from '../schema.ts';
import { reproducedWords, type Reproductions } from './reproduced-words.ts';
import { RunActions } from './run-actions.tsx';
import { RunArtifacts } from './run-artifacts.tsx';
import { RunCode } from './run-code.tsx';
import { isSystem, RunMetrics } from './run-metrics.tsx';
import { RunOverview } from './run-overview.tsx';
import { ReproduceAction, useReproductions } from './run-reproductions.tsx';
import { RunTraces, useRunTraces } from './run-traces.tsx';

/** Makes a registered model of what a run left behind: the registry stands right of this room. */
export type RegisterAction = ComponentType<{ run: RunOf }>;

/** One run: what it tried, what came of it, what it left behind, and which code that was. */
export function Run({ Register }: { Register: RegisterAction }) {
  const { project, params, search, hrefWith } = usePlace();
  const id = params.run ?? '';
  const answer = useEndpoint(runsContract.getRun, { query: { run_id: id, extremes: 'true' } });
  const run = answer.data?.run;
  const tab = search.tab ?? 'overview';
  const metrics = useMemo(() => run?.data.metrics ?? [], [run]);
  const [own, system] = useMemo(
    () => [
      metrics.filter((metric) => !isSystem(metric.key)),
      metrics.filter((metric) => isSystem(metric.key)),
    ],
    [metrics],
  );
  const word = fromMlflow(run?.info.status ?? '');
  const reproductions = useReproductions(run);
  const traced = (useRunTraces(run).data?.traces ?? []).length > 0;
  return (
    <PageFrame
      title={run?.info.run_name ?? id.slice(0, 8)}
      mark={
        run ? (
          <>
            <Id value={id} />
            <Status word={word} chip />
          </>
        ) : undefined
      }
      lead={run ? runLead(project, run, reproductions.data) : undefined}
      actions={
        <>
          {run && run.info.lifecycle_stage !== 'deleted' ? <Register run={run} /> : null}
          {run ? <ReproduceAction run={run} /> : null}
          <Action href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(`rondo:run:${id}`)}`}>
            Lineage
          </Action>
          {run ? <RunActions run={run} /> : null}
        </>
      }
      tabs={[
        { id: 'overview', label: 'Overview', href: hrefWith({ tab: undefined }) },
        { id: 'metrics', label: 'Metrics', href: hrefWith({ tab: 'metrics' }) },
        { id: 'params', label: 'Params', href: hrefWith({ tab: 'params' }) },
        { id: 'artifacts', label: 'Artifacts', href: hrefWith({ tab: 'artifacts' }) },
        { id: 'code', label: 'Code', href: hrefWith({ tab: 'code' }) },
        { id: 'system', label: 'System', href: hrefWith({ tab: 'system' }) },
        ...(traced ? [{ id: 'traces', label: 'Traces', href: hrefWith({ tab: 'traces' }) }] : []),
      ]}
      tab={tab}
      wide={tab === 'metrics' || tab === 'system'}
    >
      <Panel state={panelState(answer, { rows: 8 })}>
        {run ? (
          tab === 'params' ? (
            <RunParams run={run} />
          ) : tab === 'artifacts' ? (
            <RunArtifacts run={id} />
          ) : tab === 'code' ? (
            <RunCode run={run} />
          ) : tab === 'metrics' ? (
            <RunMetrics key="metrics" run={run} metrics={own} />
          ) : tab === 'system' ? (
            <RunMetrics key="system" run={run} metrics={system} />
          ) : tab === 'traces' ? (
            <RunTraces run={run} />
          ) : (
            <RunOverview run={run} />
          )
        ) : null}
      </Panel>
    </PageFrame>
  );
}

function runLead(project: string, run: RunOf, again: Reproductions | undefined): LeadPart[] {
  const { start_time: start, end_time: end, status } = run.info;
  const rows = { label: 'the run', href: pageOf(project, 'runs', run.info.run_id ?? '') };
  const metrics = run.data.metrics?.length ?? 0;
  const params = run.data.params?.length ?? 0;
  const took: (string | LeadPart)[] =
    start && end
      ? [
          ' after ',
          {
            type: 'number',
            value: (end - start) / 1000,
            style: 'seconds',
            proof: {
              definition: 'From the start to the end that the run reported.',
              clock: 'wall',
              rows,
            },
          },
        ]
      : [];
  const word = status === 'FINISHED' ? 'It finished' : `It ended as ${String(status).toLowerCase()}`;
  return lead(
    ...(status === 'RUNNING' ? ['It is running'] : [word, ...took]),
    ' and logged ',
    counted(
      metrics,
      { definition: 'Metrics with at least one value, whatever their steps.', rows },
      metrics === 1 ? 'metric' : 'metrics',
    ),
    ' and ',
    counted(params, { definition: 'Params of the run.', rows }, params === 1 ? 'param' : 'params'),
    '.',
    ...(run.info.lifecycle_stage === 'deleted' ? [' It is in the trash.'] : []),
    ...(again ? reproducedWords(again, `${rows.href}?tab=code`) : []),
  ).parts;
}

const PARAMS: readonly DataColumn<KeyValue>[] = [
  { id: 'key', head: 'param', value: (param) => param.key, width: 220, grow: true, narrow: 'name' },
  { id: 'value', head: 'value', value: (param) => param.value, width: 320, grow: true, narrow: 'line' },
];

function RunParams({ run }: { run: RunOf }) {
  const params = run.data.params ?? [];
  if (params.length === 0) return <p className="r-serif">No param was logged.</p>;
  return (
    <DataTable
      label={`Params of ${run.info.run_name}`}
      rows={params}
      columns={PARAMS}
      rowId={(param) => param.key}
      fixedColumns
      dense
      maxHeight={720}
    />
  );
}
