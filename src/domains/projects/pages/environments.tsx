import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Panel } from '../../../ui/panel.tsx';
import type { Environment } from '../schema.ts';

const COLUMNS: readonly DataColumn<Environment>[] = [
  {
    id: 'name',
    head: 'environment',
    value: (each) => each.name,
    width: 130,
    narrow: 'name',
    sortable: false,
  },
  { id: 'after', head: 'comes after', value: (each) => each.after ?? null, width: 110, sortable: false },
  {
    id: 'gate',
    head: 'changed by',
    value: (each) => (each.protected ? `promotion, ${MODE_WORDS[each.mode]}` : 'any deployment'),
    width: 190,
    sortable: false,
  },
  {
    id: 'approvals',
    head: 'people',
    value: (each) =>
      each.mode === 'manual'
        ? `${each.approvals.needed}${each.approvals.allow_self ? '' : ', not the author'}`
        : null,
    width: 110,
    sortable: false,
  },
  {
    id: 'test',
    head: 'test before it answers all',
    value: testText,
    width: 380,
    grow: true,
    sortable: false,
  },
  {
    id: 'endpoint',
    head: 'endpoint',
    value: (each) => each.endpoint,
    width: 170,
    narrow: 'none',
    sortable: false,
  },
];

const MODE_WORDS: Readonly<Record<Environment['mode'], string>> = {
  automatic: 'once its gates pass',
  'on-merge': 'once its gates and CI pass',
  manual: 'once people agree too',
};

/** The way into production: who or what opens each door. */
export function Environments({
  environments,
  aliases,
}: {
  environments: readonly Environment[];
  aliases: Readonly<Record<string, string>>;
}) {
  const held = Object.entries(aliases);
  return (
    <Panel title="The way into production" note={`${environments.length} environments`}>
      <DataTable
        label="Environments"
        rows={environments}
        columns={COLUMNS}
        rowId={(each) => each.name}
        fixedColumns
      />
      {held.length > 0 ? (
        <p className="r-small">
          Registry aliases that only a promotion moves:{' '}
          {held.map(([alias, name]) => `${alias} (${name})`).join(', ')}
        </p>
      ) : null}
    </Panel>
  );
}

function testText({ rollout }: Environment): string | null {
  if (!rollout) return null;
  const share = Math.round(rollout.canary_weight * 1000) / 10;
  return `shadow for a gain of ${rollout.effect}, at most ${rollout.horizon_days} d; then ${share}% for ${rollout.canary_days} d`;
}
