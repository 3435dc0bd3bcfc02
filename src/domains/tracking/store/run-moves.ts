import { storableList } from '../../../lib/storable.ts';
import { sql } from 'kysely';
import type { Reader, Tx } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import type { Filter } from '../../../lib/search/filter.ts';
import { conditionsSql, type RunScope } from './run-search.ts';
import { idList, type RunRow, textList } from './runs.ts';

export type Movable = Pick<RunRow, 'id' | 'run_id' | 'experiment' | 'lifecycle'>;

/** The runs of these ids that the project has. */
export const namedRuns = (
  reader: Reader,
  engine: Engine,
  project: string,
  ids: readonly string[],
): Promise<Movable[]> =>
  run<Movable>(
    reader,
    placeholders(
      engine,
      `select id, run_id, experiment, lifecycle from runs where project = ? and run_id in ${textList(engine)}`,
    ),
    [project, storableList(ids)],
  );

/** At most `limit` runs that match, in no order. */
export async function matchingRuns(
  reader: Reader,
  engine: Engine,
  scope: RunScope,
  filter: Filter | undefined,
  limit: number,
): Promise<Movable[]> {
  const conditions = sql.join(conditionsSql(scope, filter, engine), sql` and `);
  const { rows } =
    await sql<Movable>`select id, run_id, experiment, lifecycle from runs where ${conditions} limit ${limit}`.execute(
      reader,
    );
  return rows;
}

/** Datasets and models go along: what is left of the old experiment is not the runs'. */
export async function moveTo(
  tx: Tx,
  engine: Engine,
  runs: readonly Movable[],
  experiment: number,
): Promise<void> {
  const ids = JSON.stringify(runs.map(({ id }) => id));
  const change = (text: string, values: unknown[]) => run(tx, placeholders(engine, text), values);
  await change(
    `insert into logged_datasets (experiment, name, digest, source_type, source, schema, profile)
      select distinct cast(? as bigint), d.name, d.digest, d.source_type, d.source, d.schema, d.profile
      from logged_datasets d join run_datasets u on u.dataset = d.id where u.run in ${idList(engine)}
      on conflict do nothing`,
    [experiment, ids],
  );
  await change(
    `update run_datasets set dataset = (select there.id from logged_datasets there
        join logged_datasets here on here.name = there.name and here.digest = there.digest
        where here.id = run_datasets.dataset and there.experiment = ?)
      where run in ${idList(engine)}`,
    [experiment, ids],
  );
  await change(`update logged_models set experiment = ? where source_run_id in ${textList(engine)}`, [
    experiment,
    JSON.stringify(runs.map(({ run_id }) => run_id)),
  ]);
  await change(`update runs set experiment = ? where id in ${idList(engine)}`, [experiment, ids]);
}
