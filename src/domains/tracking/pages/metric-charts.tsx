import { useEndpoint } from '../../../ui/data.tsx';
import { TimeChart } from '../../../ui/time-chart.tsx';
import { metricsContract } from '../contract/runs.ts';

const MOST_CHARTS = 12;
const MOST_POINTS = 2000;

/** A chart for each metric that was logged over steps. */
export function MetricCharts({ run, keys }: { run: string; keys: readonly string[] }) {
  if (keys.length === 0) return null;
  return (
    <div className="r-columns">
      {keys.slice(0, MOST_CHARTS).map((key) => (
        <MetricChart key={key} run={run} metric={key} />
      ))}
      {keys.length > MOST_CHARTS ? (
        <p className="r-small">{keys.length - MOST_CHARTS} more metrics are not drawn.</p>
      ) : null}
    </div>
  );
}

function MetricChart({ run, metric }: { run: string; metric: string }) {
  const answer = useEndpoint(metricsContract.getMetricHistoryBulkInterval, {
    query: { run_ids: [run], metric_key: metric, max_results: MOST_POINTS },
  });
  const points = [...(answer.data?.metrics ?? [])].sort((a, b) => (a.step ?? 0) - (b.step ?? 0));
  if (points.length < 2) return null;
  return (
    <TimeChart
      metric={metric}
      axis={{ kind: 'count', name: 'step' }}
      x={points.map((point) => point.step ?? 0)}
      sync={run}
      height={180}
      series={[
        {
          key: metric,
          label: metric,
          role: 'current',
          values: points.map((point) => (typeof point.value === 'number' ? point.value : Number.NaN)),
        },
      ]}
      caption={
        points.length >= MOST_POINTS
          ? `evenly sampled to ${MOST_POINTS} points`
          : `${points.length} points, every one`
      }
    />
  );
}
