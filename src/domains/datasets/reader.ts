import { gunzipSync, constants } from 'node:zlib';
import { type Analytics, ANALYTICS_ERRORS, identifier, literal } from '../../analytics/index.ts';
import type { BlobStore } from '../../artifacts/index.ts';
import { AppError } from '../../lib/errors.ts';
import { DATASET_ERRORS } from './errors.ts';
import { columnsOf } from './profile.ts';
import type { Column, ImportFile, ImportRequest, Part } from './schema.ts';
import { checkUserSql, selectWhere } from './user-sql.ts';

export interface ReadResult {
  parts: Part[];
  columns: Column[];
  /** Rows left out because they could not be read. */
  skipped: number;
}

export type ReadOptions = Pick<ImportRequest, 'where' | 'select' | 'types' | 'skip_bad'> & {
  /** Named in errors: "Nothing was added to `flights`." */
  dataset: string;
  onFile?: (done: number, rows: number, bytes: number) => void;
  signal?: AbortSignal;
};

interface Opened {
  tables?: Record<string, string[]>;
  files?: Record<string, { digest: string; format: 'csv' | 'json'; options?: string }>;
  statements?: string[];
}

type Rows = Record<string, Record<string, unknown>[]>;

const REJECTS = 'import_rejects';
/** Asked in the request that writes the part: another import may use the table next. */
const REJECT_QUERIES = {
  count: `select count(distinct line) as n from ${REJECTS}`,
  first: `select line, column_name, error_type, error_message from ${REJECTS} order by line, error_type desc limit 1`,
};

/** Turns uploaded files into Parquet parts, one per file; with `select`, into the one part that it gives. */
export async function readFiles(
  ground: { analytics: Analytics; blobs: BlobStore },
  files: readonly ImportFile[],
  options: ReadOptions,
): Promise<ReadResult> {
  const { analytics } = ground;
  const text = options.select ?? selectWhere('input', options.where);
  await checkUserSql(analytics, text, ['input']);
  const parts: Part[] = [];
  let skipped = 0;
  let bytes = 0;
  const direct = options.select !== undefined && files.every((file) => file.format === 'parquet');
  for (const file of direct ? [] : files) {
    const read = await readFile(ground, file, options, options.select ? 'select * from input' : text);
    skipped += read.skipped;
    bytes += read.part.bytes;
    if (read.part.rows > 0) parts.push(read.part);
    options.onFile?.(
      parts.length,
      parts.reduce((sum, part) => sum + part.rows, 0),
      bytes,
    );
  }
  if (options.select && (direct || parts.length > 0)) {
    const input = direct
      ? await openParquet(ground, files, options)
      : { tables: { input: parts.map((part) => part.digest) } };
    const { part: made } = await explained(options, 'the result of select', () =>
      writePart(analytics, input, text, options),
    );
    parts.splice(0, parts.length, ...(made.rows > 0 ? [made] : []));
    if (direct) options.onFile?.(files.length, made.rows, made.bytes);
  }
  if (parts.length === 0) {
    const why =
      (options.where ?? options.select) ? 'No row is left after the condition' : 'There are no rows';
    throw new AppError(
      DATASET_ERRORS.IMPORT_EMPTY,
      `${why} in ${files.map((file) => file.name).join(', ')}. Nothing was added to \`${options.dataset}\`.`,
    );
  }
  return { parts, columns: await columnsOfParts(analytics, parts), skipped };
}

/** The columns of parts read as one table. Throws when their types cannot be united. */
export async function columnsOfParts(analytics: Analytics, parts: readonly Part[]): Promise<Column[]> {
  const { rows } = await analytics.run({
    tables: { t: parts.map((part) => part.digest) },
    rows: { columns: 'describe select * from t' },
  });
  return columnsOf(rows.columns);
}

/** Parquet files as the one table `input`, read where they are: a select needs no copy of them. */
async function openParquet(
  ground: { analytics: Analytics; blobs: BlobStore },
  files: readonly ImportFile[],
  options: ReadOptions,
): Promise<Opened> {
  for (const file of files) {
    await checkUploaded(ground.blobs, file, options);
    await explained(options, file.name, () =>
      shapeOf(ground.analytics, { tables: { t: [file.digest] } }, 't'),
    );
  }
  const tables = { input_files: files.map((file) => file.digest) };
  const names = files.map((file) => file.name).join(', ');
  const columns = await explained(options, names, () => shapeOf(ground.analytics, { tables }, 'input_files'));
  const list = columns.map(storedAs).join(', ');
  return { tables, statements: [`create or replace temp view input as select ${list} from input_files`] };
}

async function shapeOf(analytics: Analytics, opened: Opened, from: string): Promise<Column[]> {
  const { rows } = await analytics.run({ ...opened, rows: { columns: `describe select * from ${from}` } });
  return columnsOf(rows.columns);
}

async function checkUploaded(blobs: BlobStore, file: ImportFile, options: ReadOptions): Promise<void> {
  const found = await blobs.find(file.digest);
  if (found && found.size > 0) return;
  const why = found
    ? `${file.name} is empty`
    : `${file.name} was not uploaded (blob ${file.digest.slice(0, 12)})`;
  throw new AppError(DATASET_ERRORS.IMPORT_EMPTY, `${why}. Nothing was added to \`${options.dataset}\`.`);
}

async function readFile(
  ground: { analytics: Analytics; blobs: BlobStore },
  file: ImportFile,
  options: ReadOptions,
  text: string,
): Promise<{ part: Part; skipped: number }> {
  await checkUploaded(ground.blobs, file, options);
  const opened = await open(ground.blobs, file, options);
  const csv = file.format === 'csv';
  const { part, rejects } = await explained(options, file.name, () =>
    writePart(ground.analytics, opened, text, options, csv ? REJECT_QUERIES : {}),
  );
  if (csv) return { part, skipped: rejected(rejects, file, options) };
  const skipped = options.skip_bad && file.format === 'jsonl' ? await badLines(ground.analytics, file) : 0;
  return { part, skipped };
}

async function open(blobs: BlobStore, file: ImportFile, options: ReadOptions): Promise<Opened> {
  if (file.format === 'parquet') return { tables: { input: [file.digest] } };
  const head = await headOf(blobs, file.digest);
  const compression = head.zipped ? 'gzip' : 'uncompressed';
  if (file.format === 'jsonl') {
    const lenient = options.skip_bad ? ', ignore_errors=true' : '';
    const settings = `format='newline_delimited', compression='${compression}'${lenient}`;
    return { files: { input: { digest: file.digest, format: 'json', options: settings } } };
  }
  const types = Object.entries(options.types ?? {}).map(
    ([name, type]) => `${literal(name)}: ${literal(type)}`,
  );
  const settings = [
    `delim=${literal(delimiterOf(head.text))}, quote='"', escape='"', header=true, compression='${compression}'`,
    `store_rejects=true, rejects_table='${REJECTS}', rejects_scan='${REJECTS}_scan'`,
    ...(types.length > 0 ? [`types={${types.join(', ')}}`] : []),
  ];
  return {
    files: { input: { digest: file.digest, format: 'csv', options: settings.join(', ') } },
    statements: [`drop table if exists ${REJECTS}`, `drop table if exists ${REJECTS}_scan`],
  };
}

async function writePart(
  analytics: Analytics,
  opened: Opened,
  text: string,
  options: ReadOptions,
  queries: Record<string, string> = {},
): Promise<{ part: Part; rejects: Rows }> {
  const stop = options.signal ? { signal: options.signal } : {};
  const shape = await analytics.run({ ...opened, rows: { columns: `describe (\n${text}\n)` }, ...stop });
  const list = columnsOf(shape.rows.columns).map(storedAs);
  const { outputs, rows } = await analytics.run({
    ...opened,
    rows: queries,
    outputs: { part: `select ${list.join(', ')} from (\n${text}\n)` },
    timeoutMs: 600_000,
    ...stop,
  });
  const counted = await analytics.run({
    tables: { t: [outputs.part.digest] },
    rows: { n: 'select count(*) as n from t' },
  });
  const { digest, size } = outputs.part;
  return { part: { digest, rows: Number(counted.rows.n[0]?.n), bytes: size }, rejects: rows };
}

/** Types that other readers of Parquet or of JSON do not share become ones that all do. */
function storedAs({ name, sql_type: type }: Column): string {
  const column = identifier(name);
  const target = /^(DECIMAL|U?HUGEINT|BIGNUM)/.test(type)
    ? 'double'
    : type.startsWith('TIMESTAMP') && type !== 'TIMESTAMP'
      ? 'timestamp'
      : /^(UUID|ENUM|TIME\b|INTERVAL|BIT$)/.test(type)
        ? 'varchar'
        : undefined;
  return target ? `${column}::${target} as ${column}` : column;
}

function rejected(rejects: Rows, file: ImportFile, options: ReadOptions): number {
  const count = Number(rejects.count?.[0]?.n ?? 0);
  const first = rejects.first?.[0];
  if (count === 0 || !first || options.skip_bad) return count;
  const row = (Number(first.line) - 1).toLocaleString('en-US');
  throw new AppError(
    DATASET_ERRORS.IMPORT_STOPPED,
    `Import stopped at row ${row} of ${file.name}: ${reasonOf(first)}. Nothing was added to \`${options.dataset}\`.`,
    { details: { file: file.name, row: Number(first.line) - 1, bad_rows: count } },
  );
}

function reasonOf(fault: Record<string, unknown>): string {
  const text = String(fault.error_message);
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (counts) return `${counts[2]} fields, ${counts[1]} expected`;
  const cast = /Could not convert string "(.*)" to '(.*)'/s.exec(text);
  if (cast) return `column ${String(fault.column_name)} holds '${cast[1]}', which is no ${cast[2]}`;
  return text.split('\n')[0] as string;
}

async function badLines(analytics: Analytics, file: ImportFile): Promise<number> {
  const options = `columns={line: 'VARCHAR'}, delim='\u0001', quote='', escape='', header=false, auto_detect=false`;
  const { rows } = await analytics.run({
    files: { lines: { digest: file.digest, format: 'csv', options } },
    rows: { n: "select count(*) as n from lines where trim(line) <> '' and not json_valid(line)" },
  });
  return Number(rows.n[0]?.n);
}

/** DuckDB's failure in words about the import, keeping what it says about the row or the column. */
async function explained<T>(options: ReadOptions, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== ANALYTICS_ERRORS.QUERY_FAILED.code) throw error;
    const nothing = `Nothing was added to \`${options.dataset}\`.`;
    const json = /at byte \d+ in line (\d+)/.exec(error.message);
    if (json) {
      throw new AppError(
        DATASET_ERRORS.IMPORT_STOPPED,
        `Import stopped at row ${Number(json[1]).toLocaleString('en-US')} of ${name}: it is not valid JSON. ${nothing}`,
        { cause: error },
      );
    }
    const unread = /magic bytes|Parquet|too small|corrupt|TProtocol|Invalid Input Error|IO Error/i.test(
      error.message,
    );
    const kind = unread ? DATASET_ERRORS.IMPORT_UNREADABLE : DATASET_ERRORS.SQL_REFUSED;
    const what = error.message.split('\n')[0]?.replace(/^[\w ]+ Error: /, '');
    throw new AppError(kind, `${name} was not imported: ${what}. ${nothing}`, { cause: error });
  }
}

async function headOf(blobs: BlobStore, digest: string): Promise<{ text: string; zipped: boolean }> {
  const chunks: Buffer[] = [];
  for await (const chunk of await blobs.open(digest, { start: 0, end: 65_535 }))
    chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = zipped ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes;
  return { text: plain.toString('utf8'), zipped };
}

/** The delimiter that the header line holds most often outside quotes. Guessing from the rows would let one broken row change it. */
function delimiterOf(text: string): string {
  const header = (text.split(/\r?\n/)[0] ?? '').replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((mark) => ({ mark, count: header.split(mark).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).mark;
}
