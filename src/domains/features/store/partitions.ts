import type { Reader, Tx } from '../../../database/index.ts';
import type { Partition } from '../schema.ts';
import type {} from './definitions.ts';

interface PartitionTable extends Omit<Partition, 'rows' | 'keys' | 'unique_times' | 'online' | 'merged'> {
  row_count: number;
  key_count: number;
  unique_times: number;
  online: number;
  merged: string;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    feature_partitions: PartitionTable;
  }
}

export interface ViewId {
  project: string;
  view: string;
  view_version: number;
}

const parse = ({ row_count, key_count, ...row }: PartitionTable): Partition => ({
  ...row,
  rows: row_count,
  keys: key_count,
  unique_times: row.unique_times === 1,
  online: row.online === 1,
  merged: JSON.parse(row.merged) as string[],
});

const toRow = ({ rows, keys, ...partition }: Partition): PartitionTable => ({
  ...partition,
  row_count: rows,
  key_count: keys,
  unique_times: partition.unique_times ? 1 : 0,
  online: partition.online ? 1 : 0,
  merged: JSON.stringify(partition.merged),
});

/** In order of arrival. */
export async function listPartitions(reader: Reader, id: ViewId): Promise<Partition[]> {
  const rows = await reader
    .selectFrom('feature_partitions')
    .selectAll()
    .where('project', '=', id.project)
    .where('view', '=', id.view)
    .where('view_version', '=', id.view_version)
    .orderBy('ordinal')
    .execute();
  return rows.map(parse);
}

/** Adds the partition behind all others; one of the same dataset version stays as it is. */
export async function insertPartition(tx: Tx, partition: Omit<Partition, 'ordinal'>): Promise<Partition> {
  await lockView(tx, partition);
  const known = await listPartitions(tx, partition);
  const same = known.find(
    (other) => other.dataset_version !== null && other.dataset_version === partition.dataset_version,
  );
  if (same) return same;
  const added = { ...partition, ordinal: (known.at(-1)?.ordinal ?? 0) + 1 };
  await tx.insertInto('feature_partitions').values(toRow(added)).execute();
  return added;
}

/** Makes writers of one view wait for each other, so that ordinals follow the order of arrival. */
async function lockView(tx: Tx, id: ViewId): Promise<void> {
  await tx
    .updateTable('feature_definitions')
    .set((eb) => ({ applied: eb.ref('applied') }))
    .where('project', '=', id.project)
    .where('kind', '=', 'view')
    .where('name', '=', id.view)
    .where('version', '=', id.view_version)
    .execute();
}

/** From now on gateways are to have the partition. */
export const wantOnline = (tx: Tx, id: ViewId, ordinal: number, from: number | null): Promise<void> =>
  change(tx, id, ordinal, { online: 1, online_from: from });

export const markOnline = (tx: Tx, id: ViewId, ordinal: number, at: number): Promise<void> =>
  change(tx, id, ordinal, { online_at: at });

async function change(tx: Tx, id: ViewId, ordinal: number, set: Partial<PartitionTable>): Promise<void> {
  await tx
    .updateTable('feature_partitions')
    .set(set)
    .where('project', '=', id.project)
    .where('view', '=', id.view)
    .where('view_version', '=', id.view_version)
    .where('ordinal', '=', ordinal)
    .execute();
}

/** Puts one partition in the place of several. Throws, and so undoes it, when one of them is gone. */
export async function replacePartitions(
  tx: Tx,
  id: ViewId,
  ordinals: readonly number[],
  merged: Partition,
): Promise<void> {
  const gone = await tx
    .deleteFrom('feature_partitions')
    .where('project', '=', id.project)
    .where('view', '=', id.view)
    .where('view_version', '=', id.view_version)
    .where('ordinal', 'in', ordinals)
    .returning('ordinal')
    .execute();
  if (gone.length !== ordinals.length)
    throw new Error('The partitions changed while they were merged; try again.');
  await tx.insertInto('feature_partitions').values(toRow(merged)).execute();
}
