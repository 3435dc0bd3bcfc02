import { readFile } from 'node:fs/promises';
import type { ColumnData, DecodedArray } from 'hyparquet';

/** Columns of a table by name. 64-bit integers are bigint, times are Date, missing values null. */
export type Columns = Record<string, DecodedArray>;

/** Reads a Parquet file (a path or its bytes), all columns or the named ones. */
export async function readParquet(
  source: string | Uint8Array,
  options: { columns?: string[] } = {},
): Promise<{ rows: number; columns: Columns }> {
  // Loaded when first needed: a step that reads no Parquet starts without it.
  const [{ parquetMetadataAsync, parquetRead }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const bytes = typeof source === 'string' ? await readFile(source) : source;
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = await parquetMetadataAsync(file);
  const parts = new Map<string, ColumnData[]>();
  await parquetRead({
    file,
    metadata,
    compressors,
    ...(options.columns ? { columns: options.columns } : {}),
    onChunk: (chunk) => {
      const list = parts.get(chunk.columnName) ?? [];
      parts.set(chunk.columnName, list);
      list.push(chunk);
    },
  });
  const columns = Object.fromEntries([...parts].map(([name, list]) => [name, joined(list)]));
  return { rows: Number(metadata.num_rows), columns };
}

/** The chunks of one column as one array of the same type. */
function joined(chunks: ColumnData[]): DecodedArray {
  const sorted = chunks.sort((a, b) => a.rowStart - b.rowStart);
  const first = sorted[0]?.columnData ?? [];
  if (sorted.length <= 1) return first;
  const sameType = sorted.every((chunk) => chunk.columnData.constructor === first.constructor);
  if (Array.isArray(first) || !sameType) return appended(sorted);
  const size = sorted.reduce((sum, chunk) => sum + chunk.columnData.length, 0);
  const target = new (first.constructor as new (size: number) => Float64Array)(size);
  let at = 0;
  for (const chunk of sorted) {
    target.set(chunk.columnData as unknown as Float64Array, at);
    at += chunk.columnData.length;
  }
  return target as DecodedArray;
}

/** Element by element: spreading or flattening hundreds of thousands of cells makes arrays only to throw them away. */
function appended(chunks: ColumnData[]): unknown[] {
  const all: unknown[] = [];
  for (const { columnData } of chunks) for (let i = 0; i < columnData.length; i++) all.push(columnData[i]);
  return all;
}
