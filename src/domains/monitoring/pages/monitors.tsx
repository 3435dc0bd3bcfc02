import { requestFor } from '../../../ui/command.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { Num } from '../../../ui/num.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { Status } from '../../../ui/status.tsx';
import { formatSpan } from '../../../ui/time.ts';
import { When } from '../../../ui/when.tsx';
import { monitoringContract } from '../contract.ts';
import type { Monitor } from '../schema.ts';
import { limitProof } from '../schema/proofs.ts';
import { Alerts } from './alerts.tsx';
import { monitoringProof, monitorsLead, VALUES, wordOfMonitor } from './monitor-words.ts';

const COLUMNS: readonly DataColumn<Monitor>[] = [
  { id: 'name', head: 'monitor', value: (each) => each.name, width: 170, grow: true, narrow: 'name' },
  {
    id: 'state',
    head: 'state',
    value: (each) => each.state,
    cell: (each) => (
      <span className="r-row">
        <Status word={wordOfMonitor(each)} still />
        {each.muted ? <span className="r-small">muted</span> : null}
      </span>
    ),
    width: 128,
    narrow: 'end',
  },
  { id: 'kind', head: 'watches', value: (each) => each.spec.kind, width: 76 },
  { id: 'endpoint', head: 'endpoint', value: (each) => each.spec.endpoint, width: 150 },
  {
    id: 'value',
    head: 'newest window',
    value: (each) => each.last?.value ?? null,
    cell: (each) => <Newest monitor={each} />,
    width: 230,
  },
  {
    id: 'limit',
    head: 'limit',
    value: (each) => each.last?.limit ?? null,
    style: 'metric',
    proof: (each) => ({ proof: limitProof(each) }),
    width: 90,
    narrow: 'none',
  },
  {
    id: 'window',
    head: 'window',
    value: (each) => formatSpan(each.spec.window_ms),
    width: 90,
    narrow: 'none',
  },
  {
    id: 'through',
    head: 'judged through',
    value: (each) => each.last?.end ?? null,
    cell: (each) => <When at={each.last ? each.last.end : null} clock="event" />,
    width: 150,
    narrow: 'none',
  },
];

/** The value of the newest window with its interval, which opens its proof. */
function Newest({ monitor }: { monitor: Monitor }) {
  const { last, spec } = monitor;
  if (!last || last.value === null) return <span className="r-missing">{'\u2013'}</span>;
  const { style, unit } = VALUES[spec.kind];
  const shared = { value: last.value, style, unit, proof: monitoringProof(monitor, last) };
  if (last.low === null || last.high === null)
    return <Num kind="counted" {...shared} proof={{ ...shared.proof, n: last.n }} />;
  return <Num kind="estimated" {...shared} n={last.labelled} interval={[last.low, last.high]} />;
}

/** Everything that is watched, and every alert. */
export function Monitors() {
  const table = useTableState(COLUMNS);
  const { project, search, hrefWith } = usePlace();
  const answer = useEndpoint(monitoringContract.listMonitors, { params: { project } });
  const alerts = useEndpoint(monitoringContract.listAlerts, { params: { project } });
  const monitors = answer.data?.monitors ?? [];
  const firing = (alerts.data?.alerts ?? []).filter((alert) => alert.state === 'firing').length;
  const tab = search.tab === 'alerts' ? 'alerts' : 'monitors';
  return (
    <PageFrame
      title="Monitors"
      wide
      lead={monitors.length > 0 ? monitorsLead(project, monitors) : undefined}
      tabs={[
        { id: 'monitors', label: 'Monitors', href: hrefWith({ tab: undefined }) },
        { id: 'alerts', label: 'Alerts', href: hrefWith({ tab: 'alerts' }), count: firing },
      ]}
      tab={tab}
    >
      {tab === 'alerts' ? (
        <Panel state={panelState(alerts, { rows: 5 })}>
          <Alerts project={project} alerts={alerts.data?.alerts ?? []} />
        </Panel>
      ) : (
        <Panel
          state={panelState(answer, {
            rows: 4,
            empty: (data) =>
              data.monitors.length === 0 ? (
                <Empty command={requestFor(project, 'PUT', 'monitors/NAME', 'monitor.json')}>
                  A monitor judges every window of event time: skill over the charter&apos;s baseline, drift
                  from the training rows, errors and latency. Nothing is watched here yet.
                </Empty>
              ) : undefined,
          })}
        >
          <DataTable
            label="Monitors"
            rows={monitors}
            columns={COLUMNS}
            {...table}
            rowId={(each) => each.name}
            href={(each) => pageOf(project, 'monitors', each.name)}
          />
        </Panel>
      )}
    </PageFrame>
  );
}
