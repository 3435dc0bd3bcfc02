import type { ReadDatabase } from '../../database/index.ts';
import type { Run } from './schema.ts';
import { datasetsOf, modelsOf, type RunModel } from './store/inputs.ts';
import { type Detail, MARK, NO_INPUTS, pageText, runTexts } from './store/run-texts.ts';
import { toInputs } from './wire.ts';

/** Runs in MLflow's form, each as JSON text, by their numbers. */
export async function textsById(
  database: ReadDatabase,
  ids: readonly number[],
  detail: Detail = {},
): Promise<Map<number, string>> {
  const texts = await runTexts(database.read, database.capabilities.engine, ids, detail);
  const linked =
    detail.projection?.inputs === false ? [] : ids.filter((id) => texts.get(id)?.linked === true);
  const inputsOf = await inputTexts(database, linked);
  const withVerdict = (id: number, text: string) => {
    const verdict = detail.verdicts?.get(id);
    return verdict ? text.replace('{"info":{', `{"info":{"reproduced":"${verdict}",`) : text;
  };
  return new Map([...texts].map(([id, { text }]) => [id, `${withVerdict(id, text)}${inputsOf(id)}}`]));
}

/** In the order of the numbers, with commas between them. */
export async function assemblePage(
  database: ReadDatabase,
  ids: readonly number[],
  detail: Detail = {},
): Promise<string> {
  if (ids.length === 0) return '';
  if (detail.verdicts) {
    const texts = await textsById(database, ids, detail);
    return ids.flatMap((id) => texts.get(id) ?? []).join(',');
  }
  // Every second part is the number of a run that has inputs or outputs.
  const parts = (await pageText(database.read, database.capabilities.engine, ids, detail)).split(MARK);
  if (parts.length === 1) return parts[0] ?? '';
  const inputsOf = await inputTexts(database, parts.filter((_, at) => at % 2 === 1).map(Number));
  return parts.map((part, at) => (at % 2 === 1 ? inputsOf(Number(part)) : part)).join('');
}

/** As objects, in the order of the numbers. */
export async function assembleRuns(
  database: ReadDatabase,
  ids: readonly number[],
  detail?: Detail,
): Promise<Run[]> {
  if (ids.length === 0) return [];
  const texts = await textsById(database, ids, detail);
  return ids.flatMap((id) => {
    const text = texts.get(id);
    return text === undefined ? [] : JSON.parse(text);
  }) as Run[];
}

/** What runs read and made, for those that have any: most have none, and need no object for it. */
async function inputTexts(
  { read }: ReadDatabase,
  linked: readonly number[],
): Promise<(id: number) => string> {
  const datasets = await datasetsOf(read, linked);
  const models = new Map<number, RunModel[]>();
  for (const model of await modelsOf(read, linked))
    models.set(model.run, [...(models.get(model.run) ?? []), model]);
  return (id) => {
    const [read, made] = [datasets.get(id), models.get(id)];
    return read || made ? `,${JSON.stringify(toInputs(read ?? [], made ?? [])).slice(1, -1)}` : NO_INPUTS;
  };
}
