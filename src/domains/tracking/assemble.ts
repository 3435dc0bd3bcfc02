import type { ReadDatabase } from '../../database/index.ts';
import type { Projection } from './columns.ts';
import type { DatasetInput, Run } from './schema.ts';
import { datasetsOf, modelsOf, type RunModel } from './store/inputs.ts';
import { childCounts } from './store/children.ts';
import type { RunRow } from './store/runs.ts';
import { runTexts } from './store/run-texts.ts';
import { toInputs, toRunInfo } from './wire.ts';

/** How much of each run: all that MLflow shows when nothing is said. */
export interface Detail {
  /** These keys only. */
  projection?: Projection | undefined;
  /** With the lowest and the highest value of each metric. */
  extremes?: boolean | undefined;
  /** With the number of runs that name it as their parent. */
  children?: boolean | undefined;
}

/** Runs in MLflow's form, each as JSON text, in the order of the rows. */
export async function assembleTexts(
  { read, capabilities: { engine } }: ReadDatabase,
  rows: readonly RunRow[],
  detail: Detail = {},
): Promise<string[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const { metrics, params, tags } = await runTexts(read, engine, ids, detail);
  const linked = detail.projection?.inputs === false ? [] : ids;
  const datasets = await datasetsOf(read, linked);
  const models = new Map<number, RunModel[]>();
  for (const model of await modelsOf(read, linked))
    models.set(model.run, [...(models.get(model.run) ?? []), model]);
  const runIds = rows.map((row) => row.run_id);
  const children = detail.children ? await childCounts(read, engine, runIds) : undefined;
  return rows.map((row) => {
    const info = toRunInfo(row);
    const counted = children ? { ...info, children: children.get(row.run_id) ?? 0 } : info;
    const lists = [
      listText('metrics', metrics.get(row.id)),
      listText('params', params.get(row.id)),
      listText('tags', tags.get(row.id)),
    ].filter((text) => text !== '');
    return `{"info":${JSON.stringify(counted)},"data":{${lists.join(',')}}${inputsText(datasets.get(row.id), models.get(row.id))}}`;
  });
}

/** The same as objects. */
export async function assembleRuns(
  database: ReadDatabase,
  rows: readonly RunRow[],
  detail?: Detail,
): Promise<Run[]> {
  return (await assembleTexts(database, rows, detail)).map((text) => JSON.parse(text) as Run);
}

const listText = (name: string, inside: string | undefined) =>
  inside === undefined ? '' : `"${name}":[${inside}]`;

/** Most runs have none, and need no object for it. */
function inputsText(datasets: DatasetInput[] | undefined, models: RunModel[] | undefined): string {
  if (!datasets && !models) return ',"inputs":{},"outputs":{}';
  return `,${JSON.stringify(toInputs(datasets ?? [], models ?? [])).slice(1, -1)}`;
}
