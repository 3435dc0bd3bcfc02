import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { useTableState } from '../../../ui/table-state.ts';
import { When } from '../../../ui/when.tsx';
import type { Promotion } from '../schema.ts';
import { GatesCount } from './gates-count.tsx';
import { gatesText, STATE_TEXTS, STATE_WORDS } from './release-words.ts';

const COLUMNS: readonly DataColumn<Promotion>[] = [
  {
    id: 'what',
    head: 'what',
    value: (each) => `${each.model} v${each.version} to ${each.environment}`,
    width: 230,
    grow: true,
    narrow: 'name',
  },
  {
    id: 'state',
    head: 'state',
    value: (each) => STATE_TEXTS[each.state],
    cell: (each) => (
      <span className="r-row">
        <Status word={STATE_WORDS[each.state]} glyphOnly still /> {STATE_TEXTS[each.state]}
      </span>
    ),
    width: 160,
    narrow: 'end',
  },
  {
    id: 'gates',
    head: 'gates',
    value: (each) => gatesText(each.gates),
    cell: (each) => <GatesCount promotion={each} />,
    width: 170,
  },
  { id: 'by', head: 'asked by', value: (each) => each.requested_by, width: 150 },
  { id: 'why', head: 'in words', value: (each) => each.sentence, width: 300, grow: true, narrow: 'none' },
  {
    id: 'at',
    head: 'asked',
    value: (each) => each.created_at,
    cell: (each) => <When at={each.created_at} clock="wall" />,
    width: 110,
  },
  {
    id: 'took',
    head: 'took',
    value: (each) => (each.ended_at === null ? null : (each.ended_at - each.created_at) / 1000),
    style: 'seconds',
    proof: 'From the request to its end, the wait for people included.',
    width: 90,
    narrow: 'none',
  },
];

/** Every promotion, newest first; a row opens its gates. */
export function PromotionHistory({ promotions }: { promotions: readonly Promotion[] }) {
  const { hrefWith, search } = usePlace();
  const table = useTableState(COLUMNS);
  return (
    <DataTable
      label="Promotions"
      rows={promotions}
      columns={COLUMNS}
      {...table}
      rowId={(each) => String(each.id)}
      href={(each) => hrefWith({ id: each.id })}
      marked={search.id}
    />
  );
}
