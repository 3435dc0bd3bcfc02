import type { DataColumn } from '../../ui/data-column.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { pageOf } from '../../ui/place.ts';
import { Status } from '../../ui/status.tsx';
import type { StatusWord } from '../../ui/status-words.ts';
import { When } from '../../ui/when.tsx';
import type { Turn } from './turns.ts';

const WORDS: Readonly<Record<Turn['outcome'], StatusWord>> = {
  promoted: 'Done',
  running: 'Running',
  'rolled-back': 'Failed',
  rejected: 'Cancelled',
  inconclusive: 'Paused',
};

export interface TurnTableProps {
  project: string;
  turns: readonly Turn[];
  marked?: number;
  onTurn?: (turn: number | undefined) => void;
}

/** Every time round the loop, newest first, with how far it came. */
export function TurnTable({ project, turns, marked }: TurnTableProps) {
  const columns: readonly DataColumn<Turn>[] = [
    {
      id: 'number',
      head: 'turn',
      value: (turn) => turn.number,
      style: 'exact',
      proof: null,
      width: 70,
      narrow: 'name',
    },
    { id: 'by', head: 'started by', value: (turn) => turn.startedBy, width: 190, grow: true },
    { id: 'version', head: 'version', value: (turn) => turn.version ?? null, width: 170 },
    { id: 'reached', head: 'reached', value: (turn) => turn.reached, width: 110 },
    {
      id: 'verdict',
      head: 'verdict',
      value: (turn) => turn.verdict,
      cell: (turn) => (
        <span className="r-row">
          <Status word={WORDS[turn.outcome]} glyphOnly still /> {turn.verdict}
        </span>
      ),
      width: 200,
      grow: true,
      narrow: 'end',
    },
    {
      id: 'rollout',
      head: 'rollout',
      value: (turn) => turn.rollout,
      cell: (turn) =>
        turn.rollout === null ? null : (
          <a href={pageOf(project, 'rollouts', turn.rollout)}>rollout {turn.rollout}</a>
        ),
      width: 100,
      narrow: 'none',
    },
    {
      id: 'started',
      head: 'started',
      value: (turn) => turn.startedAt,
      cell: (turn) => <When at={turn.startedAt} clock="wall" />,
      width: 110,
    },
    {
      id: 'took',
      head: 'took',
      value: (turn) => (turn.endedAt === null ? null : (turn.endedAt - turn.startedAt) / 1000),
      style: 'seconds',
      proof: 'From the start of the training pipeline to the end of the last promotion of the turn.',
      width: 110,
      narrow: 'none',
    },
  ];
  return (
    <DataTable
      label="Turns of the loop"
      rows={[...turns].reverse()}
      columns={columns}
      rowId={(turn) => String(turn.number)}
      href={(turn) => pageOf(project, 'pipelines', turn.pipeline, 'runs', turn.run)}
      marked={marked === undefined ? undefined : String(marked)}
      fixedColumns
    />
  );
}
