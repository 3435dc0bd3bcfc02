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
import { datasetsContract } from '../contract.ts';
import type { Dataset } from '../schema.ts';
import { ChecksCount } from './checks-count.tsx';
import { checksText, datasetsLead, rowsProof } from './dataset-words.ts';

const COLUMNS: readonly DataColumn<Dataset>[] = [
  { id: 'name', head: 'dataset', value: (each) => each.name, width: 220, grow: true, narrow: 'name' },
  {
    id: 'version',
    head: 'latest',
    value: (each) => (each.latest ? `v${each.latest.version}` : null),
    width: 80,
    narrow: 'end',
  },
  {
    id: 'rows',
    head: 'rows',
    value: (each) => each.latest?.rows ?? null,
    style: 'count',
    proof: (each) => (each.latest ? rowsProof(each.latest) : { proof: { definition: 'No version yet.' } }),
    width: 110,
  },
  {
    id: 'bytes',
    head: 'size',
    value: (each) => each.latest?.bytes ?? null,
    style: 'bytes',
    proof:
      'Bytes of the Parquet parts of the latest version; a part shared with an earlier version is counted in each.',
    width: 100,
  },
  {
    id: 'checks',
    head: 'checks',
    value: (each) => checksText(each.latest?.validation ?? null),
    cell: (each) => <ChecksCount version={each.latest} />,
    width: 170,
  },
  {
    id: 'note',
    head: 'note',
    value: (each) => each.latest?.note || null,
    width: 260,
    grow: true,
    narrow: 'none',
  },
  {
    id: 'by',
    head: 'by',
    value: (each) => each.latest?.created_by ?? null,
    width: 170,
    grow: true,
    narrow: 'none',
  },
  {
    id: 'at',
    head: 'imported',
    value: (each) => each.latest?.created_at ?? null,
    cell: (each) => <When at={each.latest?.created_at ?? null} clock="wall" />,
    width: 110,
  },
];

/** Every dataset with its latest version. */
export function Datasets() {
  const table = useTableState(COLUMNS);
  const { project } = usePlace();
  const answer = useEndpoint(datasetsContract.listDatasets, { params: { project } });
  const datasets = answer.data?.datasets ?? [];
  return (
    <PageFrame title="Datasets" wide lead={datasets.length > 0 ? datasetsLead(project, datasets) : undefined}>
      <Panel
        state={panelState(answer, {
          rows: 5,
          empty: (data) =>
            data.datasets.length === 0 ? (
              <Empty command={commandFor(project, 'datasets import NAME FILE')}>
                A dataset is a row of versions that never change, each profiled and checked as it comes in.
                Import a Parquet, CSV or JSON lines file to make the first.
              </Empty>
            ) : undefined,
        })}
      >
        <DataTable
          label="Datasets"
          rows={datasets}
          columns={COLUMNS}
          {...table}
          rowId={(each) => each.name}
          href={(each) => pageOf(project, 'datasets', each.name)}
        />
      </Panel>
    </PageFrame>
  );
}
