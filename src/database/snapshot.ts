import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import BetterSqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { AppError, defineErrors } from '../lib/errors.ts';
import type { Capabilities, Reader } from './database.ts';
import { openPostgres } from './postgres/open.ts';
import { Handle, readerOver, Statements } from './sqlite/dialect.ts';

/** The database at one moment. */
export interface Snapshot {
  engine: Capabilities['engine'];
  /** Reads that moment. */
  reader: Reader;
  /** Rows of each table. */
  counts: Record<string, number>;
  close(): Promise<void>;
}

const SNAPSHOT_ERRORS = defineErrors({
  DATABASE_DAMAGED: { status: 500, hint: 'Restore the newest back-up that can be restored.' },
});

/** Rows that are fetched at a time. */
const FETCH = 2000;

/**
 * Writes the database of one moment into `folder`, while others go on writing: `rondo.db` by SQLite's online back-up, or a
 * compressed file per table of PostgreSQL, read in one repeatable-read transaction.
 */
export async function takeSnapshot(
  source: { file: string; url?: string | undefined },
  folder: string,
): Promise<Snapshot> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return source.url === undefined ? ofSqlite(source.file, folder) : ofPostgres(source.url, folder);
}

async function ofSqlite(file: string, folder: string): Promise<Snapshot> {
  const target = join(folder, 'rondo.db');
  const source = new BetterSqlite(file, { fileMustExist: true });
  try {
    // All pages in one step: smaller ones start anew whenever another process writes.
    await source.backup(target, { progress: () => 0x7fffffff });
  } finally {
    source.close();
  }
  const copy = new BetterSqlite(target);
  copy.pragma('journal_mode = DELETE');
  const [check] = copy.pragma('quick_check') as { quick_check: string }[];
  if (check?.quick_check !== 'ok') {
    copy.close();
    throw new AppError(
      SNAPSHOT_ERRORS.DATABASE_DAMAGED,
      `The database is damaged: ${check?.quick_check.slice(0, 200)}. There is no back-up of it.`,
    );
  }
  return {
    engine: 'sqlite',
    reader: readerOver(new Handle(new Statements(copy))),
    counts: countRows(copy),
    close: async () => void copy.close(),
  };
}

async function ofPostgres(url: string, folder: string): Promise<Snapshot> {
  const database = await openPostgres(url);
  const reader = await database.read
    .startTransaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute();
  const close = async () => {
    await reader.rollback().execute();
    await database.close();
  };
  try {
    const counts: Record<string, number> = {};
    const { rows: tables } = await sql<{ name: string; columns: string[] }>`
      select table_name as name, array_agg(column_name::text order by ordinal_position) as columns
      from information_schema.columns where table_schema = current_schema() group by table_name order by table_name`.execute(
      reader,
    );
    for (const { name, columns } of tables) {
      const rows = rowsOf(reader, name, columns, (count) => (counts[name] = count));
      const target = createWriteStream(join(folder, `${name}.ndjson.gz`), { mode: 0o600 });
      await pipeline(Readable.from(rows), createGzip({ level: 3 }), target);
    }
    return { engine: 'postgres', reader, counts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The names of the columns, then each row as a list of texts and nulls, one JSON line each. */
async function* rowsOf(
  reader: Reader,
  table: string,
  columns: readonly string[],
  counted: (count: number) => void,
): AsyncGenerator<string> {
  yield `${JSON.stringify(columns)}\n`;
  const texts = columns.map((column) => `${identifier(column)}::text`).join(', ');
  await sql
    .raw(
      `declare snapshot no scroll cursor for select json_build_array(${texts})::text as line from ${identifier(table)}`,
    )
    .execute(reader);
  let count = 0;
  for (;;) {
    const { rows } = await sql.raw<{ line: string }>(`fetch ${FETCH} from snapshot`).execute(reader);
    if (rows.length === 0) break;
    count += rows.length;
    yield rows.map(({ line }) => `${line}\n`).join('');
  }
  await sql.raw('close snapshot').execute(reader);
  counted(count);
}

/** Rows of each table of a SQLite file. */
export function countRows(connection: BetterSqlite.Database): Record<string, number> {
  const tables = connection
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name")
    .pluck()
    .all() as string[];
  const count = (table: string) =>
    connection
      .prepare(`select count(*) from ${identifier(table)}`)
      .pluck()
      .get() as number;
  return Object.fromEntries(tables.map((table) => [table, count(table)]));
}

export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
