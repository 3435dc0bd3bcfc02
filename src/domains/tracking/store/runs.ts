import type { Reader, Tx } from '../../../database/index.ts';
import type { KeyValue, RunStatus } from '../schema.ts';
import { type Engine, placeholders, RowStatement, run } from '../../../database/statements.ts';
import type { RunRow } from './tables.ts';

export type { RunRow };

/** Reads and writes of runs, their params and tags. Statements of the logging path are made once per engine. */
export function runStore(engine: Engine) {
  const byId = placeholders(
    engine,
    'select id, run_id, project, experiment, name, user_id, status, start_time, end_time, artifact_uri, lifecycle, deleted_at from runs where run_id = ?',
  );
  const insert = placeholders(
    engine,
    `insert into runs (run_id, project, experiment, name, user_id, status, start_time, end_time, artifact_uri, lifecycle, deleted_at)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning id`,
  );
  const addParams = new RowStatement(
    engine,
    'insert into run_params (run, key, value)',
    3,
    'on conflict do nothing',
  );
  const storedParams = placeholders(
    engine,
    `select key, value from run_params where run = ? and key in ${textList(engine)}`,
  );
  const putTags = new RowStatement(
    engine,
    'insert into run_tags (run, key, value)',
    3,
    'on conflict (run, key) do update set value = excluded.value',
  );

  return {
    async find(reader: Reader, runId: string): Promise<RunRow | undefined> {
      return (await run<RunRow>(reader, byId, [runId]))[0];
    },

    async insert(tx: Tx, row: Omit<RunRow, 'id'>): Promise<number> {
      const [made] = await run<{ id: number }>(tx, insert, [
        row.run_id,
        row.project,
        row.experiment,
        row.name,
        row.user_id,
        row.status,
        row.start_time,
        row.end_time,
        row.artifact_uri,
        row.lifecycle,
        row.deleted_at,
      ]);
      return (made as { id: number }).id;
    },

    async update(
      tx: Tx,
      id: number,
      change: { status?: RunStatus; end_time?: number; name?: string },
    ): Promise<void> {
      if (Object.keys(change).length > 0)
        await tx.updateTable('runs').set(change).where('id', '=', id).execute();
    },

    async setLifecycle(tx: Tx, id: number, lifecycle: 'active' | 'deleted'): Promise<void> {
      await tx
        .updateTable('runs')
        .set({ lifecycle, deleted_at: lifecycle === 'deleted' ? Date.now() : null })
        .where('id', '=', id)
        .execute();
    },

    /** Adds params that are new and returns what is stored under these keys; the caller compares. */
    async addParams(tx: Tx, id: number, params: readonly KeyValue[]): Promise<KeyValue[]> {
      await addParams.run(
        tx,
        params.map(({ key, value }) => [id, key, value]),
      );
      const keys = JSON.stringify(params.map((param) => param.key));
      return run<KeyValue>(tx, storedParams, [id, keys]);
    },

    /** The last value of a key given twice wins. */
    async putTags(tx: Tx, id: number, tags: readonly KeyValue[]): Promise<void> {
      const last = new Map(tags.map(({ key, value }) => [key, value]));
      await putTags.run(
        tx,
        [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [id, key, value]),
      );
    },

    async removeTag(tx: Tx, id: number, key: string): Promise<boolean> {
      const gone = await tx
        .deleteFrom('run_tags')
        .where('run', '=', id)
        .where('key', '=', key)
        .returning('key')
        .executeTakeFirst();
      return gone !== undefined;
    },

    async tag(reader: Reader, id: number, key: string): Promise<string | undefined> {
      const row = await reader
        .selectFrom('run_tags')
        .select('value')
        .where('run', '=', id)
        .where('key', '=', key)
        .executeTakeFirst();
      return row?.value;
    },
  };
}

export type RunStore = ReturnType<typeof runStore>;

/** A set of numbers from one parameter: their JSON list. */
export const idList = (engine: Engine): string =>
  engine === 'sqlite'
    ? '(select value from json_each(?))'
    : '(select value::bigint from jsonb_array_elements_text(?::jsonb) as listed (value))';

/** A set of texts from one parameter: their JSON list. */
export const textList = (engine: Engine): string =>
  engine === 'sqlite' ? '(select value from json_each(?))' : '(select jsonb_array_elements_text(?::jsonb))';

/** Whether the experiments have more runs or traces than `limit`, without counting further. */
export async function hasMore(
  reader: Reader,
  table: 'runs' | 'traces',
  experiments: readonly number[],
  limit: number,
): Promise<boolean> {
  if (experiments.length === 0) return false;
  const rows = await reader
    .selectFrom(table)
    .select('id')
    .where('experiment', 'in', experiments)
    .limit(1)
    .offset(limit)
    .execute();
  return rows.length > 0;
}
