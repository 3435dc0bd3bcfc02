import type { DataColumn } from '../../ui/data-column.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Delta } from '../../ui/delta.tsx';
import { pageOf } from '../../ui/place.ts';
import { Status } from '../../ui/status.tsx';
import type { StatusWord } from '../../ui/status-words.ts';
import type { TurnChange } from './turn-change.ts';
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
      width: 60,
      narrow: 'name',
    },
    { id: 'by', head: 'started by', value: (turn) => turn.startedBy, width: 130, grow: true, narrow: 'none' },
    { id: 'version', head: 'version', value: (turn) => turn.version ?? null, width: 130, narrow: 'none' },
    { id: 'reached', head: 'reached', value: (turn) => turn.reached, width: 85, narrow: 'none' },
    {
      id: 'verdict',
      head: 'verdict',
      value: (turn) => turn.verdict,
      cell: (turn) => (
        <span className="r-one-line">
          <Status word={WORDS[turn.outcome]} glyphOnly still /> {turn.verdict}
        </span>
      ),
      width: 180,
      narrow: 'end',
    },
    {
      id: 'change',
      head: 'gain',
      value: (turn) => ('none' in turn.change ? null : turn.change.gain),
      cell: (turn) => <Change project={project} change={turn.change} />,
      width: 370,
    },
    {
      id: 'took',
      head: 'took',
      value: (turn) => (turn.endedAt === null ? null : (turn.endedAt - turn.startedAt) / 1000),
      style: 'seconds',
      proof: 'From the start of the training pipeline to the end of the last promotion of the turn.',
      width: 80,
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

/** How much lower the loss of the turn's version is than that of what it was paired with. */
function Change({ project, change }: { project: string; change: TurnChange }) {
  if ('none' in change) return <span className="r-muted">{change.none}</span>;
  const { gain, interval, n, metric, against, measured } = change;
  const loss = metric.replaceAll('_', ' ');
  const live = measured.on === 'live';
  return (
    <span className="r-one-line">
      <Delta
        value={gain}
        interval={interval}
        better="higher"
        against={against}
        n={n}
        proof={{
          definition: `How much lower the ${loss} of the turn's version is than that of ${against}, ${live ? 'on the same live requests' : 'on the same rows of its evaluation'}.`,
          formula: `mean(${loss} of ${against} \u2212 ${loss} of the version), paired by row`,
          ...(live ? { clock: 'event' as const } : {}),
          method: live
            ? 'always valid: it holds at every look of the rollout'
            : '95% interval of the mean of the differences',
          rows: live
            ? { label: `rollout ${measured.rollout}`, href: pageOf(project, 'rollouts', measured.rollout) }
            : { label: 'the gates of its promotion', href: pageOf(project, 'releases', measured.promotion) },
        }}
      />{' '}
      <span className="r-muted">over {against}</span>
    </span>
  );
}
