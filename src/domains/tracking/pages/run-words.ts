import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import { formatNumber } from '../../../ui/number.ts';
import { pageOf } from '../../../ui/place.ts';
import type { Run } from '../schema.ts';

export const metricOf = (run: Run, key: string): number | null => {
  const value = run.data.metrics?.find((metric) => metric.key === key)?.value;
  return typeof value === 'number' ? value : null;
};

/** Which way a metric is better, from its name; undefined when the name does not say. */
export function betterOf(key: string): 'lower' | 'higher' | undefined {
  if (/loss|error|brier|rmse|mae|mse|seconds|duration/i.test(key)) return 'lower';
  if (/auc|accuracy|precision|recall|f1|r2|gain/i.test(key)) return 'higher';
  return undefined;
}

/** Which extreme is the best; the highest where the name does not say. */
export const bestOf = (key: string): 'min' | 'max' => (betterOf(key) === 'lower' ? 'min' : 'max');

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

export const runsText = (count: number): string =>
  `${formatNumber(count, 'count')} ${count === 1 ? 'run' : 'runs'}`;

export const compareHref = (project: string, ids: readonly string[]): string =>
  `${pageOf(project, 'runs', 'compare')}?ids=${ids.join(',')}`;

export interface RunCounts {
  matching: number;
  total: number;
  by_status: Readonly<Record<string, number>>;
}

/** How many runs there are, which run and which failed; filtered: how many of all. */
export function runsLead(project: string, counts: RunCounts, filtered: boolean): LeadPart[] {
  const rows = { label: 'the runs', href: pageOf(project, 'experiments') };
  const number = (value: number, definition: string, unit?: string) =>
    counted(value, { definition, n: counts.matching, rows }, unit);
  const state = (status: string) => {
    const n = counts.by_status[status] ?? 0;
    return n === 0 ? 'none' : number(n, `Runs whose status is ${status}.`);
  };
  const unit = (n: number) => (n === 1 ? 'run' : 'runs');
  return lead(
    number(
      counts.matching,
      filtered ? 'Runs of the chosen experiments that match the filter.' : 'Runs of the chosen experiments.',
      unit(counts.matching),
    ),
    ...(filtered
      ? [' match the filter, of ', number(counts.total, 'Runs of the chosen experiments.'), '; ']
      : ['; ']),
    state('RUNNING'),
    (counts.by_status.RUNNING ?? 0) > 1 ? ' are running and ' : ' is running and ',
    state('FAILED'),
    ' failed.',
  ).parts;
}
