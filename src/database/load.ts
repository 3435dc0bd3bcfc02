import { createReadStream, existsSync } from 'node:fs';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import BetterSqlite from 'better-sqlite3';
import { type ControlledTransaction, sql } from 'kysely';
import { AppError, defineErrors } from '../lib/errors.ts';
import type { Database, Tx } from './database.ts';
import { migrate, migrationsTable } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { openPostgres } from './postgres/open.ts';
import { countRows, identifier } from './snapshot.ts';
import type { Tables } from './tables.ts';

const LOAD_ERRORS = defineErrors({
  DATABASE_NOT_EMPTY: { status: 409, hint: 'Name an empty database: createdb, then its URL.' },
  BACKUP_ENGINE: { status: 400 },
  DATABASE_NEWER: { status: 500, hint: 'Restore it with the Rondo that wrote it, or a newer one.' },
});

/** Whoever held work when the snapshot was taken is not here: nobody waits for its leases to end. */
const FORGET_OWNERS = [
  'update event_cursors set owner = null, lease_until = 0',
  "update jobs set lease_until = 0 where state = 'running'",
];

/** One table of a snapshot, row by row; every value is a text or null. */
interface TableRows {
  name: string;
  rows(): AsyncIterable<{ columns: string[]; values: (string | null)[] }>;
}

/**
 * Makes the database of a snapshot that `takeSnapshot` wrote into `folder`: a SQLite file again, or an empty PostgreSQL database, also
 * from SQLite. On PostgreSQL everything comes in one transaction: after a failure the database is as empty as before.
 * Answers the rows of each table as they are now.
 */
export async function loadSnapshot(
  folder: string,
  target: { file: string; url?: string | undefined },
): Promise<Record<string, number>> {
  const file = join(folder, 'rondo.db');
  const ofSqlite = existsSync(file);
  if (target.url !== undefined)
    return intoPostgres(ofSqlite ? sqliteTables(file) : await dumpedTables(folder), target.url);
  if (!ofSqlite)
    throw new AppError(
      LOAD_ERRORS.BACKUP_ENGINE,
      'This back-up is of PostgreSQL and cannot become a SQLite file.',
      {
        hint: 'Give the URL of an empty PostgreSQL database: --database-url.',
      },
    );
  await copyFile(file, target.file);
  const copy = new BetterSqlite(target.file);
  try {
    for (const statement of FORGET_OWNERS) copy.exec(statement);
    return countRows(copy);
  } finally {
    copy.close();
  }
}

async function intoPostgres(tables: readonly TableRows[], url: string): Promise<Record<string, number>> {
  const database = await openPostgres(url);
  try {
    const { rows } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = current_schema() limit 1`.execute(
      database.read,
    );
    if (rows[0])
      throw new AppError(
        LOAD_ERRORS.DATABASE_NOT_EMPTY,
        `The database to restore into is not empty: it has a table ${rows[0].name}. Nothing was changed.`,
      );
    const tx = await database.read.startTransaction().execute();
    try {
      const counts = await load(database, tx, tables);
      await tx.commit().execute();
      return counts;
    } catch (error) {
      await tx.rollback().execute();
      throw error;
    }
  } finally {
    await database.close();
  }
}

async function load(
  database: Database,
  tx: ControlledTransaction<Tables>,
  tables: readonly TableRows[],
): Promise<Record<string, number>> {
  const known = await appliedIn(tables);
  // As far as the snapshot was; the server brings the tables up to date when it starts.
  await sql.raw(migrationsTable).execute(tx);
  const within: Database = { ...database, read: tx, write: (body) => body(tx) };
  await migrate(
    within,
    migrations.filter((migration) => known.has(migration.number)),
  );
  const counts: Record<string, number> = {};
  const order = await dependencies(tx);
  const sorted = [...tables].sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  for (const { name } of [...sorted].reverse()) await sql.raw(`delete from ${identifier(name)}`).execute(tx);
  // What triggers made of the rows is among the rows.
  await setTriggers(tx, sorted, 'disable');
  for (const table of sorted) counts[table.name] = await insertAll(tx, table);
  await setTriggers(tx, sorted, 'enable');
  for (const statement of FORGET_OWNERS) await sql.raw(statement).execute(tx);
  await renumberEvents(tx);
  await continueNumbers(tx);
  return counts;
}

async function appliedIn(tables: readonly TableRows[]): Promise<Set<number>> {
  const known = new Set<number>();
  for await (const { columns, values } of tables.find((table) => table.name === 'rondo_migrations')?.rows() ??
    [])
    known.add(Number(values[columns.indexOf('number')]));
  const ours = new Set(migrations.map((migration) => migration.number));
  const ahead = [...known].find((number) => !ours.has(number));
  if (ahead !== undefined)
    throw new AppError(
      LOAD_ERRORS.DATABASE_NEWER,
      `The back-up was written by another Rondo: it has migration ${ahead}, which this program does not know. Nothing was changed.`,
    );
  return known;
}

/** Tables that others refer to come first. */
async function dependencies(tx: Tx): Promise<Map<string, number>> {
  const { rows } = await sql<{ child: string; parent: string }>`
    select c.relname as child, p.relname as parent from pg_constraint f
    join pg_class c on c.oid = f.conrelid join pg_class p on p.oid = f.confrelid
    where f.contype = 'f' and f.conrelid <> f.confrelid`.execute(tx);
  const depths = new Map<string, number>();
  const depth = (table: string): number => {
    const known = depths.get(table);
    if (known !== undefined) return known;
    const parents = rows.filter((row) => row.child === table).map((row) => depth(row.parent) + 1);
    const found = Math.max(0, ...parents);
    depths.set(table, found);
    return found;
  };
  for (const row of rows) depth(row.child);
  return depths;
}

async function setTriggers(tx: Tx, tables: readonly TableRows[], to: 'enable' | 'disable'): Promise<void> {
  for (const { name } of tables)
    await sql.raw(`alter table ${identifier(name)} ${to} trigger user`).execute(tx);
}

/** PostgreSQL takes at most 65,535 parameters in a statement. */
const PARAMETERS = 30_000;

async function insertAll(tx: Tx, table: TableRows): Promise<number> {
  let count = 0;
  let columns: string[] = [];
  let waiting: (string | null)[][] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    const rows = waiting.map((values) => sql`(${sql.join(values)})`);
    const names = columns.map((column) => sql.ref(column));
    await sql`insert into ${sql.table(table.name)} (${sql.join(names)}) values ${sql.join(rows)}`.execute(tx);
    waiting = [];
  };
  for await (const row of table.rows()) {
    columns = row.columns;
    waiting.push(row.values);
    count++;
    if (waiting.length * columns.length >= PARAMETERS) await flush();
  }
  await flush();
  return count;
}

/**
 * Transaction ids mean nothing in another database: restored events keep their order by new ids in transaction 0, before whatever this
 * database writes, and cursors point to the same events as before.
 */
async function renumberEvents(tx: Tx): Promise<void> {
  await sql`create temporary table renumbered on commit drop as
    select event_id, xid, id, row_number() over (order by xid, id) as position from events`.execute(tx);
  await sql`update event_cursors set xid = 0, id =
    (select count(*) from renumbered r where (r.xid, r.id) <= (event_cursors.xid, event_cursors.id))`.execute(
    tx,
  );
  await sql`update events set xid = 0, id = -r.position from renumbered r where r.event_id = events.event_id`.execute(
    tx,
  );
  await sql`update events set id = -id`.execute(tx);
}

/** Columns that count up by themselves go on behind what was restored. */
async function continueNumbers(tx: Tx): Promise<void> {
  const { rows } = await sql<{ name: string; column: string }>`
    select table_name as name, column_name as column from information_schema.columns
    where table_schema = current_schema() and is_identity = 'YES'`.execute(tx);
  for (const { name, column } of rows)
    await sql`select setval(pg_get_serial_sequence(${identifier(name)}, ${column}),
      coalesce((select max(${sql.ref(column)}) from ${sql.table(name)}), 0) + 1, false)`.execute(tx);
}

async function dumpedTables(folder: string): Promise<TableRows[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ndjson.gz')).sort();
  return names.map((file) => ({
    name: file.replace(/\.ndjson\.gz$/, ''),
    async *rows() {
      const input = createReadStream(join(folder, file)).pipe(createGunzip());
      let columns: string[] | undefined;
      for await (const line of linesOf(input)) {
        const values = JSON.parse(line) as string[];
        if (columns === undefined) columns = values;
        else yield { columns, values };
      }
    },
  }));
}

/** Lines by `\n` alone: the texts may hold the other line ends of Unicode. */
async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of input) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function sqliteTables(file: string): TableRows[] {
  const connection = new BetterSqlite(file, { fileMustExist: true });
  const names = Object.keys(countRows(connection));
  connection.close();
  return names.map((name) => ({
    name,
    async *rows() {
      const reading = new BetterSqlite(file, { fileMustExist: true });
      try {
        const statement = reading
          .prepare(`select * from ${identifier(name)}`)
          .safeIntegers()
          .raw();
        const columns = statement.columns().map((column) => column.name);
        for (const row of statement.iterate() as Iterable<unknown[]>)
          yield { columns, values: row.map(textOf) };
      } finally {
        reading.close();
      }
    },
  }));
}

function textOf(value: unknown): string | null {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  return String(value as string | number | bigint);
}
