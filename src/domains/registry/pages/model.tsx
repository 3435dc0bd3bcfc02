import { useMemo, useState } from 'react';
import { counted } from '../../../lib/lead.ts';
import { Action } from '../../../ui/action.tsx';
import { Columns } from '../../../ui/columns.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useAct, useBarrier, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Described } from '../../../ui/described.tsx';
import { Id } from '../../../ui/id.tsx';
import { Interval } from '../../../ui/interval.tsx';
import { Num } from '../../../ui/num.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { usePaletteEntries } from '../../../ui/palette-entries.ts';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import { evaluationsContract } from '../contract/evaluations.ts';
import { modelsContract } from '../contract/models.ts';
import { versionsContract } from '../contract/versions.ts';
import type { ModelVersion } from '../schema.ts';
import type { Evaluation } from '../schema/evaluation.ts';
import { Aliases } from './aliases.tsx';
import { gainProof, lossName, newestOf } from './evaluation-words.ts';
import type { LivePanel } from './later-rooms.ts';

/** One model: its card, its names, its versions, where it is live, and how each version did against the baseline on its own hold-out. */
export function Model({ Live }: { Live: LivePanel }) {
  const { project, params, go } = usePlace();
  const name = params.model ?? '';
  const model = useEndpoint(modelsContract.getRegisteredModel, { query: { name } }).data?.registered_model;
  const barrier = useBarrier('track');
  const describe = useAct(modelsContract.updateRegisteredModel);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const filter = `name = '${name.replaceAll("'", "''")}'`;
  const answer = useEndpoint(versionsContract.searchModelVersions, { query: { filter, max_results: 500 } });
  const evaluations = useEndpoint(evaluationsContract.listEvaluations, { params: { project, model: name } });
  const versions = [...(answer.data?.model_versions ?? [])].sort(
    (a, b) => Number(b.version) - Number(a.version),
  );
  const rows = { label: 'the versions', href: pageOf(project, 'models', name) };
  const judged = newestOf(evaluations.data?.evaluations ?? []);
  const staged = versions.some((each) => each.current_stage !== 'None');
  const numbers = useMemo(
    () =>
      (answer.data?.model_versions ?? []).map((each) => each.version).sort((a, b) => Number(b) - Number(a)),
    [answer.data],
  );
  useVersionEntries(project, name, numbers);
  const compare = () => {
    const [older, newer] = [...chosen].sort((a, b) => Number(a) - Number(b));
    go(pageOf(project, 'models', name, 'compare', `${older}..${newer}`));
  };
  return (
    <PageFrame
      title={name}
      lead={
        versions.length > 0
          ? [
              counted(
                versions.length,
                { definition: 'Registered versions that were not deleted.', rows },
                versions.length === 1 ? 'version' : 'versions',
              ),
              { type: 'text', text: `, the newest is v${versions[0]?.version}. ` },
              counted(judged.size, {
                definition: 'Versions that Rondo scored on a hold-out which training did not read.',
                n: versions.length,
                rows,
              }),
              {
                type: 'text',
                text: ` of them ${judged.size === 1 ? 'was' : 'were'} evaluated by Rondo.`,
              },
            ]
          : undefined
      }
    >
      {model ? (
        <Columns wideFirst>
          <Described
            title="Card"
            text={model.description ?? ''}
            none="Nobody has written what this model is for, and what it is not for."
            because={barrier}
            fault={describe.fault}
            onSave={(description, done) => describe.run({ body: { name, description } }, done)}
          />
          <div className="r-stack">
            <Panel title="Where it is live">
              <Live project={project} model={name} />
            </Panel>
            <Aliases project={project} model={model} versions={numbers} />
          </div>
        </Columns>
      ) : null}
      <Panel
        title="Versions"
        state={panelState(answer, {
          rows: 4,
          empty: () =>
            answer.data && versions.length === 0 ? (
              <p className="r-serif">No version of {name} is registered in this project.</p>
            ) : undefined,
        })}
      >
        <DataTable
          label={`Versions of ${name}`}
          rows={versions}
          columns={columnsOf(judged, staged)}
          selected={chosen}
          onSelect={setChosen}
          bulk={(ids) => (
            <Action because={ids.size === 2 ? undefined : 'Choose two versions.'} onClick={compare}>
              Compare 2 versions
            </Action>
          )}
          rowId={(each) => each.version}
          href={(each) => pageOf(project, 'models', name, each.version)}
          fixedColumns
        />
      </Panel>
      <Gains evaluations={[...judged.values()]} />
    </PageFrame>
  );
}

const columnsOf = (
  judged: ReadonlyMap<number, Evaluation>,
  staged: boolean,
): readonly DataColumn<ModelVersion>[] => [
  { id: 'version', head: 'version', value: (each) => `v${each.version}`, width: 90, narrow: 'name' },
  { id: 'aliases', head: 'aliases', value: (each) => each.aliases?.join(', ') || null, width: 120 },
  // Stages are MLflow's old labels: shown where somebody still uses them.
  ...(staged
    ? [{ id: 'stage', head: 'stage', value: (each: ModelVersion) => each.current_stage, width: 110 }]
    : []),
  {
    id: 'gain',
    head: 'gain over the baseline',
    value: (each) => judged.get(Number(each.version))?.pairs.baseline?.gain.value ?? null,
    cell: (each) => <Gain evaluation={judged.get(Number(each.version))} />,
    width: 190,
    narrow: 'end',
  },
  {
    id: 'rows',
    head: 'held-out rows',
    value: (each) => judged.get(Number(each.version))?.n ?? null,
    style: 'count',
    proof: 'Rows of the hold-out on which Rondo scored the version.',
    width: 120,
  },
  { id: 'by', head: 'made by', value: (each) => each.user_id ?? null, width: 220, grow: true },
  {
    id: 'digest',
    head: 'files',
    value: (each) => each.digest ?? null,
    cell: (each) => (each.digest ? <Id value={each.digest} length={12} /> : null),
    width: 130,
    narrow: 'none',
  },
  {
    id: 'created',
    head: 'registered',
    value: (each) => each.creation_timestamp,
    cell: (each) => <When at={each.creation_timestamp} clock="wall" />,
    width: 120,
  },
];

/** The versions, and the newest two beside each other, in the palette. */
function useVersionEntries(project: string, name: string, numbers: readonly string[]) {
  usePaletteEntries(
    useMemo(
      () => [
        ...numbers.slice(0, 200).map((version) => ({
          id: `version ${name} ${version}`,
          kind: 'object' as const,
          label: `${name} v${version}`,
          note: 'model version',
          href: pageOf(project, 'models', name, version),
        })),
        ...(numbers.length > 1
          ? [
              {
                id: 'model.compare',
                kind: 'action' as const,
                label: `Compare v${numbers[1]} with v${numbers[0]}`,
                href: pageOf(project, 'models', name, 'compare', `${numbers[1]}..${numbers[0]}`),
              },
            ]
          : []),
      ],
      [project, name, numbers],
    ),
  );
}

/** The gain over the baseline, which opens its proof. */
function Gain({ evaluation }: { evaluation: Evaluation | undefined }) {
  const gain = evaluation?.pairs.baseline?.gain;
  if (!evaluation || !gain || gain.value === null) return <span className="r-missing">{'\u2013'}</span>;
  return (
    <Num
      kind="estimated"
      value={gain.value}
      n={gain.n}
      interval={gain.low === null || gain.high === null ? { none: 'no interval' } : [gain.low, gain.high]}
      proof={gainProof(evaluation, 'baseline')}
    />
  );
}

function Gains({ evaluations }: { evaluations: readonly Evaluation[] }) {
  const rows = evaluations.flatMap((evaluation) => {
    const gain = evaluation.pairs.baseline?.gain;
    if (!gain || gain.value === null || gain.low === null || gain.high === null) return [];
    return [
      {
        label: `v${evaluation.version} on ${evaluation.dataset} v${evaluation.dataset_version}`,
        value: gain.value,
        interval: [gain.low, gain.high] as const,
        n: gain.n,
        role: 'current' as const,
        proof: gainProof(evaluation, 'baseline'),
      },
    ];
  });
  const loss = evaluations[0]?.loss;
  if (rows.length === 0 || !loss) return null;
  return (
    <Panel
      title="Gain over the baseline"
      note="each on its own hold-out: compare versions on one page of a version"
    >
      <Interval
        metric={`gain in ${lossName(loss)} over the baseline`}
        rows={rows}
        marks={[{ at: 0, label: 'no gain' }]}
      />
    </Panel>
  );
}
