import { type Database, newerThanThis } from '../database/index.ts';
import type { AppError } from '../lib/errors.ts';

const LOOK_MS = 3_000;

/** Calls back once when a newer Rondo has changed the database under this replica. On SQLite nobody else can. */
export function watchSchema(database: Database, superseded: (why: AppError) => void): { stop(): void } {
  if (database.capabilities.engine === 'sqlite') return { stop: () => {} };
  const timer = setInterval(() => {
    newerThanThis(database).then(
      (why) => {
        if (!why) return;
        clearInterval(timer);
        superseded(why);
      },
      () => {}, // the database is away: the next look tells
    );
  }, LOOK_MS).unref();
  return { stop: () => clearInterval(timer) };
}
