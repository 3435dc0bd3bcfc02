import { commandFor } from '../../../ui/command.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { rolloutsContract } from '../contract.ts';
import type { Rollout } from '../schema.ts';
import { Gain } from './gain.tsx';
import { PlanForm } from './plan-form.tsx';
import { rolloutsLead, stageText, statusOf, verdictWord } from './rollout-words.ts';

const COLUMNS: readonly DataColumn<Rollout>[] = [
  {
    id: 'rollout',
    head: 'rollout',
    value: (each) => `${each.id}: ${each.model} v${each.candidate} against v${each.champion}`,
    width: 250,
    grow: true,
    narrow: 'name',
  },
  {
    id: 'state',
    head: 'state',
    value: (each) => verdictWord(each),
    cell: (each) => (
      <span className="r-row">
        <Status word={statusOf(each)} glyphOnly still /> {verdictWord(each)}
      </span>
    ),
    width: 150,
    narrow: 'end',
  },
  { id: 'stage', head: 'stage', value: stageText, width: 190, grow: true },
  { id: 'endpoint', head: 'endpoint', value: (each) => each.endpoint, width: 150, narrow: 'none' },
  {
    id: 'gain',
    head: 'gain',
    value: (each) => each.looks.at(-1)?.gain ?? null,
    cell: (each) => <Gain rollout={each} />,
    width: 190,
  },
  {
    id: 'n',
    head: 'labelled rows',
    value: (each) => each.looks.at(-1)?.n ?? null,
    style: 'count',
    proof: (each) => ({
      proof: {
        definition: 'Requests scored by both arms whose truth was known at the newest look.',
        clock: 'event',
        rows: { label: 'the looks', href: `${pageOf(each.project, 'rollouts', each.id)}?tab=looks` },
      },
    }),
    width: 110,
    narrow: 'none',
  },
  {
    id: 'started',
    head: 'started',
    value: (each) => each.started_event_time,
    cell: (each) => <When at={each.started_event_time} clock="event" />,
    width: 150,
    narrow: 'none',
  },
];

/** Every candidate that was or is tried against a champion. */
export function Rollouts() {
  const table = useTableState(COLUMNS);
  const { project } = usePlace();
  const answer = useEndpoint(rolloutsContract.listRollouts, { params: { project } });
  const rollouts = answer.data?.rollouts ?? [];
  return (
    <PageFrame title="Rollouts" wide lead={rollouts.length > 0 ? rolloutsLead(project, rollouts) : undefined}>
      <Panel
        state={panelState(answer, {
          rows: 4,
          empty: (data) =>
            data.rollouts.length === 0 ? (
              <Empty command={commandFor(project, 'models promote MODEL VERSION --to ENVIRONMENT')}>
                A rollout tries a candidate beside the champion: first as a shadow on the same requests, then
                on a small share of the traffic. It starts when a version is promoted into an environment
                whose charter asks for a test. Below you can see what such a test would need.
              </Empty>
            ) : undefined,
        })}
      >
        <DataTable
          label="Rollouts"
          rows={rollouts}
          columns={COLUMNS}
          {...table}
          rowId={(each) => String(each.id)}
          href={(each) => pageOf(project, 'rollouts', each.id)}
        />
      </Panel>
      <PlanForm project={project} />
    </PageFrame>
  );
}
