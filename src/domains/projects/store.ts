import type { Reader, Tx } from '../../database/index.ts';
import type { ProjectFile, ProjectRevision } from './schema.ts';

declare module '../../database/tables.ts' {
  interface Tables {
    projects: {
      name: string;
      title: string;
      revision: number;
      file: string;
      created_at: number;
      updated_at: number;
    };
    project_revisions: {
      project: string;
      revision: number;
      author: string;
      file: string;
      created_at: number;
    };
  }
}

export interface ProjectRow {
  name: string;
  title: string;
  revision: number;
  file: ProjectFile;
  created_at: number;
  updated_at: number;
}

const parse = <T extends { file: string }>(row: T) => ({ ...row, file: JSON.parse(row.file) as ProjectFile });

export async function findProject(reader: Reader, name: string): Promise<ProjectRow | undefined> {
  const row = await reader.selectFrom('projects').selectAll().where('name', '=', name).executeTakeFirst();
  return row && parse(row);
}

export async function listProjects(reader: Reader): Promise<ProjectRow[]> {
  return (await reader.selectFrom('projects').selectAll().orderBy('name').execute()).map(parse);
}

export async function saveProject(tx: Tx, row: ProjectRow, author: string): Promise<void> {
  const file = JSON.stringify(row.file);
  await tx
    .insertInto('projects')
    .values({ ...row, file })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ title: row.title, revision: row.revision, file, updated_at: row.updated_at }),
    )
    .execute();
  await tx
    .insertInto('project_revisions')
    .values({ project: row.name, revision: row.revision, author, file, created_at: row.updated_at })
    .execute();
}

export async function removeProject(tx: Tx, name: string): Promise<void> {
  await tx.deleteFrom('project_revisions').where('project', '=', name).execute();
  await tx.deleteFrom('projects').where('name', '=', name).execute();
}

export async function listRevisions(reader: Reader, project: string): Promise<ProjectRevision[]> {
  const rows = await reader
    .selectFrom('project_revisions')
    .selectAll()
    .where('project', '=', project)
    .orderBy('revision', 'desc')
    .execute();
  return rows.map((row) => {
    const { project: _, ...rest } = parse(row);
    return rest;
  });
}
