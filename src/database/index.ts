import { copyBeforeMigration, openSqlite } from './sqlite/open.ts';
import { openPostgres } from './postgres/open.ts';
import type { AppError } from '../lib/errors.ts';
import { aheadOf, migrate, pending } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import type { Database } from './database.ts';

export { databaseTime } from './clock.ts';
export type { Capabilities, Database, Reader, Tx } from './database.ts';
export { inlineReads, type LongRead, type LongReads, type ReadDatabase } from './reads/reads.ts';
export { threadReads } from './reads/threads.ts';
export { loadSnapshot } from './load.ts';
export { takeSnapshot } from './snapshot.ts';
export { inSight } from './sight.ts';
export type { Tables } from './tables.ts';

/** Why this program may no longer write to a database that it has open; undefined while it may. */
export const newerThanThis = (database: Database): Promise<AppError | undefined> =>
  aheadOf(database, migrations);

/** Opens the metadata database, SQLite in `file` or PostgreSQL at `url`, and brings its tables up to date. */
export async function openDatabase(options: { file: string; url?: string | undefined }): Promise<Database> {
  if (options.url) {
    const database = await openPostgres(options.url);
    await migrate(database, migrations);
    return database;
  }
  const database = openSqlite(options.file);
  const missing = await pending(database, migrations);
  const first = missing[0];
  if (first && missing.length < migrations.length) {
    await database.close();
    copyBeforeMigration(options.file, String(first.number));
    const reopened = openSqlite(options.file);
    await migrate(reopened, migrations);
    return reopened;
  }
  await migrate(database, migrations);
  return database;
}
