import type { ReadDatabase } from '../../database/index.ts';
import type { DatasetInput, Run } from './schema.ts';
import { datasetsOf, modelsOf, type RunModel } from './store/inputs.ts';
import { type Detail, runTexts } from './store/run-texts.ts';
import { toInputs } from './wire.ts';

/** Runs in MLflow's form, each as JSON text, in the order of their numbers. */
export async function assembleTexts(
  { read, capabilities: { engine } }: ReadDatabase,
  ids: readonly number[],
  detail: Detail = {},
): Promise<string[]> {
  if (ids.length === 0) return [];
  const texts = await runTexts(read, engine, ids, detail);
  const linked =
    detail.projection?.inputs === false ? [] : ids.filter((id) => texts.get(id)?.linked === true);
  const datasets = await datasetsOf(read, linked);
  const models = new Map<number, RunModel[]>();
  for (const model of await modelsOf(read, linked))
    models.set(model.run, [...(models.get(model.run) ?? []), model]);
  return ids.flatMap((id) => {
    const found = texts.get(id);
    if (found === undefined) return [];
    const verdict = detail.verdicts?.get(id);
    const text = verdict
      ? found.text.replace('{"info":{', `{"info":{"reproduced":"${verdict}",`)
      : found.text;
    return `${text}${inputsText(datasets.get(id), models.get(id))}}`;
  });
}

/** The same as objects. */
export async function assembleRuns(
  database: ReadDatabase,
  ids: readonly number[],
  detail?: Detail,
): Promise<Run[]> {
  return (await assembleTexts(database, ids, detail)).map((text) => JSON.parse(text) as Run);
}

/** Most runs have none, and need no object for it. */
function inputsText(datasets: DatasetInput[] | undefined, models: RunModel[] | undefined): string {
  if (!datasets && !models) return ',"inputs":{},"outputs":{}';
  return `,${JSON.stringify(toInputs(datasets ?? [], models ?? [])).slice(1, -1)}`;
}
