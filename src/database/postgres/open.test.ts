import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshPostgres } from '../../../test/harness/database.ts';
import { openDatabase, type Database } from '../index.ts';

/** The way to PostgreSQL, that can be cut. */
async function cable(url: URL): Promise<{ url: string; cut(): Promise<void>; mend(): Promise<void> }> {
  const sockets = new Set<Socket>();
  let server: Server;
  let port = 0;
  const mend = async () => {
    server = createServer((near) => {
      const far = connect(Number(url.port), url.hostname);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  await mend();
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(port);
  return {
    url: through.href,
    mend,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      await closed;
    },
  };
}

let line: Awaited<ReturnType<typeof cable>>;
let database: Database;
beforeAll(async () => {
  line = await cable(new URL(await freshPostgres()));
  database = await openDatabase({ file: '', url: line.url });
  await database.write(
    async (tx) => void (await sql`create table thing (id bigint primary key)`.execute(tx)),
  );
});
afterAll(async () => {
  await database.close();
  await line.cut();
});

const count = async () =>
  (await sql<{ n: number }>`select count(*) as n from thing`.execute(database.read)).rows[0]?.n;

it('a connection that is lost inside a transaction fails that verb with 503, and the next one works', async () => {
  await expect(
    database.write(async (tx) => {
      await sql`insert into thing values (1)`.execute(tx);
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
      await sql`insert into thing values (2)`.execute(tx);
    }),
  ).rejects.toMatchObject({
    status: 503,
    code: 'DATABASE_AWAY',
    hint: expect.stringContaining('look before'),
  });
  await database.write(async (tx) => void (await sql`insert into thing values (3)`.execute(tx)));
  expect(await count()).toBe(1);
});

it('while the database is away requests are refused, and afterwards listeners hear again what is told', async () => {
  let heard = 0;
  await database.listen('rondo_test', () => heard++);
  await line.cut();
  await expect(count()).rejects.toMatchObject({ status: 503, code: 'DATABASE_AWAY' });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await line.mend();
  const before = heard;
  await expect.poll(() => heard, { timeout: 60_000 }).toBeGreaterThan(before); // what was said meanwhile
  const again = heard;
  await database.write((tx) => database.notify(tx, 'rondo_test'));
  await expect.poll(() => heard, { timeout: 5000 }).toBeGreaterThan(again);
  expect(await count()).toBe(1);
});

it('a statement that came often is prepared, and outlives a change of what it answers', async () => {
  const all = sql<{ id: number; name?: string }>`select * from often`;
  await database.write(
    async (tx) => void (await sql`create table often as select 1::bigint as id`.execute(tx)),
  );
  const few = sql<{ id: number; label?: string }>`select * from often limit 5`;
  for (let use = 0; use < 30; use++) for (const each of [all, few]) await each.execute(database.read);
  const prepared = await sql<{ n: number }>`select count(*) as n from pg_prepared_statements
    where statement like 'select * from often%'`.execute(database.read);
  expect(prepared.rows[0]?.n).toBe(2);
  await database.write(
    async (tx) => void (await sql`alter table often add column name text default 'new'`.execute(tx)),
  );
  const { rows } = await database.write((tx) => all.execute(tx));
  expect(rows).toEqual([{ id: 1, name: 'new' }]);
  await database.write(
    async (tx) => void (await sql`alter table often rename column name to label`.execute(tx)),
  );
  expect((await few.execute(database.read)).rows).toEqual([{ id: 1, label: 'new' }]);
});
