import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { When } from '../../../ui/when.tsx';
import type { Metric, Run } from '../schema.ts';
import { loggedProof } from './run-words.ts';

/** A metric of one point: its value, and where and when it was logged. */
export function NumberCard({ run, metric }: { run: Run; metric: Metric }) {
  return (
    <figure className="r-number-card">
      <figcaption className="r-h3" title={metric.key} dir="auto">
        {metric.key}
      </figcaption>
      <span className="r-number-value">
        {typeof metric.value === 'number' ? (
          <Num value={metric.value} style="metric" {...loggedProof(run, metric.key)} />
        ) : (
          metric.value
        )}
      </span>
      <span className="r-small">
        {`step ${formatNumber(metric.step, 'count')}, `}
        <When at={metric.timestamp} clock="wall" />
      </span>
    </figure>
  );
}
