import { Columns } from '../../../ui/columns.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Distribution, MiniDistribution } from '../../../ui/distribution.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import type { DriftFeature, Monitor, MonitorWindow } from '../schema.ts';
import { windowProof } from '../schema/proofs.ts';

const driftProof = (definition: string, formula?: string) => (feature: DriftFeature) => ({
  proof: {
    definition,
    ...(formula === undefined ? {} : { formula }),
    clock: 'event' as const,
    method: `${feature.edges.length + 1} bins, fixed by the reference; ${feature.missing} rows without a value are left out`,
  },
});

const COLUMNS: readonly DataColumn<DriftFeature>[] = [
  { id: 'feature', head: 'feature', value: (each) => each.feature, width: 170, grow: true, narrow: 'name' },
  {
    id: 'state',
    head: 'state',
    value: (each) => (each.distance === null ? 'no data' : each.shifted ? 'shifted' : 'same'),
    cell: (each) =>
      each.distance === null ? (
        <Status word="No data" still />
      ) : each.shifted ? (
        <span className="r-status" data-tone="warn">
          shifted
        </span>
      ) : (
        'same'
      ),
    width: 76,
    narrow: 'end',
  },
  {
    id: 'distance',
    head: 'distance',
    value: (each) => each.distance,
    style: 'measure',
    proof: driftProof(
      'Jensen-Shannon distance between the shares of the window and of the reference, in the same bins.',
    ),
    width: 84,
  },
  {
    id: 'limit',
    head: 'limit',
    value: (each) => each.limit,
    style: 'measure',
    proof: driftProof(
      'The distance that resampled days of the reference exceed as rarely as the false-alarm rate says, at the size of this window.',
    ),
    width: 76,
  },
  {
    id: 'times',
    head: 'of its limit',
    value: (each) => (each.distance === null || !each.limit ? null : each.distance / each.limit),
    style: 'share',
    proof: driftProof('The distance over its limit; above 100% the feature shifted.', 'distance / limit'),
    width: 90,
    narrow: 'none',
  },
  {
    id: 'shape',
    head: 'shape',
    value: () => null,
    cell: (each) => <MiniDistribution reference={each.reference} current={each.current} />,
    width: 108,
    sortable: false,
    narrow: 'none',
  },
  {
    id: 'missing',
    head: 'missing',
    value: (each) => each.missing,
    style: 'count',
    proof: 'Rows of the window without a value in this feature.',
    width: 76,
    narrow: 'none',
  },
];

/** Every feature of the window beside the rows that the live version learnt from, farthest from its limit first. */
export function DriftTable({
  monitor,
  window,
  features,
}: {
  monitor: Monitor;
  window: MonitorWindow;
  features: readonly DriftFeature[];
}) {
  const { search, setSearch } = usePlace();
  const ratio = (each: DriftFeature) =>
    each.distance === null || !each.limit ? -1 : each.distance / each.limit;
  const sorted = [...features].sort((a, b) => ratio(b) - ratio(a));
  const open = sorted.find((each) => each.feature === search.f) ?? sorted[0];
  return (
    <Panel
      title="Drift by feature"
      note={`against ${window.detail.reference ?? 'the reference'}, n ${window.n.toLocaleString('en-US')}`}
    >
      <Columns wideFirst>
        <DataTable
          label="Drift by feature"
          rows={sorted}
          columns={COLUMNS}
          rowId={(each) => each.feature}
          onOpen={(each) => setSearch({ f: each.feature }, { replace: true })}
          source={() => ({ rows: windowProof(monitor.project, monitor.spec, window, '').rows })}
          marked={open?.feature}
          fixedColumns
        />
        {open ? <Shape feature={open} n={window.n} /> : null}
      </Columns>
    </Panel>
  );
}

/** Slot 0 holds all up to the first edge, the last slot all above the last one. */
function Shape({ feature, n }: { feature: DriftFeature; n: number }) {
  const { edges, reference, current } = feature;
  const last = edges.length;
  return (
    <div>
      <h3 className="r-h3">{feature.feature}</h3>
      <Distribution
        kind="numeric"
        label={feature.feature}
        bins={edges.map((edge, slot) => ({
          low: edges[Math.max(0, slot - 1)] ?? edge,
          high: edge,
          reference: reference[slot] ?? 0,
          current: current[slot] ?? 0,
        }))}
        over={{ reference: reference[last] ?? 0, current: current[last] ?? 0 }}
        nCurrent={n - feature.missing}
        height={160}
      />
    </div>
  );
}
