import { useMemo, useState } from 'react';
import { Action } from '../ui/action.tsx';
import type { DataColumn } from '../ui/data-column.ts';
import { DataTable } from '../ui/data-table.tsx';
import { FilterBar } from '../ui/filter-bar.tsx';
import { Id } from '../ui/id.tsx';
import { Panel } from '../ui/panel.tsx';
import { Status } from '../ui/status.tsx';
import { fromMlflow } from '../ui/status-words.ts';
import { When } from '../ui/when.tsx';
import { sampleRuns, type SampleRun } from './gallery-samples.ts';

const COLUMNS: readonly DataColumn<SampleRun>[] = [
  { id: 'name', head: 'run', value: (run) => run.name, width: 220, grow: true, narrow: 'name' },
  {
    id: 'id',
    head: 'id',
    value: (run) => run.id,
    cell: (run) => <Id value={run.id} />,
    width: 96,
    narrow: 'none',
  },
  {
    id: 'state',
    head: 'status',
    value: (run) => fromMlflow(run.state),
    cell: (run) => <Status word={fromMlflow(run.state)} still />,
    width: 110,
    narrow: 'end',
  },
  {
    id: 'loss',
    head: 'log_loss',
    value: (run) => run.loss,
    style: 'metric',
    proof: 'Logged by the run.',
    better: 'lower',
    width: 100,
  },
  {
    id: 'auc',
    head: 'auc',
    value: (run) => run.auc,
    style: 'metric',
    proof: 'Logged by the run.',
    better: 'higher',
    width: 90,
  },
  {
    id: 'seconds',
    head: 'took',
    value: (run) => run.seconds,
    style: 'seconds',
    proof: 'Logged by the run.',
    width: 100,
  },
  {
    id: 'started',
    head: 'started',
    value: (run) => run.started,
    cell: (run) => <When at={run.started} clock="wall" />,
    width: 110,
  },
  {
    id: 'rows',
    head: 'rows',
    value: (run) => run.rows,
    style: 'count',
    proof: 'Logged by the run.',
    width: 90,
    narrow: 'none',
  },
  {
    id: 'rate',
    head: 'rate',
    value: (run) => run.rate,
    style: 'exact',
    proof: 'Logged by the run.',
    width: 80,
    narrow: 'none',
  },
  {
    id: 'depth',
    head: 'depth',
    value: (run) => run.depth,
    style: 'count',
    proof: 'Logged by the run.',
    width: 80,
    narrow: 'none',
    hidden: true,
  },
  { id: 'solver', head: 'solver', value: (run) => run.solver, width: 90, narrow: 'none', hidden: true },
  { id: 'note', head: 'note', value: (run) => run.note || null, width: 160, narrow: 'none', hidden: true },
];

/** A table of 20,000 sample runs with filter, selection and new rows waiting. */
export function GalleryTable({ now }: { now: number }) {
  const all = useMemo(() => sampleRuns(20_000, now), [now]);
  const [filter, setFilter] = useState('');
  const [fresh, setFresh] = useState(true);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(
    () => all.filter((run) => run.name.includes(filter.trim()) || run.state.toLowerCase() === filter.trim()),
    [all, filter],
  );
  return (
    <Panel title="Runs" note="20,000 sample rows">
      <DataTable
        label="Sample runs"
        rows={rows}
        columns={COLUMNS}
        rowId={(run) => run.id}
        href={(run) => `/kit?run=${run.id}`}
        selected={selected}
        onSelect={setSelected}
        maxHeight={380}
        fresh={fresh ? { text: '3 new runs', onShow: () => setFresh(false) } : undefined}
        bulk={(chosen) => (chosen.size > 1 ? <Action>Compare {chosen.size}</Action> : null)}
        tools={
          <FilterBar
            value={filter}
            onChange={setFilter}
            placeholder="Filter runs by name"
            count={`${rows.length.toLocaleString('en-US')} of ${all.length.toLocaleString('en-US')}`}
            suggest={(word) =>
              ['finished', 'failed', 'running']
                .filter((each) => each.startsWith(word))
                .map((text) => ({ text, note: 'status' }))
            }
            error={
              filter.includes('>>')
                ? { at: filter.indexOf('>>'), message: 'Expected a number after “>”.' }
                : undefined
            }
          />
        }
      />
    </Panel>
  );
}
