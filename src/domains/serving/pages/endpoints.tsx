import { commandFor } from '../../../ui/command.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { servingContract } from '../contract.ts';
import type { Endpoint } from '../schema/control.ts';
import { endpointsLead, predictionsProof } from './serving-words.ts';
import { armShare } from './traffic-bar.tsx';

const armText = (endpoint: Endpoint, name: 'champion' | 'candidate') => {
  const arm = endpoint.arms.find((each) => each.arm === name);
  return arm ? `${arm.model} v${arm.version}, ${armShare(arm)}` : null;
};

const COLUMNS: readonly DataColumn<Endpoint>[] = [
  { id: 'name', head: 'endpoint', value: (each) => each.name, width: 180, grow: true, narrow: 'name' },
  {
    id: 'state',
    head: 'state',
    value: (each) => (each.arms.length > 0 ? 'Live' : 'No data'),
    cell: (each) => <Status word={each.arms.length > 0 ? 'Live' : 'No data'} still />,
    width: 100,
    narrow: 'end',
  },
  { id: 'environment', head: 'environment', value: (each) => each.environment, width: 110 },
  { id: 'champion', head: 'champion', value: (each) => armText(each, 'champion'), width: 190, grow: true },
  { id: 'candidate', head: 'candidate', value: (each) => armText(each, 'candidate'), width: 190, grow: true },
  {
    id: 'predictions',
    head: 'predictions',
    value: (each) => each.predictions,
    style: 'count',
    proof: (each) => ({ proof: predictionsProof(each.project, each.name) }),
    width: 110,
  },
  {
    id: 'event',
    head: 'newest event',
    value: (each) => each.event_time,
    cell: (each) => <When at={each.event_time} clock="event" />,
    width: 150,
    narrow: 'none',
  },
  {
    id: 'changed',
    head: 'changed',
    value: (each) => each.updated_at,
    cell: (each) => <When at={each.updated_at} clock="wall" />,
    width: 110,
    narrow: 'none',
  },
];

/** Every address that answers, with what is behind it. */
export function Endpoints() {
  const table = useTableState(COLUMNS);
  const { project } = usePlace();
  const answer = useEndpoint(servingContract.listEndpoints, { params: { project } });
  const endpoints = answer.data?.endpoints ?? [];
  return (
    <PageFrame
      title="Endpoints"
      lead={endpoints.length > 0 ? endpointsLead(project, endpoints) : undefined}
      wide
    >
      <Panel
        state={panelState(answer, {
          rows: 4,
          empty: (data) =>
            data.endpoints.length === 0 ? (
              <Empty
                command={commandFor(project, 'endpoints deploy my-model-dev --model models:/my-model/1')}
              >
                An endpoint is an address that answers with a model version. It stands here once a version is
                deployed behind one.
              </Empty>
            ) : undefined,
        })}
      >
        <DataTable
          label="Endpoints"
          rows={endpoints}
          columns={COLUMNS}
          {...table}
          rowId={(each) => each.name}
          href={(each) => pageOf(project, 'endpoints', each.name)}
        />
      </Panel>
    </PageFrame>
  );
}
