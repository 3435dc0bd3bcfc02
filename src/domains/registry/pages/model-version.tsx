import { useMemo } from 'react';
import { Action } from '../../../ui/action.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { panelState, useAct, useBarrier, useEndpoint } from '../../../ui/data.tsx';
import { Described } from '../../../ui/described.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { usePaletteEntries } from '../../../ui/palette-entries.ts';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import { evaluationsContract } from '../contract/evaluations.ts';
import { versionsContract } from '../contract/versions.ts';
import type { ModelVersion as Version } from '../schema.ts';
import { EvaluationPanels } from './evaluation-panels.tsx';
import { newestOf, versionLead } from './evaluation-words.ts';
import type { LivePanel, PromotionsPanel } from './later-rooms.ts';
import { LoggedMetrics, useSourceRun } from './logged-metrics.tsx';
import { Signature } from './signature.tsx';
import { Slices } from './slices.tsx';

/** One version: how it was judged, where it is weak, what it was made from. */
export function ModelVersion({ Live, Promotions }: { Live: LivePanel; Promotions: PromotionsPanel }) {
  const { project, params, search, hrefWith } = usePlace();
  const name = params.model ?? '';
  const version = Number(params.version);
  const answer = useEndpoint(versionsContract.getModelVersion, { query: { name, version: String(version) } });
  const evaluations = useEndpoint(evaluationsContract.listEvaluations, {
    params: { project, model: name },
    query: { version },
  });
  const evaluation = newestOf(evaluations.data?.evaluations ?? []).get(version);
  const run = useSourceRun(answer.data?.model_version.run_id);
  useVersionActions(project, name, version);
  const tab = search.tab ?? 'card';
  const barrier = useBarrier('track');
  const describe = useAct(versionsContract.updateModelVersion);
  const urn = `rondo:model-version:${project === 'default' ? '' : `${encodeURIComponent(project)}/`}${encodeURIComponent(name)}/${version}`;
  return (
    <PageFrame
      title={`${name} v${version}`}
      lead={evaluations.data ? versionLead(evaluation, version) : undefined}
      actions={
        <>
          {version > 1 ? (
            <Action href={pageOf(project, 'models', name, 'compare', `${version - 1}..${version}`)}>
              {`Compare with v${version - 1}`}
            </Action>
          ) : null}
          <Action href={pageOf(project, 'releases')}>Releases</Action>
          <Action href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(urn)}`}>Lineage</Action>
        </>
      }
      tabs={[
        { id: 'card', label: 'Card', href: hrefWith({ tab: undefined }) },
        { id: 'slices', label: 'Slices', href: hrefWith({ tab: 'slices' }) },
        { id: 'signature', label: 'Signature and files', href: hrefWith({ tab: 'signature' }) },
        { id: 'evaluation', label: 'Evaluation', href: hrefWith({ tab: 'evaluation' }) },
      ]}
      tab={tab}
    >
      {tab === 'signature' ? (
        <Signature project={project} model={name} version={version} />
      ) : tab === 'slices' || tab === 'evaluation' ? (
        <Panel
          state={panelState(evaluations, {
            rows: 8,
            empty: () => (evaluation ? undefined : <NotEvaluated />),
          })}
        >
          {evaluation ? (
            tab === 'slices' ? (
              <Slices evaluation={evaluation} />
            ) : (
              <EvaluationPanels evaluation={evaluation} />
            )
          ) : null}
        </Panel>
      ) : (
        <Panel state={panelState(answer, { rows: 6 })}>
          {answer.data ? (
            <div className="r-stack">
              <Card
                project={project}
                version={answer.data.model_version}
                trainedOn={evaluation?.trained_on ?? []}
              />
              <Columns>
                <Described
                  text={answer.data.model_version.description}
                  none="Nobody has described this version."
                  because={barrier}
                  fault={describe.fault}
                  onSave={(description, done) =>
                    describe.run({ body: { name, version: String(version), description } }, done)
                  }
                />
                <Panel title="Metrics" note="as its run logged them, without intervals">
                  <LoggedMetrics project={project} run={run} />
                </Panel>
              </Columns>
              <Columns>
                <Panel title="Where it is live">
                  <Live project={project} model={name} version={version} />
                </Panel>
                <Panel title="Promotions and approvals">
                  <Promotions project={project} model={name} version={version} />
                </Panel>
              </Columns>
            </div>
          ) : null}
        </Panel>
      )}
      {tab === 'card' && evaluation ? (
        <EvaluationPanels evaluation={evaluation} only={[evaluation.loss, 'auc']} />
      ) : null}
    </PageFrame>
  );
}

/** What can be done from here, in the palette. */
function useVersionActions(project: string, name: string, version: number) {
  usePaletteEntries(
    useMemo(
      () => [
        {
          id: 'version.signature',
          kind: 'action' as const,
          label: `Show the signature of ${name} v${version}`,
          href: `${pageOf(project, 'models', name, version)}?tab=signature`,
        },
        ...(version > 1
          ? [
              {
                id: 'version.compare',
                kind: 'action' as const,
                label: `Compare v${version} with v${version - 1}`,
                href: pageOf(project, 'models', name, 'compare', `${version - 1}..${version}`),
              },
            ]
          : []),
      ],
      [project, name, version],
    ),
  );
}

const NotEvaluated = () => (
  <p className="r-serif">
    An evaluation scores this version, the baseline and the champion on the same held-out rows. None was made
    yet; a promotion makes one.
  </p>
);

function Card({
  project,
  version,
  trainedOn,
}: {
  project: string;
  version: Version;
  trainedOn: readonly string[];
}) {
  return (
    <Columns>
      <section className="r-panel">
        <h2 className="r-h2">What it is</h2>
        <Facts
          rows={[
            ['Aliases', version.aliases?.join(', ')],
            ['Files', version.digest ? <Id value={version.digest} length={12} /> : 'outside Rondo'],
            ['Stage', version.current_stage === 'None' ? undefined : version.current_stage],
            ['Registered', <When at={version.creation_timestamp} clock="wall" />],
            ['By', version.user_id],
            [
              'State',
              version.status === 'READY' ? 'ready' : version.status.toLowerCase().replaceAll('_', ' '),
            ],
            ...(version.tags ?? []).slice(0, 12).map((tag) => [tag.key ?? '', tag.value ?? ''] as const),
          ]}
        />
      </section>
      <section className="r-panel">
        <h2 className="r-h2">What it was made from</h2>
        <Facts
          rows={[
            [
              'Run',
              version.run_id ? (
                <Id value={version.run_id} href={pageOf(project, 'runs', version.run_id)} />
              ) : (
                'not known'
              ),
            ],
            ['Logged model', version.model_id ? <Id value={version.model_id} length={14} /> : undefined],
            ...trainedOn.map(
              (urn) =>
                [
                  'Trained on',
                  <code className="r-code">{decodeURIComponent(urn.split(':').slice(2).join(':'))}</code>,
                ] as const,
            ),
          ]}
        />
      </section>
    </Columns>
  );
}
