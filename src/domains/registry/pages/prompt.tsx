import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import { CodeBlock } from '../../../ui/code-block.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { DiffView } from '../../../ui/diff-view.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import { versionsContract } from '../contract/versions.ts';
import type { ModelVersion } from '../schema.ts';
import { promptText, PROMPTS_ONLY, tagWords } from './prompt-words.ts';

const COLUMNS: readonly DataColumn<ModelVersion>[] = [
  { id: 'version', head: 'version', value: (each) => `v${each.version}`, width: 90, narrow: 'name' },
  { id: 'aliases', head: 'aliases', value: (each) => each.aliases?.join(', ') || null, width: 140 },
  {
    id: 'message',
    head: 'what changed',
    value: (each) => each.description || null,
    width: 280,
    grow: true,
    narrow: 'end',
  },
  { id: 'tags', head: 'tags', value: (each) => tagWords(each) || null, width: 200, narrow: 'none' },
  {
    id: 'created',
    head: 'registered',
    value: (each) => each.creation_timestamp,
    cell: (each) => <When at={each.creation_timestamp} clock="wall" />,
    width: 120,
  },
];

/** One prompt: its versions, the text of one, and what changed since the one before it. */
export function Prompt() {
  const { project, params, search, hrefWith } = usePlace();
  const name = params.prompt ?? '';
  const filter = `name = '${name.replaceAll("'", "''")}' AND ${PROMPTS_ONLY}`;
  const answer = useEndpoint(versionsContract.searchModelVersions, { query: { filter, max_results: 500 } });
  const versions = [...(answer.data?.model_versions ?? [])].sort(
    (a, b) => Number(b.version) - Number(a.version),
  );
  const at = Math.max(
    0,
    versions.findIndex((each) => each.version === search.v),
  );
  const shown = versions[at];
  const before = versions[at + 1];
  return (
    <PageFrame title={name} lead={versions.length > 0 ? promptLead(project, name, versions) : undefined}>
      <Panel
        title="Versions"
        state={panelState(answer, {
          rows: 4,
          empty: () =>
            versions.length === 0 ? (
              <p className="r-serif">No version of {name} is registered in this project.</p>
            ) : undefined,
        })}
      >
        <DataTable
          label={`Versions of ${name}`}
          rows={versions}
          columns={COLUMNS}
          rowId={(each) => each.version}
          href={(each) => hrefWith({ v: each.version })}
          fixedColumns
        />
      </Panel>
      {shown ? (
        <Panel title={`Text of v${shown.version}`}>
          <CodeBlock
            label={`Text of v${shown.version}`}
            forms={[{ label: 'text', text: promptText(shown) }]}
            wrap
          />
        </Panel>
      ) : null}
      {shown && before ? (
        <Panel title="What changed" note={`since v${before.version}`}>
          <DiffView
            kind="text"
            before={`v${before.version}`}
            after={`v${shown.version}`}
            beforeText={promptText(before)}
            afterText={promptText(shown)}
          />
        </Panel>
      ) : null}
    </PageFrame>
  );
}

/** The newest version, and which versions clients get by an alias. */
function promptLead(project: string, name: string, versions: readonly ModelVersion[]): LeadPart[] {
  const rows = { label: 'its versions', href: pageOf(project, 'prompts', name) };
  const aliases = versions.flatMap(({ version, aliases: all = [] }) =>
    all.map((alias) => `${alias} is v${version}`),
  );
  return lead(
    counted(
      versions.length,
      { definition: 'Versions of this prompt that are not deleted.', rows },
      versions.length === 1 ? 'version' : 'versions',
    ),
    `, the newest is v${versions[0]?.version}. `,
    aliases.length > 0 ? `${listed(aliases)}.` : 'No alias points to one, so clients name a number.',
  ).parts;
}

/** A few, then how many more there are. */
const listed = (words: readonly string[]): string =>
  words.length <= 3
    ? words.join(', ')
    : `${words.slice(0, 3).join(', ')} and ${words.length - 3} more aliases are set`;
