import { AppError } from '../../../lib/errors.ts';
import { parseFilter } from '../../../lib/search/parse.ts';
import { readSort } from '../../../ui/table-state.ts';
import { bestOf, betterOf } from './run-words.ts';
import { keyText } from './filter-words.ts';

/** Where a filter is wrong, as the parser says it; undefined for one that is right. */
export function filterFault(text: string): { at: number; message: string } | undefined {
  try {
    parseFilter(text, 'runs');
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const at = (error.details as { position?: number } | undefined)?.position ?? 0;
    return { at, message: error.message };
  }
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  name: 'attributes.run_name',
  status: 'attributes.status',
  started: 'attributes.start_time',
  user_id: 'attributes.user_id',
};

/** The order of the table as `order_by` clauses. */
export function orderBy(sort: string | undefined): string[] {
  return readSort(sort ?? '').flatMap(({ id, desc }) => {
    const dot = id.indexOf('.');
    const kind = id.slice(0, dot);
    const key = id.slice(dot + 1);
    const field =
      ATTRIBUTES[id] ??
      (kind === 'best'
        ? `${bestOf(key) === 'min' ? 'lowest' : 'highest'}.${keyText(key)}`
        : ['metrics', 'params', 'tags'].includes(kind)
          ? `${kind}.${keyText(key)}`
          : undefined);
    return field ? [`${field}${desc ? ' DESC' : ''}`] : [];
  });
}

/** What the server has to send for these columns of the table in this order; `best.loss` comes with the metric. */
export function fetchedColumns(
  shown: readonly string[],
  sort?: string,
): { columns: string[]; extremes: boolean } {
  const columns = new Set<string>();
  let extremes = readSort(sort ?? '').some(({ id }) => id.startsWith('best.'));
  for (const id of shown) {
    if (/^(metrics|params|tags)\.|^reproduced$/.test(id)) columns.add(id);
    if (!id.startsWith('best.')) continue;
    columns.add(`metrics.${id.slice('best.'.length)}`);
    extremes = true;
  }
  return { columns: [...columns].sort(), extremes };
}

/** Columns to begin with: metrics that say how good a run is, then what most runs have. Families (a slash) only when picked. */
export function firstColumns(keys: { metrics: readonly string[]; params: readonly string[] }): string[] {
  const alone = keys.metrics.filter((key) => !key.includes('/'));
  const metrics = [...alone.filter(betterOf), ...alone.filter((key) => !betterOf(key))];
  return [
    ...metrics.slice(0, 4).map((key) => `metrics.${key}`),
    ...keys.params.slice(0, 3).map((key) => `params.${key}`),
  ];
}

/** Each metric's best value stands right behind its last one. */
export const withBest = (shown: readonly string[]): string[] =>
  shown.flatMap((id) => {
    const best = `best.${id.slice('metrics.'.length)}`;
    return id.startsWith('metrics.') && !shown.includes(best) ? [id, best] : [id];
  });

export interface Asked {
  experiments: readonly string[];
  filter: string;
  sort: string | undefined;
  columns: readonly string[];
}

/** The same question in other tongues. The SQL is DuckDB's, over the exported file. */
export function copiesOf(origin: string, project: string, { experiments, filter, sort, columns }: Asked) {
  const order = orderBy(sort);
  // MLflow's client passes the order on, and knows of no extremes.
  const native = order.filter((clause) => !/^(lowest|highest)\./.test(clause));
  const body = JSON.stringify({
    experiment_ids: experiments,
    ...(filter ? { filter } : {}),
    ...(order.length > 0 ? { order_by: order } : {}),
    ...(order.length > native.length ? { extremes: true } : {}),
    columns,
  });
  const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const header = project === 'default' ? '' : ` -H ${shell(`x-mlflow-workspace: ${project}`)}`;
  const name = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const sorted = readSort(sort ?? '')
    .filter(({ id }) => !id.startsWith('best.'))
    .map(({ id, desc }) => `${name(SQL_NAMES[id] ?? id)}${desc ? ' desc' : ''}`);
  return [
    {
      label: 'curl',
      text: `curl -s ${origin}/api/2.0/mlflow/runs/search -H 'content-type: application/json'${header} -d ${shell(body)}`,
    },
    {
      label: 'Python',
      text: [
        'import mlflow',
        '',
        `mlflow.set_tracking_uri(${JSON.stringify(origin)})`,
        `runs = mlflow.search_runs(experiment_ids=${JSON.stringify(experiments)}, filter_string=${JSON.stringify(filter)}, order_by=${JSON.stringify(native)})`,
      ].join('\n'),
    },
    {
      label: 'SQL',
      text: `-- DuckDB, over the file that Export as Parquet gives\nselect run_name, status${columns.map((id) => `, ${name(id)}`).join('')}\nfrom 'runs.parquet'${sorted.length > 0 ? `\norder by ${sorted.join(', ')}` : ''};`,
    },
  ];
}

const SQL_NAMES: Readonly<Record<string, string>> = { name: 'run_name', started: 'start_time' };
