import { type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Partition } from './schema.ts';

/** Rows of one view version, column by column; row i has `values[i × features … ]`. The form of the gateway's push. */
export interface OnlineBatch {
  /** The same id again changes nothing. */
  batch_id: string;
  project: string;
  view: string;
  version: number;
  features: string[];
  keys: string[];
  event_times: number[];
  created_times: number[];
  values: (number | null)[];
  /** With this batch the partition is whole there; those that it was merged from are forgotten. */
  completes?: { partition: string; replaces: string[] };
}

/** Where values are read at request time; the data plane brings it. Settles when the rows are durable there. */
export interface OnlineStore {
  push(batch: OnlineBatch): Promise<unknown>;
  /** Digests of the partitions that are whole there. */
  held(view: { project: string; view: string; version: number }): Promise<string[]>;
}

/** A sixth of DuckDB's row group, so that chunks of a group are of one size. */
const CHUNK = 20_480;
const TIMES = ['event_time', 'created_time'];

/**
 * Pushes a partition's rows, in chunks with fixed ids, so that a repeated push changes nothing; under another `name` they count again.
 * Returns the rows pushed. One row group is in memory at a time.
 */
export async function pushPartition(
  online: OnlineStore,
  blobs: BlobStore,
  partition: Partition,
  features: readonly string[],
  name = partition.digest,
): Promise<number> {
  let last: OnlineBatch | undefined;
  let pushed = 0;
  for await (const batch of batchesOf(blobs, partition, features, name)) {
    if (last) await online.push(last);
    last = batch;
    pushed += batch.keys.length;
    await new Promise((resolve) => setImmediate(resolve)); // other requests of this process go first
  }
  await online.push({ ...(last ?? emptyBatch(partition, features)), completes: completionOf(partition) });
  return pushed;
}

/** Says that the partition is whole where all that it was merged from is. */
export const pushMerged = (
  online: OnlineStore,
  partition: Partition,
  features: readonly string[],
): Promise<unknown> =>
  online.push({ ...emptyBatch(partition, features), completes: completionOf(partition) });

const completionOf = ({ digest, merged }: Partition) => ({ partition: digest, replaces: merged });

const emptyBatch = (partition: Partition, features: readonly string[]): OnlineBatch => ({
  batch_id: `${partition.digest}:end`,
  project: partition.project,
  view: partition.view,
  version: partition.view_version,
  features: [...features],
  keys: [],
  event_times: [],
  created_times: [],
  values: [],
});

async function* batchesOf(
  blobs: BlobStore,
  partition: Partition,
  features: readonly string[],
  name: string,
): AsyncGenerator<OnlineBatch> {
  const from = partition.online_from ?? Number.NEGATIVE_INFINITY;
  const bytes = await blobs.read(partition.digest);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = await parquetMetadataAsync(file);
  let groupStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const group = { file, metadata, start: groupStart, end: groupStart + Number(num_rows) };
    groupStart = group.end;
    const times = await readColumns(group, TIMES);
    const events = Array.from(times.get('event_time') as Cells, Number);
    if (!events.some((time) => time >= from)) continue;
    const others = await readColumns(group, ['key', ...features]);
    const columns = features.map((name) => others.get(name) as Cells);
    for (let start = 0; start < events.length; start += CHUNK) {
      const kept: number[] = [];
      for (let row = start; row < Math.min(events.length, start + CHUNK); row++)
        if ((events[row] as number) >= from) kept.push(row);
      if (kept.length === 0) continue;
      yield {
        ...emptyBatch(partition, features),
        batch_id: `${name}:${group.start + start}`,
        keys: kept.map((row) => String(others.get('key')?.[row])),
        event_times: kept.map((row) => events[row] as number),
        created_times: kept.map((row) => Number(times.get('created_time')?.[row])),
        values: valuesOf(columns, kept),
      };
    }
  }
}

type Cells = ArrayLike<unknown>;

/** Columns of one row group, by name. */
async function readColumns(
  group: { file: ArrayBuffer; metadata: FileMetaData; start: number; end: number },
  names: readonly string[],
): Promise<Map<string, Cells>> {
  const found = new Map(
    names.map((name) => [name, Array.from<unknown>({ length: group.end - group.start })]),
  );
  await parquetRead({
    file: group.file,
    metadata: group.metadata,
    compressors,
    columns: [...names],
    rowStart: group.start,
    rowEnd: group.end,
    onChunk: ({ columnName, columnData, rowStart }) => {
      const column = found.get(columnName) as unknown[];
      for (let i = 0; i < columnData.length; i++) column[rowStart - group.start + i] = columnData[i];
    },
  });
  return found;
}

/** Row by row. */
function valuesOf(columns: readonly Cells[], rows: readonly number[]): (number | null)[] {
  const values: (number | null)[] = [];
  for (const row of rows) for (const column of columns) values.push(numberOrNull(column[row]));
  return values;
}

const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' && !Number.isNaN(value) ? value : null;
