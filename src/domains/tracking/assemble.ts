import type { ReadDatabase } from '../../database/index.ts';
import type { Run } from './schema.ts';
import { datasetsOf, modelsOf, type RunModel } from './store/inputs.ts';
import { type Detail, MARK, NO_INPUTS, pageTexts, runTexts, runTextsById } from './store/run-texts.ts';
import { toInputs } from './wire.ts';

/** Runs in MLflow's form, each as JSON text, by their numbers. */
export async function textsById(
  database: ReadDatabase,
  ids: readonly number[],
  detail: Detail = {},
): Promise<Map<number, string>> {
  const texts = await runTexts(database.read, database.capabilities.engine, ids, detail);
  const whole = await withInputs(database, [...texts.values()]);
  return new Map(
    [...texts.keys()].map((id, at) => {
      const verdict = detail.verdicts?.get(id);
      const text = whole[at] ?? '';
      return [id, verdict ? text.replace('{"info":{', `{"info":{"reproduced":"${verdict}",`) : text];
    }),
  );
}

/** The same by their ids, with the project that each is of; those that are not there are left out. */
export async function textsByRunId(
  database: ReadDatabase,
  runIds: readonly string[],
): Promise<Map<string, { project: string; text: string }>> {
  const found = await runTextsById(database.read, database.capabilities.engine, runIds);
  const whole = await withInputs(
    database,
    [...found.values()].map(({ text }) => text),
  );
  return new Map(
    [...found].map(([runId, { project }], at) => [runId, { project, text: whole[at] as string }]),
  );
}

/** In the order of the numbers: pieces of one text, in which there are commas between them. */
export async function assemblePage(
  database: ReadDatabase,
  ids: readonly number[],
  detail: Detail = {},
): Promise<string[]> {
  if (ids.length === 0) return [];
  const texts = detail.verdicts
    ? await textsById(database, ids, detail).then((of) => ids.flatMap((id) => of.get(id) ?? []))
    : await withInputs(database, await pageTexts(database.read, database.capabilities.engine, ids, detail));
  return texts.flatMap((text, at) => (at === 0 ? [text] : [',', text]));
}

/** Puts in what runs read and made, for those that have any: most have none, and need no object for it. */
async function withInputs(database: ReadDatabase, texts: string[]): Promise<string[]> {
  if (!texts.some((text) => text.includes(MARK))) return texts;
  // Every second part is the number of a run.
  const parts = texts.map((text) => text.split(MARK));
  const inputsOf = await inputTexts(
    database,
    parts.flatMap((of) => of.filter((_, at) => at % 2 === 1).map(Number)),
  );
  return parts.map((of) => of.map((part, at) => (at % 2 === 1 ? inputsOf(Number(part)) : part)).join(''));
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

/** What runs read and made, as the text of it. */
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
