import { Reliability } from '../../../ui/bars.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { Interval } from '../../../ui/interval.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { When } from '../../../ui/when.tsx';
import type { Evaluation } from '../schema/evaluation.ts';
import { gainText, lossName, metricRows } from './evaluation-words.ts';

/** Metrics of all sides on the same rows, honesty of the probabilities, mistakes at the threshold. */
export function EvaluationPanels({ evaluation, only }: { evaluation: Evaluation; only?: readonly string[] }) {
  const report = evaluation.reports.candidate;
  const metrics = Object.keys(report?.metrics ?? {}).filter((metric) => !only || only.includes(metric));
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
          {!only && report?.confusion ? <Mistakes confusion={report.confusion} /> : null}
        </div>
      </Columns>
      <Facts
        rows={[
          ['Gain over baseline', gainText(evaluation.pairs.baseline?.gain)],
          [
            evaluation.champion === null ? '' : `Gain over v${evaluation.champion}`,
            evaluation.champion === null ? undefined : gainText(evaluation.pairs.champion?.gain),
          ],
          ['Rows', <Id value={evaluation.dataset_digest} length={12} />],
          ['Model file', <Id value={evaluation.model_digest} length={12} />],
          ['Made', <When at={evaluation.created_at} clock="wall" />],
        ]}
      />
    </Panel>
  );
}

type Confusion = NonNullable<NonNullable<Evaluation['reports'][string]>['confusion']>;

function Mistakes({ confusion }: { confusion: Confusion }) {
  const total = confusion.tp + confusion.fp + confusion.tn + confusion.fn;
  const cell = (count: number) => (
    <td>
      {formatNumber(count, 'count')}{' '}
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
              {cell(confusion.tp)}
              {cell(confusion.fp)}
            </tr>
            <tr>
              <th scope="row">said no</th>
              {cell(confusion.fn)}
              {cell(confusion.tn)}
            </tr>
          </tbody>
        </table>
      </div>
      {confusion.cost_per_1000 === null ? null : (
        <p className="r-small">
          Costs {formatNumber(confusion.cost_per_1000, 'measure')} per 1,000 answers at the charter&apos;s
          prices.
        </p>
      )}
    </section>
  );
}
