import type { Reader, Tx } from '../../../database/index.ts';
import type { Column, Part, Profile, VersionSummary } from '../schema.ts';

interface DatasetTable {
  project: string;
  name: string;
  description: string;
  tags: string;
  column_tags: string;
  suite: string | null;
  latest: number;
  created_at: number;
}
interface VersionTable {
  project: string;
  dataset: string;
  version: number;
  digest: string;
  row_count: number;
  bytes: number;
  manifest: string;
  profile: string;
  inputs: string;
  note: string;
  tags: string;
  created_at: number;
  created_by: string;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    datasets: DatasetTable;
    dataset_versions: VersionTable;
    dataset_inputs: { project: string; digest: string; name: string; created_at: number };
  }
}

export interface DatasetRow {
  project: string;
  name: string;
  description: string;
  tags: Record<string, string>;
  column_tags: Record<string, string[]>;
  /** The check suite as JSON, or none. */
  suite: unknown;
  latest: number;
  created_at: number;
}

export interface VersionRow extends Omit<VersionSummary, 'validation'> {
  manifest: { parts: Part[]; schema: { name: string; type: string }[] };
  profile: Profile;
  inputs: { digest: string; name: string }[];
}

export type NewVersion = Omit<VersionRow, 'version'>;

const toDataset = (row: DatasetTable): DatasetRow => ({
  ...row,
  tags: JSON.parse(row.tags) as DatasetRow['tags'],
  column_tags: JSON.parse(row.column_tags) as DatasetRow['column_tags'],
  suite: row.suite === null ? null : (JSON.parse(row.suite) as unknown),
});

const SUMMARY = [
  'project',
  'dataset',
  'version',
  'digest',
  'row_count',
  'bytes',
  'note',
  'tags',
  'created_at',
  'created_by',
] as const;

const toSummary = ({
  row_count,
  tags,
  ...row
}: Pick<VersionTable, (typeof SUMMARY)[number]>): Omit<VersionSummary, 'validation'> => ({
  ...row,
  rows: row_count,
  tags: JSON.parse(tags) as Record<string, string>,
});

export async function findDataset(
  reader: Reader,
  project: string,
  name: string,
): Promise<DatasetRow | undefined> {
  const row = await reader
    .selectFrom('datasets')
    .selectAll()
    .where('project', '=', project)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && toDataset(row);
}

export async function listDatasets(reader: Reader, project: string): Promise<DatasetRow[]> {
  const rows = await reader
    .selectFrom('datasets')
    .selectAll()
    .where('project', '=', project)
    .orderBy('name')
    .execute();
  return rows.map(toDataset);
}

/** Makes the dataset when it is missing and locks its row until the transaction ends. */
export async function lockDataset(tx: Tx, project: string, name: string): Promise<DatasetRow> {
  await tx
    .insertInto('datasets')
    .values({
      project,
      name,
      description: '',
      tags: '{}',
      column_tags: '{}',
      suite: null,
      latest: 0,
      created_at: Date.now(),
    })
    .onConflict((conflict) => conflict.columns(['project', 'name']).doNothing())
    .execute();
  const row = await tx
    .updateTable('datasets')
    .set((eb) => ({ latest: eb.ref('latest') }))
    .where('project', '=', project)
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toDataset(row);
}

export async function updateDataset(
  tx: Tx,
  project: string,
  name: string,
  change: Partial<Pick<DatasetRow, 'description' | 'tags' | 'column_tags' | 'suite'>>,
): Promise<void> {
  const { description, tags, column_tags, suite } = change;
  await tx
    .updateTable('datasets')
    .set({
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags: JSON.stringify(tags) }),
      ...(column_tags === undefined ? {} : { column_tags: JSON.stringify(column_tags) }),
      ...(suite === undefined ? {} : { suite: suite === null ? null : JSON.stringify(suite) }),
    })
    .where('project', '=', project)
    .where('name', '=', name)
    .execute();
}

export async function insertVersion(tx: Tx, version: number, row: NewVersion): Promise<void> {
  await tx
    .insertInto('dataset_versions')
    .values({
      project: row.project,
      dataset: row.dataset,
      version,
      digest: row.digest,
      row_count: row.rows,
      bytes: row.bytes,
      manifest: JSON.stringify(row.manifest),
      profile: JSON.stringify(row.profile),
      inputs: JSON.stringify(row.inputs),
      note: row.note,
      tags: JSON.stringify(row.tags),
      created_at: row.created_at,
      created_by: row.created_by,
    })
    .execute();
  await tx
    .updateTable('datasets')
    .set({ latest: version })
    .where('project', '=', row.project)
    .where('name', '=', row.dataset)
    .execute();
  for (const { digest, name } of row.inputs) {
    await tx
      .insertInto('dataset_inputs')
      .values({ project: row.project, digest, name, created_at: row.created_at })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Names under which a blob was imported. */
export async function inputNames(
  reader: Reader,
  digest: string,
): Promise<{ names: string[]; projects: string[] }> {
  const rows = await reader
    .selectFrom('dataset_inputs')
    .select(['name', 'project'])
    .where('digest', '=', digest)
    .execute();
  return {
    names: [...new Set(rows.map((row) => row.name))],
    projects: [...new Set(rows.map((row) => row.project))],
  };
}

export async function findVersion(
  reader: Reader,
  project: string,
  dataset: string,
  by: { version: number } | { digest: string },
): Promise<VersionRow | undefined> {
  const query = reader
    .selectFrom('dataset_versions')
    .selectAll()
    .where('project', '=', project)
    .where('dataset', '=', dataset);
  const row = await ('version' in by
    ? query.where('version', '=', by.version)
    : query.where('digest', '=', by.digest)
  ).executeTakeFirst();
  if (!row) return undefined;
  return {
    ...toSummary(row),
    manifest: JSON.parse(row.manifest) as VersionRow['manifest'],
    profile: JSON.parse(row.profile) as Profile,
    inputs: JSON.parse(row.inputs) as VersionRow['inputs'],
  };
}

/** Newest first; `before` pages on. */
export async function listVersions(
  reader: Reader,
  project: string,
  dataset: string,
  page: { limit: number; before?: number | undefined },
): Promise<Omit<VersionSummary, 'validation'>[]> {
  let query = reader
    .selectFrom('dataset_versions')
    .select(SUMMARY)
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .orderBy('version', 'desc')
    .limit(page.limit);
  if (page.before !== undefined) query = query.where('version', '<', page.before);
  return (await query.execute()).map(toSummary);
}

export const typesOf = (columns: readonly Column[]) =>
  columns.map((column) => ({ name: column.name, type: column.sql_type }));
