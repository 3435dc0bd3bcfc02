import type { Reader, Tx } from '../../../database/index.ts';
import type { DefinitionKind } from '../schema.ts';

interface DefinitionTable {
  project: string;
  kind: DefinitionKind;
  name: string;
  version: number;
  digest: string;
  definition: string;
  applied: number;
  created_at: number;
  created_by: string;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    feature_definitions: DefinitionTable;
  }
}

export interface DefinitionRow<D = unknown> extends Omit<DefinitionTable, 'definition'> {
  definition: D;
}

const parse = <D>(row: DefinitionTable): DefinitionRow<D> => ({
  ...row,
  definition: JSON.parse(row.definition) as D,
});

/** The current version: the one applied last. */
export async function findCurrent<D>(
  reader: Reader,
  project: string,
  kind: DefinitionKind,
  name: string,
): Promise<DefinitionRow<D> | undefined> {
  const row = await reader
    .selectFrom('feature_definitions')
    .selectAll()
    .where('project', '=', project)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .orderBy('applied', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && parse<D>(row);
}

/** Every version of one name, newest first. */
export async function listDefinitionVersions<D>(
  reader: Reader,
  project: string,
  kind: DefinitionKind,
  name: string,
): Promise<DefinitionRow<D>[]> {
  const rows = await reader
    .selectFrom('feature_definitions')
    .selectAll()
    .where('project', '=', project)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .orderBy('version', 'desc')
    .execute();
  return rows.map((row) => parse<D>(row));
}

/** The current version of every name. */
export async function listCurrent<D>(
  reader: Reader,
  project: string,
  kind: DefinitionKind,
): Promise<DefinitionRow<D>[]> {
  const rows = await reader
    .selectFrom('feature_definitions')
    .selectAll()
    .where('project', '=', project)
    .where('kind', '=', kind)
    .orderBy('name')
    .orderBy('applied')
    .execute();
  return [...new Map(rows.map((row) => [row.name, parse<D>(row)])).values()];
}

export async function insertDefinition(tx: Tx, row: DefinitionRow): Promise<void> {
  await tx
    .insertInto('feature_definitions')
    .values({ ...row, definition: JSON.stringify(row.definition) })
    .execute();
}

export async function markApplied(
  tx: Tx,
  row: Pick<DefinitionRow, 'project' | 'kind' | 'name' | 'version'>,
  applied: number,
): Promise<void> {
  await tx
    .updateTable('feature_definitions')
    .set({ applied })
    .where('project', '=', row.project)
    .where('kind', '=', row.kind)
    .where('name', '=', row.name)
    .where('version', '=', row.version)
    .execute();
}
