import { fnv1a32 } from '../../../lib/statistics/assignment.ts';
import type { ComparedRun } from './compared-runs.ts';

export type ComparedKind = 'param' | 'metric' | 'data' | 'code' | 'environment' | 'tag';

/** One recorded key with its value in each run, in their order. */
export interface Compared {
  key: string;
  kind: ComparedKind;
  values: (string | number | null)[];
  differs: boolean;
}

/** Tags by which clients say which code ran, in MLflow's names. */
const CODE: Readonly<Record<string, string>> = {
  'mlflow.source.name': 'entry point',
  'mlflow.source.type': 'kind of source',
  'mlflow.source.git.repoURL': 'repository',
  'mlflow.source.git.branch': 'branch',
  'mlflow.source.git.commit': 'commit',
  'mlflow.git.dirty': 'changed since the commit',
};
/** Tags of where it ran. */
const ENVIRONMENT =
  /^(mlflow\.(docker|databricks|kubernetes|project)\b|rondo\.(env|hardware|host|node|python))/;
/** Tags that say the same as something else that is shown. */
const SAID =
  /^(mlflow\.(runName|note\.content|log-model\.history|loggedArtifacts|autologging|parentRunId|user)|(rondo|mlflow)\.git\.diff|rondo\.)/;

/** The changes since the commit, where the client recorded them. */
export function dirtyDiffOf({ run }: ComparedRun): string | undefined {
  const tags = run.data.tags ?? [];
  const tag = (key: string) => tags.find((each) => each.key === key)?.value;
  return tag('rondo.git.diff') ?? tag('mlflow.git.diff');
}

/** Everything that the runs recorded, by key: params, metrics (families with a slash last), data, code, environment, tags. */
export function comparedRows(runs: readonly ComparedRun[]): Compared[] {
  const tags = (run: ComparedRun) => run.run.data.tags ?? [];
  const rows = [
    ...rowsOf(runs, 'param', ({ run }) => (run.data.params ?? []).map(({ key, value }) => [key, value])),
    ...rowsOf(runs, 'metric', (run) => [...run.metrics]),
    ...rowsOf(runs, 'data', datasetsOf),
    ...rowsOf(runs, 'code', (run) => [
      ...tags(run).flatMap(({ key, value }) => (CODE[key] ? [[CODE[key], value] as const] : [])),
      ...uncommitted(dirtyDiffOf(run)),
    ]),
    ...rowsOf(runs, 'environment', (run) =>
      tags(run).flatMap(({ key, value }) => (ENVIRONMENT.test(key) ? [[key, value] as const] : [])),
    ),
    ...rowsOf(runs, 'tag', (run) =>
      tags(run).flatMap(({ key, value }) =>
        CODE[key] || ENVIRONMENT.test(key) || SAID.test(key) ? [] : [[key, value] as const],
      ),
    ),
  ];
  const family = (row: Compared) => Number(row.key.includes('/'));
  return rows.sort((a, b) => ORDER[a.kind] - ORDER[b.kind] || family(a) - family(b));
}

const ORDER: Readonly<Record<ComparedKind, number>> = {
  param: 0,
  metric: 1,
  data: 2,
  code: 3,
  environment: 4,
  tag: 5,
};

/** Digests by the name of the dataset; a run may have read several under one name. */
function datasetsOf({ run }: ComparedRun): (readonly [string, string])[] {
  const names = new Map<string, string[]>();
  for (const { dataset } of run.inputs?.dataset_inputs ?? [])
    names.set(dataset.name, [...(names.get(dataset.name) ?? []), dataset.digest.slice(0, 12)]);
  return [...names].map(([name, digests]) => [name, digests.sort().join(', ')]);
}

/** How much was changed; what exactly is shown as lines. */
function uncommitted(diff: string | undefined): (readonly [string, string])[] {
  if (!diff) return [];
  const lines = diff.split('\n').filter((line) => /^[+-](?![+-]{2})/.test(line)).length;
  return [['changed lines', `${lines}, text ${fnv1a32(diff).toString(16).padStart(8, '0')}`]];
}

function rowsOf(
  runs: readonly ComparedRun[],
  kind: ComparedKind,
  pick: (run: ComparedRun) => readonly (readonly [string, string | number | null])[],
): Compared[] {
  const of = runs.map((run) => new Map(pick(run)));
  const keys = [...new Set(of.flatMap((each) => [...each.keys()]))];
  return keys.map((key) => {
    const values = of.map((each) => each.get(key) ?? null);
    return { key, kind, values, differs: values.some((value) => !Object.is(value, values[0])) };
  });
}
