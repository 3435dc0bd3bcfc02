import { sql } from 'kysely';
import type { Reader } from '../../../database/index.ts';

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
