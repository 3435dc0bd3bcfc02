import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import type { Approval } from '../schema.ts';
import { END_WORDS, STATE_WORDS } from './inbox-words.ts';

const COLUMNS: readonly DataColumn<Approval>[] = [
  { id: 'title', head: 'request', value: (each) => each.title, width: 280, grow: true, narrow: 'name' },
  {
    id: 'state',
    head: 'outcome',
    value: (each) => END_WORDS[each.state],
    cell: (each) => (
      <span className="r-row">
        <Status word={STATE_WORDS[each.state]} still glyphOnly /> {END_WORDS[each.state]}
      </span>
    ),
    width: 120,
    narrow: 'end',
  },
  { id: 'project', head: 'project', value: (each) => each.project, width: 110 },
  { id: 'by', head: 'asked by', value: (each) => each.requested_by, width: 130 },
  {
    id: 'votes',
    head: 'answered by',
    value: (each) => each.votes.map((vote) => `${vote.voter} ${vote.yes ? 'yes' : 'no'}`).join(', ') || null,
    width: 160,
  },
  { id: 'reason', head: 'why', value: (each) => each.reason, width: 260, grow: true, narrow: 'none' },
  {
    id: 'decided',
    head: 'ended',
    value: (each) => each.decided_at,
    cell: (each) => <When at={each.decided_at} clock="wall" />,
    width: 110,
  },
];

/** Requests that have ended, with who said what. */
export function Decided({ approvals }: { approvals: readonly Approval[] }) {
  if (approvals.length === 0)
    return (
      <p className="r-serif">
        Nothing was decided yet. Every request stays here with its answers and the reason for its end.
      </p>
    );
  return (
    <DataTable
      label="Requests that have ended"
      rows={approvals}
      columns={COLUMNS}
      rowId={(each) => String(each.id)}
    />
  );
}
