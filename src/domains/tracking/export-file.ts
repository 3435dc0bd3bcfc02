import { csvCell } from '../../lib/csv-cell.ts';
import { Readable } from 'node:stream';
import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { LongReads } from '../../database/index.ts';
import type { FileBody } from '../../lib/contract/index.ts';
import { EXPORT_ATTRIBUTES, type ExportPage, type ExportValue } from './run-export.ts';

export type ExportFormat = 'csv' | 'json' | 'parquet';

/** Values of one page, so that a page stays small however many columns there are. */
const CELLS = 20_000;
const MOST_ROWS = 1000;

const TYPES: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

type Asked = Omit<ExportPage, 'columns' | 'limit' | 'token'> & { columns?: readonly string[] | undefined };

/** Rows are read in a reader thread and written as they come; the next page is read when the client has taken the one before. */
export async function exportFile(reads: LongReads, asked: Asked, format: ExportFormat): Promise<FileBody> {
  const columns =
    asked.columns ?? (await read<{ columns: string[] }>(reads, 'tracking.exportColumns', asked)).columns;
  const pages = pagesOf(reads, { ...asked, columns });
  const names = [...EXPORT_ATTRIBUTES, ...columns];
  const write = { csv: csvOf, json: jsonOf, parquet: parquetOf }[format];
  return { body: Readable.from(write(names, pages)), type: TYPES[format], name: `runs.${format}` };
}

type Pages = AsyncIterable<ExportValue[][]>;

async function read<T>(reads: LongReads, name: string, asked: object): Promise<T> {
  return JSON.parse((await reads.run(name, asked)).bytes.toString()) as T;
}

async function* pagesOf(reads: LongReads, asked: ExportPage): Pages {
  const limit = Math.max(50, Math.min(MOST_ROWS, Math.floor(CELLS / (asked.columns.length + 1))));
  let token: string | undefined;
  do {
    const page: { rows: ExportValue[][]; token?: string } = await read(reads, 'tracking.exportPage', {
      ...asked,
      limit,
      token,
    });
    yield page.rows;
    token = page.token;
  } while (token !== undefined);
}

async function* csvOf(names: readonly string[], pages: Pages) {
  yield `${names.map(csvCell).join(',')}\r\n`;
  for await (const rows of pages) yield rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

/** A list of objects; keys that a run does not have are left out. */
async function* jsonOf(names: readonly string[], pages: Pages) {
  let before = '[';
  for await (const rows of pages) {
    const texts = rows.map((row) => {
      const pairs = row.flatMap((value, at) => (value === null ? [] : [[names[at], value] as const]));
      return JSON.stringify(Object.fromEntries(pairs));
    });
    if (texts.length > 0) yield `${before}\n${texts.join(',\n')}`;
    if (texts.length > 0) before = ',';
  }
  yield before === '[' ? '[]\n' : '\n]\n';
}

/** One row group a page. Metrics are doubles, times are timestamps, everything else is text. */
async function* parquetOf(names: readonly string[], pages: Pages) {
  const out = new Pieces();
  const empty = names.map((name) => ({ name, data: [], type: typeOf(name), nullable: true }));
  const writer = new ParquetWriter({ writer: out, schema: schemaFromColumnData({ columnData: empty }) });
  for await (const rows of pages) {
    const columnData = names.map((name, at) => ({
      name,
      data: rows.map((row) => parquetValue(typeOf(name), row[at] ?? null)),
    }));
    if (rows.length > 0) await writer.write({ columnData, rowGroupSize: rows.length });
    yield out.take();
  }
  await writer.finish();
  yield out.take();
}

const typeOf = (name: string) =>
  name.startsWith('metrics.')
    ? ('DOUBLE' as const)
    : name === 'start_time' || name === 'end_time'
      ? ('TIMESTAMP' as const)
      : ('STRING' as const);

function parquetValue(type: ReturnType<typeof typeOf>, value: ExportValue) {
  if (value === null) return null;
  if (type === 'DOUBLE') return Number(value);
  return type === 'TIMESTAMP' ? new Date(Number(value)) : String(value);
}

/** What was written since the last look, while offsets go on as if nothing had been taken away. */
class Pieces extends ByteWriter {
  take(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}
