import type { ReadDatabase } from '../../database/index.ts';
import type { DatasetInput, Run } from './schema.ts';
import { datasetsOf, modelsOf, type RunModel } from './store/inputs.ts';
import { type Detail, runTexts } from './store/run-texts.ts';
import { toInputs } from './wire.ts';

/** Runs in MLflow's form, each as JSON text, by their numbers. */
export async function textsById(
  { read, capabilities: { engine } }: ReadDatabase,
  ids: readonly number[],
  detail: Detail = {},
): Promise<Map<number, string>> {
  const texts = await runTexts(read, engine, ids, detail);
  const linked =
    detail.projection?.inputs === false ? [] : ids.filter((id) => texts.get(id)?.linked === true);
  const datasets = await datasetsOf(read, linked);
  const models = new Map<number, RunModel[]>();
  for (const model of await modelsOf(read, linked))
    models.set(model.run, [...(models.get(model.run) ?? []), model]);
  const withVerdict = (id: number, text: string) => {
    const verdict = detail.verdicts?.get(id);
    return verdict ? text.replace('{"info":{', `{"info":{"reproduced":"${verdict}",`) : text;
  };
  return new Map(
    [...texts].map(([id, { text }]) => [
      id,
      `${withVerdict(id, text)}${inputsText(datasets.get(id), models.get(id))}}`,
    ]),
  );
}

/** In the order of the numbers. */
export async function assembleTexts(
  database: ReadDatabase,
  ids: readonly number[],
  detail?: Detail,
): Promise<string[]> {
  if (ids.length === 0) return [];
  const texts = await textsById(database, ids, detail);
  return ids.flatMap((id) => texts.get(id) ?? []);
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
