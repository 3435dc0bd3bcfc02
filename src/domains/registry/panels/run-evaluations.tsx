import type { Run } from '../../tracking/schema.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Delta } from '../../../ui/delta.tsx';
import { Num } from '../../../ui/num.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf } from '../../../ui/place.ts';
import { evaluationsContract } from '../contract/evaluations.ts';
import { versionsContract } from '../contract/versions.ts';
import { evaluationProof, gainProof, lossName } from '../pages/evaluation-words.ts';
import type { Evaluation } from '../schema/evaluation.ts';
import { type Evaluated, evaluatedRuns, metricsOf } from './evaluated-runs.ts';

export interface RunEvaluationsProps {
  project: string;
  runs: readonly Run[];
  base: Run;
}

/** What Rondo itself measured of the models of these runs, with intervals: a section per registered model. */
export function RunEvaluations({ project, runs, base }: RunEvaluationsProps) {
  const ids = runs.map((run) => `'${run.info.run_id ?? ''}'`).join(', ');
  const versions = useEndpoint(versionsContract.searchModelVersions, {
    query: { filter: `run_id IN (${ids})`, max_results: 100 },
  });
  const made = (versions.data?.model_versions ?? []).map((each) => ({
    model: each.name ?? '',
    version: Number(each.version),
    run: each.run_id ?? '',
  }));
  return (
    <Panel
      title="Evaluated by Rondo"
      note="on held-out rows, 95% intervals"
      state={panelState(versions, {
        rows: 4,
        empty: () =>
          made.length === 0 ? (
            <p className="r-prose">
              No model of these runs is registered, so Rondo has evaluated none: what stands below was logged
              by the runs, without intervals.
            </p>
          ) : undefined,
      })}
    >
      {[...new Set(made.map((each) => each.model))].map((model) => (
        <OfModel
          key={model}
          project={project}
          model={model}
          runs={runs}
          base={base}
          versions={made.filter((each) => each.model === model)}
        />
      ))}
    </Panel>
  );
}

function OfModel({
  project,
  model,
  runs,
  base,
  versions,
}: RunEvaluationsProps & { model: string; versions: readonly { version: number; run: string }[] }) {
  const answer = useEndpoint(evaluationsContract.listEvaluations, { params: { project, model } });
  if (!answer.data) return null;
  const columns = evaluatedRuns(
    runs.map((run) => run.info.run_id ?? ''),
    base.info.run_id ?? '',
    versions,
    answer.data.evaluations,
  );
  const metrics = metricsOf(columns);
  return (
    <div className="r-scroll-x" tabIndex={0} role="region" aria-label={`Evaluations of ${model}`}>
      <table className="r-fields r-compare">
        <thead>
          <tr>
            <th scope="col">{model}</th>
            {runs.map((run, index) => (
              <th key={run.info.run_id} scope="col">
                {run.info.run_name ?? run.info.run_id?.slice(0, 8)}{' '}
                <Version project={project} model={model} of={columns[index]} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {metrics.map((metric) => (
            <tr key={metric}>
              <th scope="row">{lossName(metric)}</th>
              {columns.map((column) => (
                <td key={column.run}>
                  <Metric column={column} metric={metric} />
                </td>
              ))}
            </tr>
          ))}
          <tr>
            <th scope="row">gain over the charter's baseline</th>
            {columns.map((column) => (
              <td key={column.run}>
                <Gain evaluation={column.evaluation} side="baseline" />
              </td>
            ))}
          </tr>
          <tr>
            <th scope="row">against {base.info.run_name ?? 'the baseline run'}</th>
            {columns.map((column) => (
              <td key={column.run}>
                {column.run === base.info.run_id ? (
                  <span className="r-small">baseline</span>
                ) : column.paired ? (
                  <Gain evaluation={column.paired} side="champion" turned={column.turned} />
                ) : (
                  <span className="r-small">not scored on the same rows</span>
                )}
              </td>
            ))}
          </tr>
          <tr>
            <th scope="row">held-out rows</th>
            {columns.map(({ run, evaluation }) => (
              <td key={run}>
                {evaluation ? (
                  <a href={pageOf(project, 'datasets', evaluation.dataset, evaluation.dataset_version)}>
                    {evaluation.dataset} v{evaluation.dataset_version}
                  </a>
                ) : (
                  <span className="r-missing">{'\u2013'}</span>
                )}
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Version({ project, model, of }: { project: string; model: string; of: Evaluated | undefined }) {
  if (of?.version === undefined) return <span className="r-small">not registered</span>;
  return (
    <a className="r-small" href={pageOf(project, 'models', model, of.version)}>
      v{of.version}
    </a>
  );
}

function Metric({ column: { evaluation, version }, metric }: { column: Evaluated; metric: string }) {
  const found = evaluation?.reports.candidate?.metrics[metric];
  if (!evaluation)
    return <span className="r-small">{version === undefined ? '\u2013' : 'not evaluated yet'}</span>;
  if (!found) return <span className="r-missing">{'\u2013'}</span>;
  return (
    <Num
      kind="estimated"
      value={found.value}
      n={found.n}
      interval={found.low === null || found.high === null ? { none: 'no interval' } : [found.low, found.high]}
      proof={evaluationProof(
        evaluation,
        `The ${lossName(metric)} of v${evaluation.version} on the hold-out.`,
      )}
    />
  );
}

/** A paired gain; `turned` when the column is the side that the evaluation calls champion. */
function Gain({
  evaluation,
  side,
  turned = false,
}: {
  evaluation: Evaluation | undefined;
  side: 'baseline' | 'champion';
  turned?: boolean;
}) {
  const gain = evaluation?.pairs[side]?.gain;
  if (!evaluation || !gain || gain.value === null || gain.low === null || gain.high === null)
    return <span className="r-missing">{'\u2013'}</span>;
  return (
    <Delta
      value={turned ? -gain.value : gain.value}
      interval={turned ? [-gain.high, -gain.low] : [gain.low, gain.high]}
      n={gain.n}
      better="higher"
      proof={
        turned
          ? evaluationProof(
              evaluation,
              `How much lower the ${lossName(evaluation.loss)} of v${evaluation.champion} is than that of v${evaluation.version}, on the same rows.`,
            )
          : gainProof(evaluation, side)
      }
    />
  );
}
