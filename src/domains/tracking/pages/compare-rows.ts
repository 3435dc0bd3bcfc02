import type { Run } from '../schema.ts';

/** One logged key with its value in each run, in their order. */
export interface Compared {
  key: string;
  kind: 'param' | 'metric' | 'data' | 'tag';
  values: (string | number | null)[];
  differs: boolean;
}

/** Everything that the runs logged, by key: params, metrics (families with a slash last), data, tags that people or their code set. */
export function comparedRows(runs: readonly Run[]): Compared[] {
  const rows = [
    ...rowsOf(runs, 'param', (run) => run.data.params ?? []),
    ...rowsOf(runs, 'metric', (run) => run.data.metrics ?? []),
    ...rowsOf(runs, 'data', (run) =>
      (run.inputs?.dataset_inputs ?? []).map(({ dataset }) => ({
        key: dataset?.name ?? 'dataset',
        value: dataset?.digest?.slice(0, 12),
      })),
    ),
    ...rowsOf(runs, 'tag', (run) =>
      (run.data.tags ?? []).filter((tag) => !/^(mlflow|rondo)\./.test(tag.key ?? '')),
    ),
  ];
  const family = (row: Compared) => Number(row.key.includes('/'));
  return rows.sort((a, b) => ORDER[a.kind] - ORDER[b.kind] || family(a) - family(b));
}

const ORDER = { param: 0, metric: 1, data: 2, tag: 3 } as const;

function rowsOf(
  runs: readonly Run[],
  kind: Compared['kind'],
  pick: (run: Run) => readonly { key?: string | undefined; value?: unknown }[],
): Compared[] {
  const of = runs.map((run) => new Map(pick(run).map((each) => [each.key ?? '', each.value])));
  const keys = [...new Set(of.flatMap((each) => [...each.keys()]))];
  return keys.map((key) => {
    const values = of.map((each) => {
      const value = each.get(key);
      return typeof value === 'number' || typeof value === 'string' ? value : null;
    });
    return { key, kind, values, differs: values.some((value) => !Object.is(value, values[0])) };
  });
}
