import type { Reader, Tx } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import { idList, textList } from './runs.ts';

export interface Doomed {
  experiments: { id: number; name: string }[];
  runs: { id: number; run_id: string }[];
  models: string[];
}

/** What in the trash of a project is meant by these ids; an experiment brings its runs and its logged models. */
export async function doomed(
  reader: Reader,
  project: string,
  which: { run_ids: readonly string[]; experiment_ids: readonly number[] },
): Promise<Doomed> {
  const all = which.run_ids.length === 0 && which.experiment_ids.length === 0;
  let experiments = reader
    .selectFrom('experiments')
    .select(['id', 'name'])
    .where('project', '=', project)
    .where('lifecycle', '=', 'deleted')
    .orderBy('id');
  if (!all) experiments = experiments.where('id', 'in', [...which.experiment_ids, -1]);
  const gone = await experiments.execute();
  const inside = [...gone.map(({ id }) => id), -1];
  const runs: Doomed['runs'] = [];
  const take = async (some: readonly string[] | undefined) => {
    const found = reader
      .selectFrom('runs')
      .select(['id', 'run_id'])
      .where('project', '=', project)
      .where('lifecycle', '=', 'deleted')
      .orderBy('id');
    const chosen = some
      ? found.where((eb) => eb.or([eb('run_id', 'in', [...some, '']), eb('experiment', 'in', inside)]))
      : found;
    runs.push(...(await chosen.execute()));
  };
  if (all) await take(undefined);
  else
    for (let start = 0; start === 0 || start < which.run_ids.length; start += 500)
      await take(which.run_ids.slice(start, start + 500));
  const unique = new Map(runs.map((row) => [row.id, row]));
  const models = await reader
    .selectFrom('logged_models')
    .select('model_id')
    .where('experiment', 'in', inside)
    .orderBy('model_id')
    .execute();
  return { experiments: gone, runs: [...unique.values()], models: models.map((row) => row.model_id) };
}

export interface Weight {
  points: number;
  files: number;
  bytes: number;
  /** Of bytes that nothing else names: what a disk gets back. */
  freed_bytes: number;
}

export async function weigh(reader: Reader, engine: Engine, { runs, models }: Doomed): Promise<Weight> {
  const ids = JSON.stringify(runs.map(({ id }) => id));
  const roots = JSON.stringify([
    ...runs.map(({ run_id }) => `run/${run_id}`),
    ...models.map((id) => `model/${id}`),
  ]);
  const texts = textList(engine);
  const sum = async (text: string, values: readonly unknown[]) =>
    (await run<Record<string, number | string | null>>(reader, placeholders(engine, text), values))[0] ?? {};
  const { points } = await sum(
    `select sum(points) as points from metric_latest where run in ${idList(engine)}`,
    [ids],
  );
  const named = `select count(*) as files, sum(size) as bytes from artifact_names where root in ${texts}`;
  const { files, bytes } = await sum(named, [roots]);
  const { freed } = await sum(
    `select sum(size) as freed from (select digest, max(size) as size from artifact_names
      where digest in (select digest from artifact_names where root in ${texts})
      group by digest having count(*) = count(case when root in ${texts} then 1 end)) as own`,
    [roots, roots],
  );
  const number = (value: unknown) => Number(value ?? 0);
  return { points: number(points), files: number(files), bytes: number(bytes), freed_bytes: number(freed) };
}

/** Removes rows of runs and experiments, so that nobody finds them any more, and notes what is left to remove of each run. */
export async function removeDoomed(
  tx: Tx,
  engine: Engine,
  { runs, experiments, models }: Doomed,
): Promise<void> {
  for (let start = 0; start < runs.length; start += 500) {
    const piece = runs.slice(start, start + 500);
    await tx
      .insertInto('purged_runs')
      .values(piece.map(({ id, run_id }) => ({ run: id, place: `run/${run_id}` })))
      .execute();
    const text = placeholders(engine, `delete from runs where id in ${idList(engine)}`);
    await run(tx, text, [JSON.stringify(piece.map(({ id }) => id))]);
  }
  for (let start = 0; start < models.length; start += 500) {
    const piece = models.slice(start, start + 500);
    for (const table of [
      'logged_model_params',
      'logged_model_tags',
      'logged_model_metrics',
      'logged_models',
    ] as const)
      await tx.deleteFrom(table).where('model_id', 'in', piece).execute();
    await tx
      .deleteFrom('artifact_names')
      .where(
        'root',
        'in',
        piece.map((id) => `model/${id}`),
      )
      .execute();
  }
  for (const { id } of experiments) {
    await tx
      .deleteFrom('run_datasets')
      .where('dataset', 'in', (eb) =>
        eb.selectFrom('logged_datasets').select('id').where('experiment', '=', id),
      )
      .execute();
    await tx.deleteFrom('logged_datasets').where('experiment', '=', id).execute();
    await tx.deleteFrom('experiment_tags').where('experiment', '=', id).execute();
    await tx.deleteFrom('experiments').where('id', '=', id).execute();
  }
}

/** How many runs an experiment has, in the trash or not. */
export async function runsLeft(reader: Reader, experiment: number): Promise<number> {
  const { n } = await reader
    .selectFrom('runs')
    .select((eb) => eb.fn.countAll().as('n'))
    .where('experiment', '=', experiment)
    .executeTakeFirstOrThrow();
  return Number(n);
}

export const purgedRun = (reader: Reader): Promise<{ run: number; place: string } | undefined> =>
  reader.selectFrom('purged_runs').selectAll().orderBy('run').limit(1).executeTakeFirst();

/** Removes a piece of what a purged run logged. True when nothing of it is left. */
export async function removeLogged(
  tx: Tx,
  engine: Engine,
  { run: id, place }: { run: number; place: string },
  most: number,
): Promise<boolean> {
  const [next] = await run<{ key: number; step: number }>(
    tx,
    placeholders(
      engine,
      'select key, step from metric_points where run = ? order by key, step, ts, value, is_nan limit 1 offset ?',
    ),
    [id, most],
  );
  if (next) {
    const text = 'delete from metric_points where run = ? and (key, step) <= (?, ?)';
    await run(tx, placeholders(engine, text), [id, next.key, next.step]);
    return false;
  }
  for (const table of [
    'metric_points',
    'metric_latest',
    'run_params',
    'run_tags',
    'run_datasets',
    'run_models',
  ] as const)
    await tx.deleteFrom(table).where('run', '=', id).execute();
  await tx.deleteFrom('artifact_names').where('root', '=', place).execute();
  await tx.deleteFrom('purged_runs').where('run', '=', id).execute();
  return true;
}
