import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import { Action } from '../../../ui/action.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { fromMlflow } from '../../../ui/status-words.ts';
import { When } from '../../../ui/when.tsx';
import { artifactsContract } from '../contract/artifacts.ts';
import { runsContract } from '../contract/runs.ts';
import type { Run as RunOf } from '../schema.ts';
import { MetricCharts } from './metric-charts.tsx';
import { RunTraces, useRunTraces } from './run-traces.tsx';
import { loggedProof } from './run-words.ts';

/** One run: what it tried, what came of it, what it left behind. */
export function Run() {
  const { project, params, search, hrefWith } = usePlace();
  const id = params.run ?? '';
  const answer = useEndpoint(runsContract.getRun, { query: { run_id: id } });
  const run = answer.data?.run;
  const tab = search.tab ?? 'metrics';
  const word = fromMlflow(run?.info.status ?? '');
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
      lead={run ? runLead(project, run) : undefined}
      actions={
        <Action href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(`rondo:run:${id}`)}`}>
          Lineage
        </Action>
      }
      tabs={[
        { id: 'metrics', label: 'Metrics', href: hrefWith({ tab: undefined }) },
        { id: 'params', label: 'Params', href: hrefWith({ tab: 'params' }) },
        { id: 'artifacts', label: 'Artifacts', href: hrefWith({ tab: 'artifacts' }) },
        ...(traced ? [{ id: 'traces', label: 'Traces', href: hrefWith({ tab: 'traces' }) }] : []),
      ]}
      tab={tab}
    >
      <Panel state={panelState(answer, { rows: 8 })}>
        {run ? (
          tab === 'params' ? (
            <Params run={run} />
          ) : tab === 'artifacts' ? (
            <Artifacts run={id} />
          ) : tab === 'traces' ? (
            <RunTraces run={run} />
          ) : (
            <Metrics run={run} />
          )
        ) : null}
      </Panel>
    </PageFrame>
  );
}

function runLead(project: string, run: RunOf): LeadPart[] {
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
  ).parts;
}

function Metrics({ run }: { run: RunOf }) {
  const metrics = run.data.metrics ?? [];
  if (metrics.length === 0) return <p className="r-serif">No metric was logged.</p>;
  return (
    <div className="r-stack">
      <Columns>
        <Facts
          rows={metrics.slice(0, 40).map(
            (metric) =>
              [
                metric.key ?? '',
                <>
                  {typeof metric.value === 'number' ? (
                    <Num value={metric.value} style="metric" {...loggedProof(run, metric.key ?? '')} />
                  ) : (
                    String(metric.value)
                  )}
                  {metric.step ? (
                    <span className="r-num-spread"> at step {formatNumber(metric.step, 'count')}</span>
                  ) : null}
                </>,
              ] as const,
          )}
        />
        <Facts
          rows={[
            ['Began', <When at={run.info.start_time ?? null} clock="wall" />],
            ['By', run.info.user_id],
            ...(run.data.tags ?? [])
              .filter((tag) => !tag.key?.startsWith('mlflow.'))
              .slice(0, 12)
              .map((tag) => [tag.key ?? '', tag.value ?? ''] as const),
          ]}
        />
      </Columns>
      <MetricCharts
        run={run.info.run_id ?? ''}
        keys={metrics.filter((metric) => (metric.step ?? 0) > 0).map((metric) => metric.key ?? '')}
      />
    </div>
  );
}

function Params({ run }: { run: RunOf }) {
  const params = run.data.params ?? [];
  if (params.length === 0) return <p className="r-serif">No param was logged.</p>;
  return (
    <Facts
      rows={params.map((param) => [param.key ?? '', <code className="r-code">{param.value}</code>] as const)}
    />
  );
}

function Artifacts({ run }: { run: string }) {
  const { search, hrefWith } = usePlace();
  const path = search.path ?? '';
  const answer = useEndpoint(artifactsContract.listRunArtifacts, {
    query: { run_id: run, ...(path ? { path } : {}) },
  });
  const files = answer.data?.files ?? [];
  return (
    <Panel
      title={path || 'Files'}
      actions={
        path ? (
          <Action href={hrefWith({ path: path.split('/').slice(0, -1).join('/') || undefined })}>Up</Action>
        ) : undefined
      }
      state={panelState(answer, {
        rows: 4,
        empty: (data) =>
          (data.files ?? []).length === 0 ? <p className="r-prose">The run left no file here.</p> : undefined,
      })}
    >
      <ul className="r-list">
        {files.map((file) => (
          <li key={file.path} className="r-row">
            {file.is_dir ? (
              <a href={hrefWith({ path: file.path })}>{file.path}/</a>
            ) : (
              <a
                href={`/get-artifact?run_id=${encodeURIComponent(run)}&path=${encodeURIComponent(file.path ?? '')}`}
                download
              >
                {file.path}
              </a>
            )}
            <span className="r-small">{file.file_size ? formatNumber(file.file_size, 'bytes') : null}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
