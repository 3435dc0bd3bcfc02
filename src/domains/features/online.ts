import { type FileMetaData, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Partition } from './schema.ts';

/** Rows of one view version, column by column; row i has `values[i × features … ]`. The form of the gateway's push. */
export interface OnlineBatch {
  /** The same id again changes nothing. */
  batch_id: string;
  view: string;
  version: number;
  features: string[];
  keys: string[];
  event_times: number[];
  created_times: number[];
  values: (number | null)[];
}

/** Where values are read at request time; the data plane brings it. Settles when the rows are durable there. */
export interface OnlineStore {
  push(batch: OnlineBatch): Promise<unknown>;
}

/** A sixth of DuckDB's row group, so that chunks of a group are of one size. */
const CHUNK = 20_480;
const TIMES = ['event_time', 'created_time'];

/**
 * Pushes a partition's rows from `from` on (epoch ms), in chunks with fixed ids, so that a repeated push changes nothing.
 * Returns the rows pushed. One row group is in memory at a time.
 */
export async function pushPartition(
  online: OnlineStore,
  blobs: BlobStore,
  partition: Partition,
  features: readonly string[],
  from = Number.NEGATIVE_INFINITY,
): Promise<number> {
  const bytes = await blobs.read(partition.digest);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = await parquetMetadataAsync(file);
  let pushed = 0;
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
      await online.push({
        batch_id: `${partition.digest}:${group.start + start}`,
        view: partition.view,
        version: partition.view_version,
        features: [...features],
        keys: kept.map((row) => String(others.get('key')?.[row])),
        event_times: kept.map((row) => events[row] as number),
        created_times: kept.map((row) => Number(times.get('created_time')?.[row])),
        values: valuesOf(columns, kept),
      });
      pushed += kept.length;
      await new Promise((resolve) => setImmediate(resolve)); // other requests of this process go first
    }
  }
  return pushed;
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
