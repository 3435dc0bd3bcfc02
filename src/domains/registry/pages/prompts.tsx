import { counted } from '../../../lib/lead.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { useTableState } from '../../../ui/table-state.ts';
import { When } from '../../../ui/when.tsx';
import { modelsContract } from '../contract/models.ts';
import type { RegisteredModel } from '../schema.ts';
import { PROMPTS_ONLY, tagWords } from './prompt-words.ts';

const COLUMNS: readonly DataColumn<RegisteredModel>[] = [
  { id: 'name', head: 'prompt', value: (each) => each.name, width: 220, grow: true, narrow: 'name' },
  {
    id: 'latest',
    head: 'newest',
    value: (each) => {
      const newest = Math.max(0, ...(each.latest_versions ?? []).map(({ version }) => Number(version)));
      return newest > 0 ? `v${newest}` : null;
    },
    width: 90,
    narrow: 'end',
  },
  {
    id: 'aliases',
    head: 'aliases',
    value: (each) => each.aliases?.map(({ alias, version }) => `${alias} v${version}`).join(', ') || null,
    width: 200,
    grow: true,
  },
  {
    id: 'tags',
    head: 'tags',
    value: (each) => tagWords(each) || null,
    width: 240,
    grow: true,
    narrow: 'none',
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
  const { project } = usePlace();
  const answer = useEndpoint(modelsContract.searchRegisteredModels, {
    query: { filter: PROMPTS_ONLY, max_results: 500 },
  });
  const prompts = answer.data?.registered_models ?? [];
  const rows = { label: 'the prompts', href: pageOf(project, 'prompts') };
  return (
    <PageFrame
      title="Prompts"
      wide
      lead={
        prompts.length > 0
          ? [
              counted(
                prompts.length,
                { definition: 'Prompts that are registered in this project.', rows },
                prompts.length === 1 ? 'prompt' : 'prompts',
              ),
              {
                type: 'text',
                text:
                  prompts.length === 1
                    ? ' is registered, with every version of its text.'
                    : ' are registered, each with every version of its text.',
              },
            ]
          : undefined
      }
    >
      <Panel
        state={panelState(answer, {
          rows: 5,
          empty: () =>
            prompts.length === 0 ? (
              <Empty command='mlflow.genai.register_prompt(name="greeting", template="Hello {{name}}")'>
                A prompt stands here once an mlflow client with this server as its registry registers one.
                Each change is a version; aliases say which one is live.
              </Empty>
            ) : undefined,
        })}
      >
        <DataTable
          label="Prompts"
          rows={prompts}
          columns={COLUMNS}
          {...table}
          rowId={(each) => each.name}
          href={(each) => pageOf(project, 'prompts', each.name)}
        />
      </Panel>
    </PageFrame>
  );
}
