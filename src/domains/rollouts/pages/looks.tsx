import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Lead } from '../../../ui/lead.tsx';
import { When } from '../../../ui/when.tsx';
import type { Look, Rollout } from '../schema.ts';
import { lookProof } from '../schema/proofs.ts';
import { Gain } from './gain.tsx';
import { VERDICT_WORDS } from './rollout-words.ts';

const columnsOf = (rollout: Rollout): readonly DataColumn<Look>[] => [
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
  {
    id: 'n',
    head: 'rows',
    value: (look) => look.n,
    style: 'count',
    proof: (look) => ({
      proof: lookProof(
        rollout,
        look,
        'Requests scored by both arms whose truth is known by this event time.',
      ),
    }),
    width: 90,
  },
  {
    id: 'gain',
    head: 'gain',
    value: (look) => look.gain,
    cell: (look) => <Gain rollout={rollout} look={look} />,
    width: 220,
  },
  {
    id: 'sentence',
    head: 'why',
    value: (look) => look.sentence,
    cell: (look) => <Lead small parts={look.parts} />,
    width: 320,
    grow: true,
    narrow: 'none',
  },
  {
    id: 'looked',
    head: 'looked',
    value: (look) => look.looked_at,
    cell: (look) => <When at={look.looked_at} clock="wall" />,
    width: 110,
    narrow: 'none',
  },
];

/** Every look with what it said; looks happen at fixed event times, so a replay says the same. */
export function Looks({ rollout }: { rollout: Rollout }) {
  const { looks } = rollout;
  if (looks.length === 0)
    return <p className="r-serif">Nobody has looked yet. A look is taken each time event time moves on.</p>;
  return (
    <DataTable
      label="Looks"
      rows={[...looks].reverse()}
      columns={columnsOf(rollout)}
      rowId={(look) => `${look.stage} ${look.through}`}
    />
  );
}
