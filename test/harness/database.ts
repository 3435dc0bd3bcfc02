import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/database/index.ts';

export const ENGINES = ['sqlite', 'postgres'] as const;
export type Engine = (typeof ENGINES)[number];
/** For tests that walk the whole API, which takes minutes on PostgreSQL: `.ci/run` runs them on both. */
export const WALKED_ENGINES: readonly Engine[] = process.env.RONDO_TEST_FULL ? ENGINES : ['sqlite'];

export interface TestDatabase {
  database: Database;
  /** Closes it and removes what it left. */
  end(): Promise<void>;
}

/** URL of a fresh, empty PostgreSQL database on the server that the test run started. */
export async function freshPostgres(): Promise<string> {
  const { default: pg } = await import('pg');
  const admin = new pg.Client({ connectionString: inject('postgres') });
  const name = `t${randomUUID().replaceAll('-', '')}`;
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  return inject('postgres').replace(/\/postgres$/, `/${name}`);
}

/** A migrated database of its own for one test file, on the engine asked for. */
export async function testDatabase(engine: Engine): Promise<TestDatabase> {
  if (engine === 'postgres') {
    const database = await openDatabase({ file: '', url: await freshPostgres() });
    return { database, end: () => database.close() };
  }
  const folder = mkdtempSync(join(tmpdir(), 'rondo-db-'));
  const database = await openDatabase({ file: join(folder, 'rondo.db') });
  return {
    database,
    async end() {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
