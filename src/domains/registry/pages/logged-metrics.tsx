import { useEndpoint } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Num } from '../../../ui/num.tsx';
import { pageOf } from '../../../ui/place.ts';
import { runsContract } from '../../tracking/contract/runs.ts';
import type { Metric, Run } from '../../tracking/schema.ts';

/** The run that a version was registered from; undefined while it loads, and for versions that name none. */
export function useSourceRun(runId: string | undefined): Run | undefined {
  const answer = useEndpoint(runsContract.getRun, runId ? { query: { run_id: runId } } : undefined);
  return answer.data?.run;
}

const family = (metric: Metric) => Number(/\//.test(metric.key));
const FEW = 12;

/** What the run of a version logged, families (a slash) last. */
export const loggedMetrics = (run: Run | undefined): Metric[] =>
  (run?.data.metrics ?? []).toSorted((a, b) => family(a) - family(b) || (a.key < b.key ? -1 : 1));

/** A metric as the run of a version logged it: nobody but the run vouches for it. */
export function LoggedMetric({ project, run, metric }: { project: string; run: string; metric: Metric }) {
  if (typeof metric.value !== 'number') return metric.value;
  const href = pageOf(project, 'runs', run);
  return (
    <Num
      kind="logged"
      value={metric.value}
      style="metric"
      run={{ id: run, href }}
      proof={{
        definition: `${metric.key}, the last value that the run of this version logged. Rondo did not compute it; gates read evaluations only.`,
        clock: 'wall',
        rows: { label: 'its run', href },
      }}
    />
  );
}

/** The first metrics that the run of a version logged. */
export function LoggedMetrics({ project, run }: { project: string; run: Run | undefined }) {
  const metrics = loggedMetrics(run);
  if (!run || metrics.length === 0) return <p className="r-small">Its run logged no metric.</p>;
  return (
    <>
      <Facts
        rows={metrics
          .slice(0, FEW)
          .map((metric) => [
            metric.key,
            <LoggedMetric key={metric.key} project={project} run={run.info.run_id} metric={metric} />,
          ])}
      />
      {metrics.length > FEW ? (
        <a href={`${pageOf(project, 'runs', run.info.run_id)}?tab=metrics`}>All {metrics.length} metrics</a>
      ) : null}
    </>
  );
}
