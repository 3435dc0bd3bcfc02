import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import type { DataColumn } from '../../../ui/data-column.ts';
import { pageOf } from '../../../ui/place.ts';
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
  // A slash makes a family of many (importance of each feature, one gradient per layer): there to be picked, never by default.
  const family = (key: string) => key.includes('/');
  const alone = known.filter((key) => !family(key));
  const ordered = [
    ...alone.filter(betterOf),
    ...alone.filter((key) => !betterOf(key)),
    ...known.filter(family),
  ];
  const metrics = ordered.map(
    (key, index): DataColumn<Run> => ({
      id: `metrics.${key}`,
      head: key,
      value: (run) => metricOf(run, key),
      style: 'metric',
      proof: (run) => loggedProof(run, key),
      better: betterOf(key),
      width: 110,
      hidden: family(key) || index >= shown.metrics,
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
      proof: null,
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

/** A metric as the run logged it: nobody but the run vouches for it. */
export function loggedProof(run: Run, key: string) {
  const id = run.info.run_id ?? '';
  const metric = run.data.metrics?.find((each) => each.key === key);
  const href = pageOf(projectOf(run), 'runs', id);
  return {
    kind: 'logged' as const,
    run: { id, href },
    proof: {
      definition: `${key}, the last value that the run logged. Rondo did not compute it; gates read evaluations only.`,
      ...(metric?.step ? { window: `step ${metric.step}` } : {}),
      clock: 'wall' as const,
      rows: { label: 'its history', href },
      inputs: (run.inputs?.dataset_inputs ?? []).flatMap(({ dataset }) =>
        dataset?.digest ? [{ label: dataset.name ?? 'dataset', digest: dataset.digest }] : [],
      ),
    },
  };
}

/** The project of the address: runs do not name theirs. */
const projectOf = (_: Run): string => decodeURIComponent(location.pathname.split('/')[2] ?? 'default');

export function runsLead(project: string, runs: readonly Run[], filtered: boolean): LeadPart[] {
  const count = (status: string) => runs.filter((run) => run.info.status === status).length;
  const rows = { label: 'the runs', href: pageOf(project, 'experiments') };
  const running = count('RUNNING');
  const failed = count('FAILED');
  const state = (n: number, definition: string) =>
    n === 0 ? 'none' : counted(n, { definition, n: runs.length, rows });
  return lead(
    counted(
      runs.length,
      {
        definition: filtered
          ? 'Runs of the chosen experiments that match the filter.'
          : 'Runs of the chosen experiments that are not in the trash.',
        rows,
      },
      runs.length === 1 ? 'run' : 'runs',
    ),
    filtered ? ' match the filter; ' : '; ',
    state(running, 'Runs whose status is RUNNING.'),
    running > 1 ? ' are running and ' : ' is running and ',
    state(failed, 'Runs whose status is FAILED.'),
    ' failed.',
  ).parts;
}
