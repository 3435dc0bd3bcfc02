import type { DataColumn } from '../../../ui/data-column.ts';
import type { Run } from '../schema.ts';

export const metricOf = (run: Run, key: string): number | null => {
  const value = run.data.metrics?.find((metric) => metric.key === key)?.value;
  return typeof value === 'number' ? value : null;
};

const keysOf = (
  runs: readonly Run[],
  pick: (run: Run) => readonly { key?: string }[] | undefined,
): string[] => {
  const counts = new Map<string, number>();
  for (const run of runs)
    for (const { key } of pick(run) ?? []) if (key) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([key]) => key);
};

/** Metrics and params of runs as columns: metrics that say how good a run is, then what most runs have; the rest is there to be picked. */
export function valueColumns(
  runs: readonly Run[],
  shown: { metrics: number; params: number },
): DataColumn<Run>[] {
  const known = keysOf(runs, (run) => run.data.metrics);
  const metrics = [...known.filter(betterOf), ...known.filter((key) => !betterOf(key))].map(
    (key, index): DataColumn<Run> => ({
      id: `metrics.${key}`,
      head: key,
      value: (run) => metricOf(run, key),
      style: 'metric',
      better: betterOf(key),
      width: 110,
      hidden: index >= shown.metrics,
      narrow: index < 2 ? 'line' : 'none',
    }),
  );
  const params = keysOf(runs, (run) => run.data.params).map(
    (key, index): DataColumn<Run> => ({
      id: `params.${key}`,
      head: key,
      value: (run) => {
        const value = run.data.params?.find((param) => param.key === key)?.value;
        return value === undefined || value === ''
          ? null
          : Number.isFinite(Number(value))
            ? Number(value)
            : value;
      },
      style: 'exact',
      width: 110,
      hidden: index >= shown.params,
      narrow: 'none',
    }),
  );
  return [...metrics, ...params];
}

/** Which way a metric is better, from its name; undefined when the name does not say. */
export function betterOf(key: string): 'lower' | 'higher' | undefined {
  if (/loss|error|brier|rmse|mae|mse|seconds|duration/i.test(key)) return 'lower';
  if (/auc|accuracy|precision|recall|f1|r2|gain/i.test(key)) return 'higher';
  return undefined;
}

export function runsLead(runs: readonly Run[], filtered: boolean): { type: 'text'; text: string }[] {
  const running = runs.filter((run) => run.info.status === 'RUNNING').length;
  const failed = runs.filter((run) => run.info.status === 'FAILED').length;
  const first = `${runs.length.toLocaleString('en-US')} ${runs.length === 1 ? 'run' : 'runs'}${filtered ? ' match the filter' : ''}`;
  return [
    {
      type: 'text',
      text: `${first}; ${running === 0 ? 'none is' : running === 1 ? 'one is' : `${running} are`} running and ${failed === 0 ? 'none' : failed} failed.`,
    },
  ];
}
