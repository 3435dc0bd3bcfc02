import { sql } from 'kysely';
import type { Reader } from '../../../database/index.ts';
import { CAPTURE_TAGS } from '../schema/capture.ts';

/** What a run says about where it came from. */
export interface RunFacts {
  run_id: string;
  start_time: number;
  status: string;
  commit: string | null;
  pipeline_run: string | null;
  /** The run that it repeats. */
  reproduces: string | null;
  params: number;
  metrics: number;
  /** Datasets logged as input; each has a digest. */
  datasets: number;
}

const tagged = (key: string) =>
  sql<string | null>`(select t.value from run_tags t where t.run = r.id and t.key = ${key})`;

/** Facts of active runs, newest first: those that started in a span of time (epoch ms), or those of the given ids. */
export async function factsOfRuns(
  reader: Reader,
  project: string,
  which: { from: number; to: number } | { ids: readonly string[] },
  limit: number,
): Promise<RunFacts[]> {
  if ('ids' in which && which.ids.length === 0) return [];
  let query = reader
    .selectFrom('runs as r')
    .select(['r.run_id', 'r.start_time', 'r.status'])
    .select([
      tagged('mlflow.source.git.commit').as('commit'),
      tagged('rondo.pipeline_run').as('pipeline_run'),
      tagged(CAPTURE_TAGS.reproduces).as('reproduces'),
      sql<number>`(select count(*) from run_params c where c.run = r.id)`.as('params'),
      sql<number>`(select count(*) from metric_latest c where c.run = r.id)`.as('metrics'),
      sql<number>`(select count(*) from run_datasets c where c.run = r.id)`.as('datasets'),
    ])
    .where('r.project', '=', project)
    .where('r.lifecycle', '=', 'active')
    .orderBy('r.start_time', 'desc')
    .orderBy('r.id', 'desc')
    .limit(limit);
  query =
    'ids' in which
      ? query.where('r.run_id', 'in', which.ids)
      : query.where('r.start_time', '>=', which.from).where('r.start_time', '<=', which.to);
  const rows = await query.execute();
  return rows.map((row) => ({
    ...row,
    params: Number(row.params),
    metrics: Number(row.metrics),
    datasets: Number(row.datasets),
  }));
}
