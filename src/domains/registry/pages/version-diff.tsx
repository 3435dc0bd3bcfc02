import { estimated, lead, type LeadPart } from '../../../lib/lead.ts';
import { Action } from '../../../ui/action.tsx';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DiffView } from '../../../ui/diff-view.tsx';
import { Interval } from '../../../ui/interval.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { lineageContract } from '../../lineage/contract.ts';
import type { LineageGraph } from '../../lineage/schema.ts';
import { contentsContract } from '../contract/contents.ts';
import { evaluationsContract } from '../contract/evaluations.ts';
import type { Evaluation } from '../schema/evaluation.ts';
import { gainProof, judged, lossName, metricRows, newestOf } from './evaluation-words.ts';
import { FileDiff, RunDiff } from './version-parts.tsx';
import { type SignatureChange, signatureChanges } from './signature-words.ts';
import { Slices } from './slices.tsx';

/** Two versions of a model: what breaks callers first, then how they did, what they were made from. */
export function VersionDiff() {
  const { project, params } = usePlace();
  const model = params.model ?? '';
  const [from = 0, to = 0] = (params.versions ?? '').split('..').map(Number);
  const valid = from > 0 && to > 0;
  const before = useEndpoint(
    contentsContract.getVersionContents,
    valid ? { params: { project, model, version: from } } : undefined,
  );
  const after = useEndpoint(
    contentsContract.getVersionContents,
    valid ? { params: { project, model, version: to } } : undefined,
  );
  const evaluations = useEndpoint(evaluationsContract.listEvaluations, { params: { project, model } });
  const judgedBy = evaluations.data?.evaluations ?? [];
  // The same rows for both, where Rondo scored one beside the other; else each on its own hold-out.
  const paired = judgedBy.find((each) => each.version === to && each.champion === from);
  const signature =
    before.data && after.data ? signatureChanges(before.data.signature, after.data.signature) : [];
  return (
    <PageFrame
      title={`${model} v${from} to v${to}`}
      lead={before.data && after.data && evaluations.data ? diffLead(signature, paired, from, to) : undefined}
      actions={
        <>
          <Action href={pageOf(project, 'models', model, 'compare', `${to}..${from}`)}>Swap</Action>
          <Action href={pageOf(project, 'models', model, to)}>{`Open v${to}`}</Action>
        </>
      }
    >
      {valid ? null : (
        <p className="r-serif">Two versions are compared by an address such as …/compare/2..3.</p>
      )}
      <Panel
        title="Signature"
        note="what breaks callers first"
        state={panelState(before.data ? after : before, { rows: 5 })}
      >
        {signature.some((row) => row.changed) ? null : (
          <p className="r-serif">Both take and give the same columns.</p>
        )}
        <DiffView
          kind="fields"
          before={`v${from}`}
          after={`v${to}`}
          rows={signature.map((row) => ({
            ...row,
            note: row.breaking ? `breaks callers: ${row.note ?? ''}` : row.note,
          }))}
        />
      </Panel>
      <Panel
        title="Metrics"
        note={
          paired
            ? `both on ${paired.n.toLocaleString('en-US')} rows of ${paired.dataset} v${paired.dataset_version}`
            : 'each on its own hold-out: intervals of different rows say little about the difference'
        }
        state={panelState(evaluations, { rows: 5 })}
      >
        <Metrics paired={paired} evaluations={judgedBy} from={from} to={to} />
      </Panel>
      {paired && paired.slices.length > 0 ? (
        <Panel title="Slices">
          <Slices evaluation={paired} />
        </Panel>
      ) : null}
      <RunDiff project={project} model={model} from={from} to={to} />
      <Panel title="Files" note="by digest" state={panelState(before.data ? after : before, { rows: 5 })}>
        {before.data && after.data ? (
          <FileDiff before={before.data} after={after.data} from={from} to={to} />
        ) : null}
      </Panel>
      <Origins project={project} model={model} from={from} to={to} />
    </PageFrame>
  );
}

function diffLead(
  signature: readonly SignatureChange[],
  paired: Evaluation | undefined,
  from: number,
  to: number,
): LeadPart[] {
  const breaking = signature.filter((row) => row.breaking);
  const changed = signature.filter((row) => row.changed);
  const first =
    breaking.length > 0
      ? `v${to} breaks callers of v${from}: ${breaking.map((row) => row.key).join(', ')}.`
      : changed.length > 0
        ? `Callers of v${from} can call v${to}; ${changed.map((row) => row.key).join(', ')} changed.`
        : `Callers of v${from} can call v${to} as it is.`;
  const gain = paired?.pairs.champion?.gain;
  if (!paired || gain?.value == null)
    return lead(first, ' Rondo has not scored them on the same rows.').parts;
  const word = judged(gain);
  return lead(
    first,
    ` In ${lossName(paired.loss)} v${to} is ${word === 'no clear difference' ? 'not clearly different' : word}: gain `,
    estimated({ ...gain, value: gain.value }, gainProof(paired, 'champion')),
    '.',
  ).parts;
}

function Metrics({
  paired,
  evaluations,
  from,
  to,
}: {
  paired: Evaluation | undefined;
  evaluations: readonly Evaluation[];
  from: number;
  to: number;
}) {
  const newest = newestOf(evaluations);
  const sides = paired ? [paired] : [newest.get(from), newest.get(to)].filter((each) => each !== undefined);
  const rowsOf = (metric: string) =>
    paired
      ? metricRows(paired, metric)
      : sides.flatMap((each) => metricRows(each, metric).filter((row) => row.label === `v${each.version}`));
  const metrics = Object.keys(sides[0]?.reports.candidate?.metrics ?? {}).filter(
    (metric) => rowsOf(metric).length > 0,
  );
  if (metrics.length === 0)
    return (
      <p className="r-serif">Neither version was evaluated by Rondo yet, so there is nothing to compare.</p>
    );
  return (
    <div className="r-stack">
      {metrics.map((metric) => (
        <Interval key={metric} metric={lossName(metric)} rows={rowsOf(metric)} />
      ))}
    </div>
  );
}

/** Kinds of things that a version is made from, and what they are called here. */
const ORIGINS: readonly (readonly [kind: string, name: string])[] = [
  ['dataset-version', 'data'],
  ['feature-service', 'features'],
  ['feature-view', 'feature view'],
  ['commit', 'code'],
  ['environment-lock', 'environment'],
  ['pipeline-run', 'pipeline run'],
];

function Origins({ project, model, from, to }: { project: string; model: string; from: number; to: number }) {
  const urn = (version: number) =>
    `rondo:model-version:${project === 'default' ? '' : `${encodeURIComponent(project)}/`}${encodeURIComponent(model)}/${version}`;
  const walk = (version: number) => ({
    query: { of: urn(version), direction: 'up' as const, depth: 8, limit: 300 },
  });
  const before = useEndpoint(lineageContract.walkLineage, walk(from));
  const after = useEndpoint(lineageContract.walkLineage, walk(to));
  return (
    <Panel
      title="What they were made from"
      note="by lineage"
      state={panelState(before.data ? after : before, { rows: 5 })}
    >
      {before.data && after.data ? (
        <DiffView
          kind="fields"
          before={`v${from}`}
          after={`v${to}`}
          rows={ORIGINS.map(([kind, name]) => {
            const [was, is] = [namesOf(before.data, kind), namesOf(after.data, kind)];
            return { key: name, before: was, after: is, changed: was !== is };
          })}
        />
      ) : null}
    </Panel>
  );
}

const namesOf = (graph: LineageGraph | undefined, kind: string): string =>
  (graph?.nodes ?? [])
    .filter((node) => node.urn.startsWith(`rondo:${kind}:`))
    .map((node) => node.title ?? decodeURIComponent(node.urn.split(':').slice(2).join(':')))
    .sort()
    .join(', ') || 'none recorded';
