import { useMemo } from 'react';
import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import { commandFor } from '../../../ui/command.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { Num } from '../../../ui/num.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { When } from '../../../ui/when.tsx';
import type { RegisteredModel } from '../schema.ts';
import type { NewestMetric } from '../schema/evaluation.ts';
import { evaluationProof, lossName } from './evaluation-words.ts';
import type { LivePanel } from './later-rooms.ts';
import { LoggedMetric } from './logged-metrics.tsx';
import { NameFilter } from './name-filter.tsx';
import { newestOf, useModels, useNewestMetrics } from './use-models.ts';

const columnsOf = (
  project: string,
  Live: LivePanel,
  metrics: ReadonlyMap<string, NewestMetric>,
): readonly DataColumn<RegisteredModel>[] => [
  { id: 'name', head: 'model', value: (model) => model.name, width: 220, grow: true, narrow: 'name' },
  {
    id: 'latest',
    head: 'newest',
    value: (model) => (newestOf(model) > 0 ? `v${newestOf(model)}` : null),
    width: 90,
    narrow: 'end',
    sortable: false,
  },
  {
    id: 'aliases',
    head: 'aliases',
    value: (model) => model.aliases?.map((each) => `${each.alias} v${each.version}`).join(', ') || null,
    width: 150,
    grow: true,
    sortable: false,
  },
  {
    id: 'live',
    head: 'live',
    value: () => null,
    cell: (model) => <Live project={project} model={model.name} brief />,
    width: 240,
    grow: true,
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
    sortable: false,
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
  const { project, setSearch } = usePlace();
  const { models, pages, counts, more, fresh, state } = useModels('models');
  const metrics = useNewestMetrics(pages);
  const columns = useMemo(() => columnsOf(project, Live, metrics), [project, Live, metrics]);
  const table = useTableState(columns);
  return (
    <PageFrame
      title="Models"
      wide
      lead={counts && counts.models > 0 ? modelsLead(project, counts) : undefined}
    >
      {counts && counts.models > 0 ? <NameFilter label="Find a model" /> : null}
      <Panel
        state={state(
          {
            kind: 'empty',
            empty: (
              <Empty command={commandFor(project, 'pipelines apply pipeline.ts')}>
                A model stands here once a pipeline, or an mlflow client with this server as its registry,
                registers a version.
              </Empty>
            ),
          },
          () => setSearch({ q: undefined }),
        )}
      >
        <DataTable
          label="Models"
          rows={models}
          columns={columns}
          {...table}
          ordered
          more={more}
          fresh={fresh}
          rowId={(model) => model.name}
          href={(model) => pageOf(project, 'models', model.name)}
        />
      </Panel>
    </PageFrame>
  );
}

function modelsLead(project: string, counts: { models: number; versions: number }): LeadPart[] {
  const rows = { label: 'the models', href: pageOf(project, 'models') };
  return lead(
    counted(
      counts.models,
      { definition: 'Registered models of this project.', rows },
      counts.models === 1 ? 'model' : 'models',
    ),
    ' with ',
    counted(
      counts.versions,
      { definition: 'Their versions that are not deleted.', rows },
      counts.versions === 1 ? 'version' : 'versions',
    ),
    counts.models === 1 ? ' is' : ' are',
    ' registered. Each version keeps its files, its origin and how it was judged.',
  ).parts;
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
