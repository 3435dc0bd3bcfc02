import { type RawBuilder, sql } from 'kysely';
import type { Capabilities, Tx } from '../../../database/index.ts';
import type { Filter } from '../../../lib/search/filter.ts';
import { conditionsSql, type RunScope } from './run-search.ts';

type Sql = RawBuilder<unknown>;

/** Which runs of the scope go to the trash or come back. */
export interface Moved {
  filter?: Filter | undefined;
  runIds?: readonly string[] | undefined;
  /** Only those that went to the trash then (epoch ms). */
  deletedAt?: number | undefined;
}

/** Moves at most `limit` runs; says how many. `at` is when they went, null when they come back. */
export async function moveRuns(
  tx: Tx,
  engine: Capabilities['engine'],
  scope: RunScope,
  { filter, runIds, deletedAt }: Moved,
  { at, limit }: { at: number | null; limit: number },
): Promise<number> {
  const conditions: Sql[] = conditionsSql(scope, filter, engine);
  if (runIds) {
    const list = JSON.stringify(runIds);
    conditions.push(
      engine === 'sqlite'
        ? sql`runs.run_id in (select value from json_each(${list}))`
        : sql`runs.run_id in (select value from jsonb_array_elements_text(${list}::jsonb) as listed (value))`,
    );
  }
  if (deletedAt !== undefined) conditions.push(sql`runs.deleted_at = ${deletedAt}`);
  const { rows } =
    await sql`update runs set lifecycle = ${at === null ? 'active' : 'deleted'}, deleted_at = ${at}
    where id in (select runs.id from runs where ${sql.join(conditions, sql` and `)} limit ${limit}) returning id`.execute(
      tx,
    );
  return rows.length;
}
