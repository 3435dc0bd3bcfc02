import { useMemo } from 'react';
import { counted } from '../../../lib/lead.ts';
import { commandFor } from '../../../ui/command.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { Num } from '../../../ui/num.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { When } from '../../../ui/when.tsx';
import { modelTableContract } from '../contract/model-table.ts';
import { modelsContract } from '../contract/models.ts';
import type { RegisteredModel } from '../schema.ts';
import type { NewestMetric } from '../schema/evaluation.ts';
import { evaluationProof, lossName } from './evaluation-words.ts';
import type { LivePanel } from './later-rooms.ts';
import { LoggedMetric } from './logged-metrics.tsx';

const newest = (model: RegisteredModel): number =>
  Math.max(0, ...(model.latest_versions ?? []).map((version) => Number(version.version)));

const columnsOf = (
  project: string,
  Live: LivePanel,
  metrics: ReadonlyMap<string, NewestMetric>,
): readonly DataColumn<RegisteredModel>[] => [
  { id: 'name', head: 'model', value: (model) => model.name, width: 220, grow: true, narrow: 'name' },
  {
    id: 'latest',
    head: 'newest',
    value: (model) => (newest(model) > 0 ? `v${newest(model)}` : null),
    width: 90,
    narrow: 'end',
  },
  {
    id: 'aliases',
    head: 'aliases',
    value: (model) => model.aliases?.map((each) => `${each.alias} v${each.version}`).join(', ') || null,
    width: 200,
    grow: true,
  },
  {
    id: 'live',
    head: 'live',
    value: () => null,
    cell: (model) => <Live project={project} model={model.name} brief />,
    width: 180,
    sortable: false,
  },
  {
    id: 'judged',
    head: 'newest metric',
    value: () => null,
    cell: (model) => <MetricCell project={project} metric={metrics.get(model.name)} />,
    width: 230,
    sortable: false,
  },
  {
    id: 'description',
    head: 'description',
    value: (model) => model.description || null,
    width: 200,
    grow: true,
    hidden: true,
    narrow: 'none',
  },
  {
    id: 'updated',
    head: 'changed',
    value: (model) => model.last_updated_timestamp,
    cell: (model) => <When at={model.last_updated_timestamp} clock="wall" />,
    width: 120,
  },
];

/** Every registered model: its newest version, where it is live and how it does. */
export function Models({ Live }: { Live: LivePanel }) {
  const { project } = usePlace();
  const answer = useEndpoint(modelsContract.searchRegisteredModels, { query: { max_results: 500 } });
  const models = answer.data?.registered_models ?? [];
  const known = useEndpoint(
    modelTableContract.listNewestMetrics,
    models.length > 0
      ? { params: { project }, body: { models: models.map((model) => model.name) } }
      : undefined,
  ).data?.metrics;
  const metrics = useMemo(() => new Map((known ?? []).map((each) => [each.model, each])), [known]);
  const columns = useMemo(() => columnsOf(project, Live, metrics), [project, Live, metrics]);
  const table = useTableState(columns);
  const rows = { label: 'the models', href: pageOf(project, 'models') };
  const versions = models.reduce((sum, model) => sum + newest(model), 0);
  return (
    <PageFrame
      title="Models"
      wide
      lead={
        models.length > 0
          ? [
              counted(
                models.length,
                { definition: 'Registered models of this project.', rows },
                models.length === 1 ? 'model' : 'models',
              ),
              { type: 'text', text: ' with ' },
              counted(
                versions,
                { definition: 'The newest version number of each model, added up.', rows },
                'versions',
              ),
              {
                type: 'text',
                text: ' are registered. Each version keeps its files, its origin and how it was judged.',
              },
            ]
          : undefined
      }
    >
      <Panel
        state={panelState(answer, {
          rows: 5,
          empty: (data) =>
            (data.registered_models ?? []).length === 0 ? (
              <Empty command={commandFor(project, 'pipelines apply pipeline.ts')}>
                A model stands here once a pipeline, or an mlflow client with this server as its registry,
                registers a version.
              </Empty>
            ) : undefined,
        })}
      >
        <DataTable
          label="Models"
          rows={models}
          columns={columns}
          {...table}
          rowId={(model) => model.name}
          href={(model) => pageOf(project, 'models', model.name)}
        />
      </Panel>
    </PageFrame>
  );
}

/** How the newest version that Rondo evaluated does; else what the run of the newest version logged. */
function MetricCell({ project, metric }: { project: string; metric: NewestMetric | undefined }) {
  if (metric?.judgement) {
    const { judgement } = metric;
    const { value, low, high, n } = judgement.estimate;
    const loss = lossName(judgement.loss);
    return (
      <span>
        {loss}{' '}
        <Num
          kind="estimated"
          value={value}
          n={n}
          interval={low === null || high === null ? { none: 'its spread was not measured' } : [low, high]}
          proof={evaluationProof({ ...judgement, n }, `${loss} of v${judgement.version} on the hold-out.`)}
        />
      </span>
    );
  }
  if (!metric?.logged) return <span className="r-missing">{'\u2013'}</span>;
  const { run_id, metric: logged } = metric.logged;
  return (
    <span>
      {logged.key} <LoggedMetric project={project} run={run_id} metric={logged} />, logged
    </span>
  );
}
