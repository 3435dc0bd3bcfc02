import { storableList } from '../../../lib/storable.ts';
import type { Reader, Tx } from '../../../database/index.ts';
import type { KeyValue, RunStatus } from '../schema.ts';
import {
  type ColumnType,
  type Engine,
  placeholders,
  RowStatement,
  run,
} from '../../../database/statements.ts';
import type { RunRow } from './tables.ts';

export type { RunRow };

const PAIR = { run: 'bigint', key: 'text', value: 'text' } as const;

const RUN = {
  run_id: 'text',
  project: 'text',
  experiment: 'bigint',
  name: 'text',
  user_id: 'text',
  status: 'text',
  start_time: 'bigint',
  end_time: 'bigint',
  artifact_uri: 'text',
  lifecycle: 'text',
  deleted_at: 'bigint',
} as const satisfies Record<Exclude<keyof RunRow, 'id'>, ColumnType>;
const RUN_COLUMNS = Object.keys(RUN) as (keyof typeof RUN)[];

/** Reads and writes of runs, their params and tags. Statements of the logging path are made once per engine. */
export function runStore(engine: Engine) {
  const columns = ['id', ...RUN_COLUMNS].join(', ');
  const byId = placeholders(engine, `select ${columns} from runs where run_id = ?`);
  const byIds = placeholders(engine, `select ${columns} from runs where run_id in ${textList(engine)}`);
  const insert = new RowStatement(engine, { table: 'runs', columns: RUN, then: 'returning id, run_id' });
  const addParams = new RowStatement(engine, {
    table: 'run_params',
    columns: PAIR,
    then: 'on conflict do nothing',
  });
  const storedParams = placeholders(
    engine,
    `select key, value from run_params where run = ? and key in ${textList(engine)}`,
  );
  const putTags = new RowStatement(engine, {
    table: 'run_tags',
    columns: PAIR,
    then: 'on conflict (run, key) do update set value = excluded.value',
  });

  return {
    async find(reader: Reader, runId: string): Promise<RunRow | undefined> {
      return (await run<RunRow>(reader, byId, [runId]))[0];
    },

    /** Those of these ids that exist. */
    async findMany(reader: Reader, runIds: readonly string[]): Promise<Map<string, RunRow>> {
      const rows = await run<RunRow>(reader, byIds, [storableList(runIds)]);
      return new Map(rows.map((row) => [row.run_id, row]));
    },

    /** Their numbers, by run id. */
    async insert(tx: Tx, rows: readonly Omit<RunRow, 'id'>[]): Promise<Map<string, number>> {
      const made = await insert.returned<{ id: number; run_id: string }>(
        tx,
        rows.map((row) => RUN_COLUMNS.map((column) => row[column])),
      );
      return new Map(made.map(({ run_id, id }) => [run_id, id]));
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
    async putTags(tx: Tx, ...given: { id: number; tags: readonly KeyValue[] }[]): Promise<void> {
      const rows = given
        .toSorted((a, b) => a.id - b.id)
        .flatMap(({ id, tags }) => {
          const last = new Map(tags.map(({ key, value }) => [key, value]));
          return [...last].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [id, key, value]);
        });
      await putTags.run(tx, rows);
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
