import { type ComponentType, useMemo } from 'react';
import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import { Action } from '../../../ui/action.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { usePaletteEntries } from '../../../ui/palette-entries.ts';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import type { Run } from '../schema.ts';
import { CompareCurves } from './compare-curves.tsx';
import { CodeLines, EnvironmentFiles } from './compare-files.tsx';
import { CompareImportance } from './compare-importance.tsx';
import { CompareParallel } from './compare-parallel.tsx';
import { type ComparedKind, comparedRows } from './compare-rows.ts';
import { CompareBox, CompareScatter } from './compare-scatter.tsx';
import { CompareTable } from './compare-table.tsx';
import { AtChooser, BaseChooser } from './compare-tools.tsx';
import { AT_WORDS, type ComparedRun, dimensionsOf } from './compared-runs.ts';
import { compareHref } from './run-words.ts';
import { MOST_COMPARED, useCompared } from './use-compared.ts';

/** What a room further on measured of the models of these runs. */
export type EvaluationsPanel = ComponentType<{ project: string; runs: readonly Run[]; base: Run }>;

const TABS = [
  ['charts', 'Charts'],
  ['table', 'Table'],
  ['parallel', 'Parallel'],
  ['scatter', 'Scatter'],
  ['box', 'Box'],
  ['importance', 'Importance'],
  ['code', 'Code'],
  ['data', 'Data'],
  ['environment', 'Environment'],
] as const;
type Tab = (typeof TABS)[number][0];
/** Where the values of metrics count. */
const VALUED: readonly Tab[] = ['table', 'parallel', 'scatter', 'box', 'importance'];
const KINDS: Partial<Record<Tab, readonly ComparedKind[]>> = {
  code: ['code'],
  data: ['data'],
  environment: ['environment'],
};
const TITLES: Partial<Record<Tab, string>> = { code: 'Code', data: 'Data', environment: 'Environment' };

/** Runs against each other: their curves, what differs in what they recorded, and what goes with a good metric. */
export function Compare({ Evaluations }: { Evaluations: EvaluationsPanel }) {
  const { project, search, hrefWith } = usePlace();
  const { ids, runs, at, state, missing, experiments } = useCompared();
  const base = runs.find((run) => run.id === search.base) ?? runs[0];
  const tab = TABS.find(([id]) => id === search.tab)?.[0] ?? 'charts';
  usePaletteEntries(
    useMemo(
      () =>
        TABS.map(([id, label]) => ({
          id: `compare.${id}`,
          kind: 'action' as const,
          label: `Compare these runs: ${label.toLowerCase()}`,
          href: `${compareHref(project, ids)}&tab=${id}`,
        })),
      [project, ids],
    ),
  );
  const trashed = runs.filter(({ run }) => run.info.lifecycle_stage === 'deleted').length;
  const from = new Set(runs.map(({ run }) => run.info.experiment_id));
  return (
    <PageFrame
      title={base ? titleOf(runs, base) : 'Compare runs'}
      wide
      lead={base && runs.length > 1 ? compareLead(hrefWith({ tab: 'table' }), runs) : undefined}
      actions={
        <Action href={`${pageOf(project, 'experiments')}?sel=${ids.join(',')}`}>Choose other runs</Action>
      }
      tabs={base ? TABS.map(([id, label]) => ({ id, label, href: hrefWith({ tab: id }) })) : undefined}
      tab={tab}
    >
      {ids.length === 0 ? (
        <p className="r-serif">
          Choose two runs or more in the <a href={pageOf(project, 'experiments')}>list of runs</a>, then
          compare them: curves, params, metrics, code and data stand here side by side. At most{' '}
          {MOST_COMPARED} at once.
        </p>
      ) : (
        <>
          {missing > 0 || trashed > 0 || (base && runs.length === 1) || from.size > 1 ? (
            <p className="r-small">
              {remarks(
                runs.length,
                missing,
                trashed,
                [...from].map((id) => experiments.get(id) ?? id),
              )}
            </p>
          ) : null}
          {base && VALUED.includes(tab) ? (
            <div className="r-row">
              <AtChooser at={at} lastStep={lastStepOf(runs)} />
              {runs.length > 1 && tab === 'table' ? <BaseChooser runs={runs} base={base} /> : null}
            </div>
          ) : null}
          {base && runs.length > 1 && tab === 'table' ? (
            <Evaluations project={project} runs={runs.map((each) => each.run)} base={base.run} />
          ) : null}
          <Panel
            state={base ? state : state.kind === 'ready' ? { kind: 'empty', empty: <NoneLeft /> } : state}
          >
            {base ? <Content tab={tab} runs={runs} base={base} note={AT_WORDS[at.kind]} /> : null}
          </Panel>
        </>
      )}
    </PageFrame>
  );
}

function Content({
  tab,
  runs,
  base,
  note,
}: {
  tab: Tab;
  runs: readonly ComparedRun[];
  base: ComparedRun;
  note: string;
}) {
  const dimensions = useMemo(() => dimensionsOf(runs), [runs]);
  const plot = { runs, dimensions };
  switch (tab) {
    case 'charts':
      return <CompareCurves runs={runs} />;
    case 'parallel':
      return <CompareParallel {...plot} />;
    case 'scatter':
      return <CompareScatter {...plot} />;
    case 'box':
      return <CompareBox {...plot} />;
    case 'importance':
      return <CompareImportance {...plot} />;
    case 'table':
      return (
        <CompareTable
          runs={runs}
          base={base}
          title="Side by side"
          note={`${note}, as the runs logged them, without intervals`}
        />
      );
    default:
      return (
        <div className="r-stack">
          <CompareTable runs={runs} base={base} kinds={KINDS[tab] ?? []} title={TITLES[tab] ?? ''} />
          {tab === 'code' ? <CodeLines runs={runs} base={base} /> : null}
          {tab === 'environment' ? <EnvironmentFiles runs={runs} base={base} /> : null}
        </div>
      );
  }
}

function NoneLeft() {
  const { project } = usePlace();
  return (
    <p className="r-serif">
      None of these runs is in this project any more.{' '}
      <a href={pageOf(project, 'experiments')}>Choose others</a>.
    </p>
  );
}

const titleOf = (runs: readonly ComparedRun[], base: ComparedRun): string =>
  runs.length === 1
    ? base.name
    : `${runs.length - 1} ${runs.length === 2 ? 'run' : 'runs'} against ${base.name}`;

/** What one should know of the runs before comparing them. */
function remarks(shown: number, missing: number, trashed: number, experiments: readonly string[]): string {
  const runs = (count: number) => `${count} ${count === 1 ? 'run' : 'runs'}`;
  return [
    shown === 1 ? 'One run alone; add another to see what differs.' : '',
    experiments.length > 1
      ? `From ${experiments.length} experiments: ${experiments.slice(0, 4).join(', ')}${experiments.length > 4 ? ' and others' : ''}.`
      : '',
    trashed > 0 ? `${runs(trashed)} of them ${trashed === 1 ? 'is' : 'are'} in the trash.` : '',
    missing > 0
      ? `${runs(missing)} of the address ${missing === 1 ? 'is' : 'are'} not in this project, or deleted for good.`
      : '',
  ]
    .filter(Boolean)
    .join(' ');
}

const lastStepOf = (runs: readonly ComparedRun[]): number =>
  runs.reduce(
    (last, { run }) => (run.data.metrics ?? []).reduce((most, metric) => Math.max(most, metric.step), last),
    0,
  );

function compareLead(compared: string, runs: readonly ComparedRun[]): LeadPart[] {
  const rows = comparedRows(runs).filter((row) => row.differs);
  const sideBySide = { label: 'the runs side by side', href: compared };
  const params = rows.filter((row) => row.kind === 'param');
  const metrics = rows.filter((row) => row.kind === 'metric');
  const first = params
    .slice(0, 3)
    .map((row) => row.key)
    .join(', ');
  return lead(
    'They differ in ',
    counted(
      params.length,
      { definition: 'Params that are not equal in all of these runs.', rows: sideBySide },
      params.length === 1 ? 'param' : 'params',
    ),
    params.length === 0 ? '' : ` (${first}${params.length > 3 ? ' and others' : ''})`,
    ' and in ',
    counted(
      metrics.length,
      { definition: 'Metrics whose values are not equal in all of these runs.', rows: sideBySide },
      metrics.length === 1 ? 'metric' : 'metrics',
    ),
    '. Metrics were logged by the runs themselves, without intervals.',
  ).parts;
}
