import type { ReadDatabase } from '../../database/index.ts';
import { digestRun, SeriesDigest } from './import-digest.ts';
import type { RunDigest } from './schema/import.ts';
import { keyNames, pairsOf, pointsOf } from './store/import.ts';

/** What is stored of runs of a project, digested. Runs that are not there are left out. */
export async function digestRuns(
  database: ReadDatabase,
  { project, run_ids }: { project: string; run_ids: readonly string[] },
): Promise<{ runs: RunDigest[] }> {
  const { read } = database;
  const found = await read
    .selectFrom('runs')
    .select(['id', 'run_id'])
    .where('project', '=', project)
    .where('run_id', 'in', [...run_ids, ''])
    .execute();
  const ids = found.map(({ id }) => id);
  const params = await pairsOf(read, 'run_params', ids);
  const tags = await pairsOf(read, 'run_tags', ids);
  const runs: RunDigest[] = [];
  for (const { id, run_id } of found) {
    const metrics = await digestSeries(database, id);
    runs.push(digestRun(run_id, { params: params.get(id) ?? [], tags: tags.get(id) ?? [], metrics }));
  }
  return { runs };
}

async function digestSeries({ read, capabilities }: ReadDatabase, id: number): Promise<RunDigest['metrics']> {
  const digests = new Map<number, SeriesDigest>();
  for await (const rows of pointsOf(read, capabilities.engine, id)) {
    for (const row of rows) {
      let digest = digests.get(row.key);
      if (!digest) digests.set(row.key, (digest = new SeriesDigest()));
      digest.add(row);
    }
  }
  const names = await keyNames(read, capabilities.engine, [...digests.keys()]);
  return [...digests].map(([key, series]) => ({
    key: names.get(key) ?? '',
    points: series.points,
    digest: series.end(),
  }));
}
