import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Id } from '../../../ui/id.tsx';
import { pageOf } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import type { StatusWord } from '../../../ui/status-words.ts';
import { When } from '../../../ui/when.tsx';
import type { Deployment, Endpoint, TrafficRevision } from '../schema/control.ts';
import { RollBack } from './roll-back.tsx';
import { causeText } from './serving-words.ts';
import { armShare } from './traffic-bar.tsx';

const WORDS: Readonly<Record<TrafficRevision['state'], StatusWord>> = {
  applying: 'Running',
  live: 'Live',
  superseded: 'Done',
  failed: 'Failed',
};

const armsText = (revision: TrafficRevision) =>
  revision.arms.map((arm) => `v${arm.version} ${armShare(arm)}`).join('; ') || 'nobody';

/** Every change of the traffic with its cause. */
export function TrafficHistory({
  endpoint,
  revisions,
}: {
  endpoint: Endpoint;
  revisions: readonly TrafficRevision[];
}) {
  const columns: readonly DataColumn<TrafficRevision>[] = [
    {
      id: 'revision',
      head: 'revision',
      value: (each) => each.revision,
      style: 'exact',
      proof: null,
      width: 84,
      narrow: 'name',
    },
    {
      id: 'state',
      head: 'state',
      value: (each) => each.state,
      cell: (each) => <Status word={WORDS[each.state]} still />,
      width: 100,
      narrow: 'end',
    },
    { id: 'arms', head: 'who answers', value: armsText, width: 240, grow: true },
    { id: 'cause', head: 'why', value: (each) => each.error ?? causeText(each), width: 240, grow: true },
    {
      id: 'at',
      head: 'since',
      value: (each) => each.created_at,
      cell: (each) => <When at={each.created_at} clock="wall" />,
      width: 120,
    },
  ];
  return (
    <DataTable
      label={`Traffic of ${endpoint.name}`}
      rows={[...revisions].sort((a, b) => b.revision - a.revision)}
      columns={columns}
      rowId={(each) => String(each.revision)}
      fixedColumns
    />
  );
}

/** Model versions that have been behind the endpoint, with their number in prediction ids; those that answered as champion can do so again. */
export function Deployments({
  project,
  endpoint,
  deployments,
  revisions,
}: {
  project: string;
  endpoint: Endpoint;
  deployments: readonly Deployment[];
  revisions: readonly TrafficRevision[];
}) {
  const answered = new Set(
    revisions
      .filter((revision) => revision.state !== 'failed')
      .flatMap((revision) =>
        revision.arms.filter((arm) => arm.arm === 'champion').map((arm) => arm.deployment),
      ),
  );
  const columns: readonly DataColumn<Deployment>[] = [
    {
      id: 'version',
      head: 'version',
      value: (each) => `${each.model} v${each.version}`,
      width: 200,
      grow: true,
      narrow: 'name',
    },
    {
      id: 'arm',
      head: 'now',
      value: (each) => endpoint.arms.find((arm) => arm.deployment === each.number)?.arm ?? 'not live',
      width: 110,
      narrow: 'end',
    },
    { id: 'number', head: 'number', value: (each) => each.number, style: 'exact', proof: null, width: 90 },
    {
      id: 'digest',
      head: 'model file',
      value: (each) => each.digest,
      cell: (each) => <Id value={each.digest} length={12} />,
      width: 130,
    },
    { id: 'by', head: 'by', value: (each) => each.created_by, width: 140 },
    {
      id: 'at',
      head: 'first deployed',
      value: (each) => each.created_at,
      cell: (each) => <When at={each.created_at} clock="wall" />,
      width: 120,
    },
    {
      id: 'back',
      head: 'way back',
      value: () => null,
      cell: (each) =>
        endpoint.arms.some((arm) => arm.deployment === each.number) || !answered.has(each.number) ? null : (
          <RollBack
            project={project}
            endpoint={endpoint}
            to={{ deployment: each.number, model: each.model, version: each.version }}
          />
        ),
      width: 160,
      sortable: false,
      narrow: 'none',
    },
  ];
  return (
    <DataTable
      label={`Deployments of ${endpoint.name}`}
      rows={deployments}
      columns={columns}
      rowId={(each) => String(each.number)}
      href={(each) => pageOf(project, 'models', each.model, each.version)}
      fixedColumns
    />
  );
}
