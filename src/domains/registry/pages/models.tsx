import { counted } from '../../../lib/lead.ts';
import { commandFor } from '../../../ui/command.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { When } from '../../../ui/when.tsx';
import { modelsContract } from '../contract/models.ts';
import type { RegisteredModel } from '../schema.ts';

const newest = (model: RegisteredModel): number =>
  Math.max(0, ...(model.latest_versions ?? []).map((version) => Number(version.version)));

const COLUMNS: readonly DataColumn<RegisteredModel>[] = [
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
    id: 'description',
    head: 'description',
    value: (model) => model.description || null,
    width: 260,
    grow: true,
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

/** Every registered model with its newest version. */
export function Models() {
  const table = useTableState(COLUMNS);
  const { project } = usePlace();
  const answer = useEndpoint(modelsContract.searchRegisteredModels, { query: { max_results: 500 } });
  const models = answer.data?.registered_models ?? [];
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
          columns={COLUMNS}
          {...table}
          rowId={(model) => model.name}
          href={(model) => pageOf(project, 'models', model.name)}
        />
      </Panel>
    </PageFrame>
  );
}
