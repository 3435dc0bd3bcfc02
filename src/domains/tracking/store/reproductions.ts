import { sql } from 'kysely';
import type { Reader } from '../../../database/index.ts';
import { type Engine, placeholders, run } from '../../../database/statements.ts';
import { idList } from './runs.ts';

/** Of runs that others repeat: numbers of both, the newest repeats first, of each run at most `limit`. */
export const repeatsOfAll = (
  reader: Reader,
  engine: Engine,
  ids: readonly number[],
  limit: number,
): Promise<{ first: number; again: number }[]> =>
  run(
    reader,
    placeholders(
      engine,
      `select first, again from (
        select r.id as first, a.id as again,
          row_number() over (partition by r.id order by a.start_time desc, a.id desc) as place
        from runs r join run_tags t on t.key = 'rondo.reproduces' and t.value = r.run_id
          join runs a on a.id = t.run and a.project = r.project and a.lifecycle = 'active' and a.id <> r.id
        where r.id in ${idList(engine)}
      ) as repeats where place <= ?`,
    ),
    [JSON.stringify(ids), limit],
  );

/** Ids of active runs of a project that name a run as the one they repeat, newest first. */
export async function repeatsOf(
  reader: Reader,
  project: string,
  runId: string,
  limit: number,
): Promise<string[]> {
  const rows = await reader
    .selectFrom('run_tags as t')
    .innerJoin('runs as r', 'r.id', 't.run')
    .select('r.run_id')
    // The key stands in the text, so that the index of reproductions alone serves it.
    .where(sql<boolean>`t.key = 'rondo.reproduces'`)
    .where('t.value', '=', runId)
    .where('r.project', '=', project)
    .where('r.lifecycle', '=', 'active')
    .orderBy('r.start_time', 'desc')
    .orderBy('r.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => row.run_id);
}
