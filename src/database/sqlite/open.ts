import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { matchesPattern } from '../pattern.ts';
import type { Capabilities, Database } from '../database.ts';
import { Handle, readerOver, Statements } from './dialect.ts';
import { GroupWriter } from './writer.ts';

const capabilities: Capabilities = {
  engine: 'sqlite',
  skipLocked: sql``,
  now: sql<number>`cast(unixepoch('subsec') * 1000 as integer)`,
  settledBelow: sql<number>`9223372036854775807`,
  // LIKE is case-sensitive here (the pragma below), so both sides are folded.
  ilike: (text, pattern) => sql<boolean>`lower(${text}) like ${pattern.toLowerCase()} escape '\\'`,
};

/** Opens (or makes) the SQLite database in `file`: WAL, durable commits, one writer, readers beside it. */
export function openSqlite(file: string): Database {
  mkdirSync(dirname(file), { recursive: true });
  const writerConnection = connect(file);
  const readerConnection = connect(file);
  readerConnection.pragma('query_only = on');
  const [idle, beside] = [new Statements(writerConnection, 'reads'), new Statements(readerConnection)];
  const listeners = new Set<() => void>();
  const writer = new GroupWriter(writerConnection, () => {
    for (const listener of listeners) listener();
  });
  return {
    // Between two groups the writer's own connection reads: every commit empties the page cache of the other one.
    read: readerOver(new Handle(() => (writerConnection.inTransaction ? beside : idle))),
    capabilities,
    write: (body) => writer.write(body),
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    listen: async () => {},
    notify: async () => {},
    broadcast: async () => {},
    async close() {
      await writer.quiet();
      readerConnection.close();
      writerConnection.close();
    },
  };
}

/** A connection that only reads, for threads beside the one that writes. */
export function readSqlite(file: string): Pick<Database, 'read' | 'capabilities'> {
  const connection = connect(file);
  connection.pragma('query_only = on');
  return { read: readerOver(new Handle(new Statements(connection))), capabilities };
}

/** Copies the database before a migration touches it; returns the copy's path, or undefined for a new database. */
export function copyBeforeMigration(file: string, label: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const connection = connect(file);
  connection.pragma('wal_checkpoint(TRUNCATE)');
  connection.close();
  const copy = `${file}.before-${label}`;
  copyFileSync(file, copy);
  return copy;
}

function connect(file: string): BetterSqlite.Database {
  const connection = new BetterSqlite(file);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = on');
  connection.pragma('busy_timeout = 5000');
  connection.pragma('case_sensitive_like = on');

  connection.pragma('cache_size = -16000');
  connection.function('regexp', { deterministic: true }, (pattern: unknown, text: unknown) =>
    text === null ? null : Number(matchesPattern(String(pattern), String(text))),
  );
  // SQLite's own knows ASCII only; a name is found in whatever letters, as on PostgreSQL.
  connection.function('lower', { deterministic: true }, (text: unknown) =>
    typeof text === 'string' ? text.toLowerCase() : text,
  );
  return connection;
}
