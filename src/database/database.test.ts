import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../test/harness/database.ts';
import { openDatabase, type Tx } from './index.ts';

describe.each(ENGINES)('database on %s', (engine) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase(engine);
    await test.database.write(async (tx) => {
      await sql`create table thing (id bigint primary key, name text not null)`.execute(tx);
    });
  });
  afterAll(() => test.end());

  const insert = (tx: Tx, id: number) => sql`insert into thing (id, name) values (${id}, 'n')`.execute(tx);
  const count = async () => {
    const { rows } = await sql<{ n: number }>`select count(*) as n from thing`.execute(test.database.read);
    return rows[0]?.n;
  };

  it('keeps 49 of 50 verbs when one fails after writing', async () => {
    const before = (await count()) ?? 0;
    const verbs = Array.from({ length: 50 }, (_, i) =>
      test.database.write(async (tx) => {
        await insert(tx, 100 + i);
        if (i === 17) throw new Error('boom');
      }),
    );
    const results = await Promise.allSettled(verbs);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(49);
    expect(await count()).toBe(before + 49);
    const { rows } = await sql`select id from thing where id = 117`.execute(test.database.read);
    expect(rows).toEqual([]);
  });

  it('undoes a verb whose statement fails and keeps its neighbours', async () => {
    const results = await Promise.allSettled([
      test.database.write((tx) => insert(tx, 300)),
      test.database.write(async (tx) => {
        await insert(tx, 301);
        await insert(tx, 301);
      }),
      test.database.write((tx) => insert(tx, 302)),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const { rows } = await sql`select id from thing where id between 300 and 302 order by id`.execute(
      test.database.read,
    );
    expect(rows).toEqual([{ id: 300 }, { id: 302 }]);
  });

  it('lets a verb read its own writes, and nobody else before the commit', async () => {
    await test.database.write(async (tx) => {
      await insert(tx, 400);
      const { rows } = await sql`select id from thing where id = 400`.execute(tx);
      expect(rows).toHaveLength(1);
      if (engine === 'sqlite') {
        const outside = await sql`select id from thing where id = 400`.execute(test.database.read);
        expect(outside.rows).toHaveLength(0);
      }
    });
  });

  it('tells listeners after a commit and not after a failure', async () => {
    let told = 0;
    const forget = test.database.onCommit(() => told++);
    await test.database.write((tx) => insert(tx, 500));
    expect(told).toBe(1);
    if (engine === 'postgres') {
      await test.database.write((tx) => insert(tx, 500)).catch(() => {});
      expect(told).toBe(1);
    }
    forget();
  });
});

describe('group commit on SQLite', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase('sqlite');
    await test.database.write(async (tx) => {
      await sql`create table thing (id bigint primary key)`.execute(tx);
    });
  });
  afterAll(() => test.end());

  it('fails a verb that awaits something foreign, and only that one', async () => {
    const results = await Promise.allSettled(
      [1, 2, 3].map((id) =>
        test.database.write(async (tx) => {
          await sql`insert into thing values (${id})`.execute(tx);
          if (id === 2) await new Promise((resolve) => setTimeout(resolve, 5));
        }),
      ),
    );
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const { rows } = await sql`select id from thing order by id`.execute(test.database.read);
    expect(rows).toEqual([{ id: 1 }, { id: 3 }]);
  });

  it('refuses a handle that outlived its verb', async () => {
    let leaked: Tx | undefined;
    await test.database.write(async (tx) => {
      leaked = tx;
    });
    await expect(sql`insert into thing values (9)`.execute(leaked as Tx)).rejects.toThrow('has ended');
  });

  it('fails the whole group when a verb ends its transaction', async () => {
    const results = await Promise.allSettled([
      test.database.write((tx) => sql`insert into thing values (20)`.execute(tx)),
      test.database.write((tx) => sql`insert or rollback into thing values (1)`.execute(tx)),
    ]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    await test.database.write((tx) => sql`insert into thing values (21)`.execute(tx));
  });
});

describe('migrations', () => {
  it('copies a SQLite database before changing it and refuses one that is ahead', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rondo-migrate-'));
    const file = join(folder, 'rondo.db');
    const first = await openDatabase({ file });
    await first.write(async (tx) => {
      await sql`delete from rondo_migrations where number > 1`.execute(tx);
      await sql`drop table lineage_links`.execute(tx);
    });
    const { rows } = await sql<{
      name: string;
    }>`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`.execute(first.read);
    await first.write(async (tx) => {
      const later = new Set([
        'rondo_migrations',
        'events',
        'event_cursors',
        'event_failures',
        'jobs',
        'artifact_names',
      ]);
      for (const row of rows) if (!later.has(row.name)) await sql.raw(`drop table ${row.name}`).execute(tx);
    });
    await first.close();
    const second = await openDatabase({ file });
    expect(readdirSync(folder)).toContain('rondo.db.before-10'.replace('10', String(await lowest(second))));
    await second.write((tx) =>
      sql`insert into rondo_migrations values (99999, 'from the future', 0)`.execute(tx),
    );
    await second.close();
    await expect(openDatabase({ file })).rejects.toMatchObject({ code: 'DATABASE_NEWER' });
    rmSync(folder, { recursive: true });
  });

  async function lowest(database: Awaited<ReturnType<typeof openDatabase>>) {
    const { rows } = await sql<{
      n: number;
    }>`select min(number) as n from rondo_migrations where number > 1`.execute(database.read);
    return rows[0]?.n;
  }
});
