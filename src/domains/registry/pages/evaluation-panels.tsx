import { Reliability } from '../../../ui/bars.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { Interval } from '../../../ui/interval.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { When } from '../../../ui/when.tsx';
import type { Evaluation } from '../schema/evaluation.ts';
import { evaluationProof, gainProof, lossName, metricRows } from './evaluation-words.ts';

/** Metrics of all sides on the same rows, honesty of the probabilities, mistakes at the threshold. */
export function EvaluationPanels({ evaluation, only }: { evaluation: Evaluation; only?: readonly string[] }) {
  const report = evaluation.reports.candidate;
  const metrics = Object.keys(report?.metrics ?? {}).filter(
    (metric) => (!only || only.includes(metric)) && metricRows(evaluation, metric).length > 0,
  );
  const points = (report?.calibration ?? []).flatMap((bin) =>
    bin.observed.value === null || bin.observed.low === null || bin.observed.high === null
      ? []
      : [
          {
            predicted: bin.mean,
            observed: bin.observed.value,
            interval: [bin.observed.low, bin.observed.high] as const,
            n: bin.n,
          },
        ],
  );
  return (
    <Panel
      title="Evaluation by Rondo"
      note={`${evaluation.n.toLocaleString('en-US')} rows of ${evaluation.dataset} v${evaluation.dataset_version}`}
    >
      <Columns>
        <div className="r-stack">
          {metrics.map((metric) => (
            <Interval key={metric} metric={lossName(metric)} rows={metricRows(evaluation, metric)} />
          ))}
        </div>
        <div className="r-stack">
          {points.length > 0 ? (
            <section>
              <h3 className="r-h3">Is the probability honest?</h3>
              <Reliability label={`v${evaluation.version}`} points={points} />
            </section>
          ) : null}
          {!only && report?.confusion ? (
            <Mistakes evaluation={evaluation} confusion={report.confusion} />
          ) : null}
        </div>
      </Columns>
      <Facts
        rows={[
          ['Gain over baseline', <GainOver evaluation={evaluation} side="baseline" />],
          [
            evaluation.champion === null ? '' : `Gain over v${evaluation.champion}`,
            evaluation.champion === null ? undefined : <GainOver evaluation={evaluation} side="champion" />,
          ],
          ['Rows', <Id value={evaluation.dataset_digest} length={12} />],
          ['Model file', <Id value={evaluation.model_digest} length={12} />],
          ['Made', <When at={evaluation.created_at} clock="wall" />],
        ]}
      />
    </Panel>
  );
}

function GainOver({ evaluation, side }: { evaluation: Evaluation; side: 'baseline' | 'champion' }) {
  const gain = evaluation.pairs[side]?.gain;
  if (!gain || gain.value === null) return 'not known';
  return (
    <Num
      kind="estimated"
      value={gain.value}
      n={gain.n}
      interval={gain.low === null || gain.high === null ? { none: 'no interval' } : [gain.low, gain.high]}
      proof={gainProof(evaluation, side)}
    />
  );
}

type Confusion = NonNullable<NonNullable<Evaluation['reports'][string]>['confusion']>;

function Mistakes({ evaluation, confusion }: { evaluation: Evaluation; confusion: Confusion }) {
  const total = confusion.tp + confusion.fp + confusion.tn + confusion.fn;
  const cell = (count: number, is: string) => (
    <td>
      <Num kind="counted" value={count} proof={evaluationProof(evaluation, is)} />{' '}
      <span className="r-num-spread">{formatNumber(total === 0 ? null : count / total, 'share')}</span>
    </td>
  );
  return (
    <section>
      <h3 className="r-h3">Where are the mistakes?</h3>
      <div className="r-scroll-x" tabIndex={0}>
        <table className="r-fields">
          <thead>
            <tr>
              <th scope="col">at threshold {formatNumber(confusion.threshold, 'exact')}</th>
              <th scope="col">truth yes</th>
              <th scope="col">truth no</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">said yes</th>
              {cell(confusion.tp, 'Rows where it said yes and the truth was yes.')}
              {cell(confusion.fp, 'Rows where it said yes and the truth was no: false alarms.')}
            </tr>
            <tr>
              <th scope="row">said no</th>
              {cell(confusion.fn, 'Rows where it said no and the truth was yes: misses.')}
              {cell(confusion.tn, 'Rows where it said no and the truth was no.')}
            </tr>
          </tbody>
        </table>
      </div>
      {confusion.cost_per_1000 === null ? null : (
        <p className="r-small">
          Costs{' '}
          <Num
            kind="counted"
            value={confusion.cost_per_1000}
            style="measure"
            proof={evaluationProof(
              evaluation,
              'What its mistakes cost at the prices of the charter, per 1,000 answers.',
              '1,000 × (false alarms × their price + misses × theirs) / n',
            )}
          />{' '}
          per 1,000 answers at the charter&apos;s prices.
        </p>
      )}
    </section>
  );
}
