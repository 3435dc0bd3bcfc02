import { parquetRead } from 'hyparquet';
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

const CHUNK = 20_000;

/** Pushes a partition in chunks with fixed ids, so that a repeated push changes nothing. Returns the rows pushed. */
export async function pushPartition(
  online: OnlineStore,
  blobs: BlobStore,
  partition: Partition,
  features: readonly string[],
  from = Number.NEGATIVE_INFINITY,
): Promise<number> {
  const bytes = await blobs.read(partition.digest);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  let pushed = 0;
  for (let start = 0; start < partition.rows; start += CHUNK) {
    const rows = await readRows(file, start, Math.min(partition.rows, start + CHUNK), features);
    const kept = rows.filter((row) => Number(row[1]) >= from);
    if (kept.length > 0) {
      await online.push({
        batch_id: `${partition.digest}:${start}`,
        view: partition.view,
        version: partition.view_version,
        features: [...features],
        keys: kept.map((row) => String(row[0])),
        event_times: kept.map((row) => Number(row[1])),
        created_times: kept.map((row) => Number(row[2])),
        values: kept.flatMap((row) => row.slice(3).map(numberOrNull)),
      });
    }
    pushed += kept.length;
    await new Promise((resolve) => setImmediate(resolve)); // other requests of this process go first
  }
  return pushed;
}

async function readRows(
  file: ArrayBuffer,
  rowStart: number,
  rowEnd: number,
  features: readonly string[],
): Promise<unknown[][]> {
  const columns = ['key', 'event_time', 'created_time', ...features];
  const found: Record<string, unknown>[] = [];
  await parquetRead({
    file,
    compressors,
    columns,
    rowStart,
    rowEnd,
    rowFormat: 'object',
    onComplete: (rows) => void found.push(...(rows as Record<string, unknown>[])),
  });
  return found.map((row) => columns.map((name) => row[name]));
}

const numberOrNull = (value: unknown): number | null =>
  typeof value === 'number' && !Number.isNaN(value) ? value : null;
