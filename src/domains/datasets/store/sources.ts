import type { Reader, Tx } from '../../../database/index.ts';
import type { Source, SourceFile, SourceSpec } from '../schema.ts';

declare module '../../../database/tables.ts' {
  interface Tables {
    dataset_sources: {
      project: string;
      name: string;
      spec: string;
      created_at: number;
      created_by: string;
      scanned_at: number | null;
    };
    dataset_source_files: SourceFile & { project: string; source: string };
  }
}

type SourceRow = Omit<Source, 'files'>;

const parse = <T extends { spec: string }>(row: T) => ({ ...row, spec: JSON.parse(row.spec) as SourceSpec });

export async function saveSource(tx: Tx, source: SourceRow): Promise<void> {
  const spec = JSON.stringify(source.spec);
  await tx
    .insertInto('dataset_sources')
    .values({ ...source, spec })
    .onConflict((conflict) => conflict.columns(['project', 'name']).doUpdateSet({ spec }))
    .execute();
}

export async function findSource(
  reader: Reader,
  project: string,
  name: string,
): Promise<SourceRow | undefined> {
  const row = await reader
    .selectFrom('dataset_sources')
    .selectAll()
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && parse(row);
}

/** Of one project, or of all. */
export async function listSources(reader: Reader, project?: string): Promise<SourceRow[]> {
  let query = reader.selectFrom('dataset_sources').selectAll().orderBy('project').orderBy('name');
  if (project !== undefined) query = query.where('project', '=', project);
  return (await query.execute()).map(parse);
}

export async function removeSource(tx: Tx, project: string, name: string): Promise<void> {
  await tx
    .deleteFrom('dataset_source_files')
    .where('project', '=', project)
    .where('source', '=', name)
    .execute();
  await tx.deleteFrom('dataset_sources').where('project', '=', project).where('name', '=', name).execute();
}

export async function listSourceFiles(
  reader: Reader,
  project: string,
  source: string,
): Promise<SourceFile[]> {
  return reader
    .selectFrom('dataset_source_files')
    .select(['path', 'size', 'modified_at', 'digest', 'version', 'error'])
    .where('project', '=', project)
    .where('source', '=', source)
    .orderBy('path')
    .execute();
}

export async function saveSourceFile(
  tx: Tx,
  project: string,
  source: string,
  file: SourceFile,
): Promise<void> {
  const { path: _, ...change } = file;
  await tx
    .insertInto('dataset_source_files')
    .values({ project, source, ...file })
    .onConflict((conflict) => conflict.columns(['project', 'source', 'path']).doUpdateSet(change))
    .execute();
}

export async function markScanned(tx: Tx, project: string, name: string, at: number): Promise<void> {
  await tx
    .updateTable('dataset_sources')
    .set({ scanned_at: at })
    .where('project', '=', project)
    .where('name', '=', name)
    .execute();
}
