import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { formatEstimate, formatNumber } from '../../../ui/number.ts';
import { When } from '../../../ui/when.tsx';
import type { Look } from '../schema.ts';
import { VERDICT_WORDS } from './rollout-words.ts';

const COLUMNS: readonly DataColumn<Look>[] = [
  {
    id: 'through',
    head: 'event time',
    value: (look) => look.through,
    cell: (look) => <When at={look.through} clock="event" />,
    width: 150,
    narrow: 'name',
  },
  { id: 'decision', head: 'said', value: (look) => VERDICT_WORDS[look.decision], width: 140, narrow: 'end' },
  { id: 'stage', head: 'stage', value: (look) => look.stage, width: 80 },
  { id: 'n', head: 'rows', value: (look) => look.n, style: 'count', width: 90 },
  { id: 'gain', head: 'gain', value: gain, width: 220 },
  { id: 'sentence', head: 'why', value: (look) => look.sentence, width: 320, grow: true, narrow: 'none' },
  {
    id: 'looked',
    head: 'looked',
    value: (look) => look.looked_at,
    cell: (look) => <When at={look.looked_at} clock="wall" />,
    width: 110,
    narrow: 'none',
  },
];

function gain(look: Look): string | null {
  if (look.gain === null) return null;
  if (look.low === null || look.high === null) return formatNumber(look.gain);
  const shown = formatEstimate(look.gain, [look.low, look.high]);
  return `${shown.value} (${shown.low} to ${shown.high})`;
}

/** Every look with what it said; looks happen at fixed event times, so a replay says the same. */
export function Looks({ looks }: { looks: readonly Look[] }) {
  if (looks.length === 0)
    return <p className="r-serif">Nobody has looked yet. A look is taken each time event time moves on.</p>;
  return (
    <DataTable
      label="Looks"
      rows={[...looks].reverse()}
      columns={COLUMNS}
      rowId={(look) => `${look.stage} ${look.through}`}
    />
  );
}
