import { sql } from 'kysely';
import type { Reader, Tx } from '../../../database/index.ts';
import type { KeyValue, Lifecycle } from '../schema.ts';
import type { ExperimentRow } from './tables.ts';

export type { ExperimentRow };

export async function findExperiment(
  reader: Reader,
  project: string,
  id: number,
): Promise<ExperimentRow | undefined> {
  return reader
    .selectFrom('experiments')
    .selectAll()
    .where('id', '=', id)
    .where('project', '=', project)
    .executeTakeFirst();
}

/** Those of these numbers that exist, of any project. */
export async function findExperiments(
  reader: Reader,
  ids: readonly number[],
): Promise<Map<number, ExperimentRow>> {
  const rows = await reader.selectFrom('experiments').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row]));
}

export async function findExperimentByName(
  reader: Reader,
  project: string,
  name: string,
): Promise<ExperimentRow | undefined> {
  return reader
    .selectFrom('experiments')
    .selectAll()
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst();
}

/** Whether an experiment of any project has the id. */
export async function experimentTaken(reader: Reader, id: number): Promise<boolean> {
  const row = await reader.selectFrom('experiments').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}

/** The new row, or undefined when the project has an experiment of that name. `id` is chosen when left out. */
export async function insertExperiment(
  tx: Tx,
  row: Omit<ExperimentRow, 'id'> & { id?: number },
): Promise<ExperimentRow | undefined> {
  return tx
    .insertInto('experiments')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** PostgreSQL counts on from where it was when an id was given; SQLite goes behind the highest by itself. */
export async function countPast(tx: Tx, id: number): Promise<void> {
  await sql`select setval(pg_get_serial_sequence('experiments', 'id'), ${id}::bigint)
    where ${id}::bigint > (select coalesce(max(last_value), 0) from pg_sequences
      where schemaname = current_schema() and sequencename = 'experiments_id_seq')`.execute(tx);
}

export async function updateExperiment(
  tx: Tx,
  id: number,
  change: { name?: string; artifact_location?: string; lifecycle?: Lifecycle },
): Promise<void> {
  await tx
    .updateTable('experiments')
    .set({ ...change, updated_at: Date.now() })
    .where('id', '=', id)
    .execute();
}

export async function experimentTags(reader: Reader, ids: number[]): Promise<Map<number, KeyValue[]>> {
  const found = new Map<number, KeyValue[]>();
  if (ids.length === 0) return found;
  const rows = await reader
    .selectFrom('experiment_tags')
    .selectAll()
    .where('experiment', 'in', ids)
    .orderBy('experiment')
    .orderBy('key')
    .execute();
  for (const { experiment, key, value } of rows) {
    const tags = found.get(experiment);
    if (tags) tags.push({ key, value });
    else found.set(experiment, [{ key, value }]);
  }
  return found;
}

export async function putExperimentTags(
  tx: Tx,
  experiment: number,
  tags: readonly KeyValue[],
): Promise<void> {
  for (const { key, value } of tags) {
    await tx
      .insertInto('experiment_tags')
      .values({ experiment, key, value })
      .onConflict((conflict) => conflict.columns(['experiment', 'key']).doUpdateSet({ value }))
      .execute();
  }
}

export async function removeExperimentTag(tx: Tx, experiment: number, key: string): Promise<boolean> {
  const gone = await tx
    .deleteFrom('experiment_tags')
    .where('experiment', '=', experiment)
    .where('key', '=', key)
    .returning('key')
    .executeTakeFirst();
  return gone !== undefined;
}

/** Deleting and restoring an experiment takes its runs along. */
export async function setLifecycleOfRuns(tx: Tx, experiment: number, lifecycle: Lifecycle): Promise<void> {
  await tx
    .updateTable('runs')
    .set({ lifecycle, deleted_at: lifecycle === 'deleted' ? Date.now() : null })
    .where('experiment', '=', experiment)
    .execute();
}
