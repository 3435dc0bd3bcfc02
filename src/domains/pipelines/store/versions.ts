import type { Reader, Tx } from '../../../database/index.ts';
import type { CodeRecord, Graph } from '../schema/graph.ts';

interface PipelineTable {
  project: string;
  name: string;
  version: number;
  runs: number;
  description: string;
  updated_at: number;
}

interface VersionTable {
  project: string;
  pipeline: string;
  version: number;
  digest: string;
  graph: string;
  code: string;
  applied_by: string;
  applied_at: number;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    pipelines: PipelineTable;
    pipeline_versions: VersionTable;
  }
}

export interface PipelineVersion {
  project: string;
  pipeline: string;
  version: number;
  digest: string;
  graph: Graph;
  code: CodeRecord;
  applied_by: string;
  applied_at: number;
}

/** Makes the next version of the pipeline, or finds the newest one when its digest is the same. */
export async function addVersion(
  tx: Tx,
  fresh: Omit<PipelineVersion, 'version' | 'applied_at'>,
): Promise<{ version: number; changed: boolean }> {
  const now = Date.now();
  const { project, pipeline } = fresh;
  await tx
    .insertInto('pipelines')
    .values({ project, name: pipeline, version: 0, runs: 0, description: '', updated_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await tx
    .updateTable('pipelines')
    .set((eb) => ({ version: eb('version', '+', 1), description: fresh.graph.description, updated_at: now }))
    .where('project', '=', project)
    .where('name', '=', pipeline)
    .returning('version')
    .executeTakeFirstOrThrow();
  const newest = await findVersion(tx, project, pipeline, row.version - 1);
  if (newest?.digest === fresh.digest) {
    await tx
      .updateTable('pipelines')
      .set({ version: newest.version })
      .where('project', '=', project)
      .where('name', '=', pipeline)
      .execute();
    return { version: newest.version, changed: false };
  }
  await tx
    .insertInto('pipeline_versions')
    .values({
      project,
      pipeline,
      version: row.version,
      digest: fresh.digest,
      graph: JSON.stringify(fresh.graph),
      code: JSON.stringify(fresh.code),
      applied_by: fresh.applied_by,
      applied_at: now,
    })
    .execute();
  return { version: row.version, changed: true };
}

/** One version, the newest when none is named. */
export async function findVersion(
  reader: Reader,
  project: string,
  pipeline: string,
  version?: number,
): Promise<PipelineVersion | undefined> {
  let query = reader
    .selectFrom('pipeline_versions')
    .selectAll()
    .where('project', '=', project)
    .where('pipeline', '=', pipeline);
  query =
    version === undefined ? query.orderBy('version', 'desc').limit(1) : query.where('version', '=', version);
  const row = await query.executeTakeFirst();
  return row && { ...row, graph: JSON.parse(row.graph) as Graph, code: JSON.parse(row.code) as CodeRecord };
}

export async function listPipelines(reader: Reader, project: string): Promise<PipelineTable[]> {
  return reader.selectFrom('pipelines').selectAll().where('project', '=', project).orderBy('name').execute();
}

export async function listVersions(reader: Reader, project: string, pipeline: string, limit = 100) {
  const rows = await reader
    .selectFrom('pipeline_versions')
    .select(['version', 'applied_at', 'applied_by', 'code'])
    .where('project', '=', project)
    .where('pipeline', '=', pipeline)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ code, ...row }) => {
    const record = JSON.parse(code) as CodeRecord;
    return { ...row, commit: record.commit, dirty: record.dirty_diff !== null };
  });
}

/** Number of the next run of this pipeline, counted in its row. */
export async function nextRunNumber(tx: Tx, project: string, pipeline: string): Promise<number> {
  const row = await tx
    .updateTable('pipelines')
    .set((eb) => ({ runs: eb('runs', '+', 1) }))
    .where('project', '=', project)
    .where('name', '=', pipeline)
    .returning('runs')
    .executeTakeFirstOrThrow();
  return row.runs;
}
