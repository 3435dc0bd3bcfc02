import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { When } from '../../../ui/when.tsx';
import type { RegisteredModel } from '../schema.ts';
import { NameFilter } from './name-filter.tsx';
import { tagWords } from './prompt-words.ts';
import { newestOf, useModels } from './use-models.ts';

const COLUMNS: readonly DataColumn<RegisteredModel>[] = [
  { id: 'name', head: 'prompt', value: (each) => each.name, width: 220, grow: true, narrow: 'name' },
  {
    id: 'latest',
    head: 'newest',
    value: (each) => (newestOf(each) > 0 ? `v${newestOf(each)}` : null),
    width: 90,
    narrow: 'end',
    sortable: false,
  },
  {
    id: 'aliases',
    head: 'aliases',
    value: (each) => each.aliases?.map(({ alias, version }) => `${alias} v${version}`).join(', ') || null,
    width: 200,
    grow: true,
    sortable: false,
  },
  {
    id: 'tags',
    head: 'tags',
    value: (each) => tagWords(each) || null,
    width: 240,
    grow: true,
    narrow: 'none',
    sortable: false,
  },
  {
    id: 'updated',
    head: 'changed',
    value: (each) => each.last_updated_timestamp,
    cell: (each) => <When at={each.last_updated_timestamp} clock="wall" />,
    width: 120,
  },
];

/** Every prompt with its newest version. */
export function Prompts() {
  const table = useTableState(COLUMNS);
  const { project, setSearch } = usePlace();
  const { models: prompts, counts, more, fresh, state } = useModels('prompts');
  return (
    <PageFrame
      title="Prompts"
      wide
      lead={counts && counts.models > 0 ? promptsLead(project, counts.models) : undefined}
    >
      {counts && counts.models > 0 ? <NameFilter label="Find a prompt" /> : null}
      <Panel
        state={state(
          {
            kind: 'empty',
            empty: (
              <Empty command='mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}")'>
                A prompt stands here once an mlflow client with this server as its registry registers one.
                Each change is a version; aliases say which one is live.
              </Empty>
            ),
          },
          () => setSearch({ q: undefined }),
        )}
      >
        <DataTable
          label="Prompts"
          rows={prompts}
          columns={COLUMNS}
          {...table}
          ordered
          more={more}
          fresh={fresh}
          rowId={(each) => each.name}
          href={(each) => pageOf(project, 'prompts', each.name)}
        />
      </Panel>
    </PageFrame>
  );
}

function promptsLead(project: string, prompts: number): LeadPart[] {
  const rows = { label: 'the prompts', href: pageOf(project, 'prompts') };
  return lead(
    counted(
      prompts,
      { definition: 'Prompts that are registered in this project.', rows },
      prompts === 1 ? 'prompt' : 'prompts',
    ),
    prompts === 1
      ? ' is registered, with every version of its text.'
      : ' are registered, each with every version of its text.',
  ).parts;
}
