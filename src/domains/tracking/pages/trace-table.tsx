import { Modal } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { useAct, useBarrier } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { useTableState } from '../../../ui/table-state.ts';
import { When } from '../../../ui/when.tsx';
import { tracesContract } from '../contract/traces.ts';
import type { TraceInfo } from '../schema/traces.ts';
import { nameOf, ownTags, secondsOf, startOf, stateWord, tokensOf } from './trace-words.ts';

const COLUMNS: readonly DataColumn<TraceInfo>[] = [
  { id: 'name', head: 'trace', value: nameOf, width: 130, narrow: 'name' },
  {
    id: 'state',
    head: 'status',
    value: (trace) => stateWord(trace.state),
    cell: (trace) => <Status word={stateWord(trace.state)} still />,
    width: 100,
    narrow: 'end',
  },
  {
    id: 'request',
    head: 'request',
    value: (trace) => trace.request_preview ?? null,
    cell: (trace) => <Beginning text={trace.request_preview} />,
    width: 170,
    grow: true,
    narrow: 'none',
  },
  {
    id: 'response',
    head: 'response',
    value: (trace) => trace.response_preview ?? null,
    cell: (trace) => <Beginning text={trace.response_preview} />,
    width: 170,
    narrow: 'none',
  },
  {
    id: 'took',
    head: 'took',
    value: secondsOf,
    style: 'seconds',
    proof: 'From the start of the first span to the end of the last, by the clock of whoever traced.',
    width: 80,
    narrow: 'line',
  },
  {
    id: 'tokens',
    head: 'tokens',
    value: tokensOf,
    style: 'count',
    proof: 'Tokens that the spans say they used; a span that sums up its inner ones counts once.',
    width: 70,
    narrow: 'line',
  },
  {
    id: 'tags',
    head: 'tags',
    value: (trace) =>
      ownTags(trace)
        .map(([key, value]) => `${key}: ${value}`)
        .join(', ') || null,
    width: 110,
    narrow: 'none',
  },
  {
    id: 'session',
    head: 'session',
    value: (trace) => trace.trace_metadata?.['mlflow.trace.session'] ?? null,
    width: 120,
    hidden: true,
    narrow: 'none',
  },
  {
    id: 'user',
    head: 'user',
    value: (trace) => trace.trace_metadata?.['mlflow.trace.user'] ?? null,
    width: 120,
    hidden: true,
    narrow: 'none',
  },
  {
    id: 'started',
    head: 'started',
    value: startOf,
    cell: (trace) => <When at={startOf(trace)} clock="wall" />,
    width: 110,
  },
];

/** A preview begins with what is asked; its end matters less. */
function Beginning({ text }: { text: string | undefined }) {
  if (text === undefined) return <span className="r-missing">–</span>;
  return (
    <span className="r-beginning" title={text.slice(0, 500)}>
      {text}
    </span>
  );
}

/** Traces as rows; chosen ones can be deleted. */
export function TraceTable({ traces }: { traces: readonly TraceInfo[] }) {
  const { project } = usePlace();
  const table = useTableState(COLUMNS);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [removing, setRemoving] = useState(false);
  const barrier = useBarrier('track');
  const chosen = useMemo(() => traces.filter((trace) => selected.has(trace.trace_id)), [traces, selected]);
  return (
    <>
      <DataTable
        label="Traces"
        rows={traces}
        columns={COLUMNS}
        {...table}
        rowId={(trace) => trace.trace_id}
        href={(trace) => pageOf(project, 'traces', trace.trace_id)}
        selected={selected}
        onSelect={setSelected}
        bulk={(ids) => (
          <Action kind="harmful" because={barrier} onClick={() => setRemoving(true)}>
            {`Delete ${ids.size}`}
          </Action>
        )}
        dense
        maxHeight={720}
      />
      {removing ? (
        <DeleteTraces
          traces={chosen}
          onClose={() => setRemoving(false)}
          onDone={() => {
            setRemoving(false);
            setSelected(new Set());
          }}
        />
      ) : null}
    </>
  );
}

/** Deleting traces cannot be undone: the dialog says what goes. */
export function DeleteTraces({
  traces,
  onClose,
  onDone,
}: {
  traces: readonly TraceInfo[];
  onClose: () => void;
  onDone: () => void;
}) {
  const remove = useAct(tracesContract.deleteTraces, ({ traces_deleted: n }) => {
    onDone();
    return n === 1 ? 'One trace was deleted.' : `${n.toLocaleString('en-US')} traces were deleted.`;
  });
  const byExperiment = new Map<string, string[]>();
  for (const { trace_id, trace_location } of traces) {
    const { experiment_id } = trace_location.mlflow_experiment;
    byExperiment.set(experiment_id, [...(byExperiment.get(experiment_id) ?? []), trace_id]);
  }
  const assessments = traces.reduce((sum, trace) => sum + (trace.assessments?.length ?? 0), 0);
  const what = traces.length === 1 ? 'one trace' : `${traces.length.toLocaleString('en-US')} traces`;
  return (
    <Modal opened onClose={onClose} title={`Delete ${what} for good`}>
      <div className="r-stack">
        <p>
          {traces.length === 1 ? 'Its spans' : 'Their spans'}
          {assessments > 0 ? `, ${assessments} ${assessments === 1 ? 'assessment' : 'assessments'}` : ''} and
          files go too. Traces have no trash: this cannot be undone.
        </p>
        {remove.fault ? <Fault fault={remove.fault} /> : null}
        <div className="r-row">
          <Action
            kind="harmful"
            because={remove.running ? 'They are being deleted.' : undefined}
            onClick={() => {
              for (const [experiment_id, own] of byExperiment)
                remove.run({ body: { experiment_id, request_ids: own } });
            }}
          >
            {`Delete ${what}`}
          </Action>
          <Action onClick={onClose}>Keep {traces.length === 1 ? 'it' : 'them'}</Action>
        </div>
      </div>
    </Modal>
  );
}
