import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Capabilities, Database, Tx } from '../database.ts';
import type { Tables } from '../tables.ts';

const capabilities: Capabilities = {
  engine: 'postgres',
  skipLocked: sql`for update skip locked`,
  settledBelow: sql<number>`pg_snapshot_xmin(pg_current_snapshot())::text::bigint`,
  ilike: (text, pattern) => sql<boolean>`${text} ilike ${pattern} escape '\\'`,
};

const RETRYABLE = new Set(['40001', '40P01']);

/** Opens PostgreSQL by URL. The driver is loaded here, so that SQLite users never pay for it. */
export async function openPostgres(url: string): Promise<Database> {
  const { default: pg } = await import('pg');
  const types = new pg.TypeOverrides();
  types.setTypeParser(20, Number);
  types.setTypeParser(1700, Number);
  const pool = new pg.Pool({ connectionString: url, max: 10, types });
  pool.on('error', () => {}); // an idle connection that died is replaced at the next query
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const listeners = new Set<() => void>();
  const hearing: { end(): Promise<void> }[] = [];

  async function write<T>(body: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const value = await db.transaction().execute(body);
        for (const listener of listeners) listener();
        return value;
      } catch (error) {
        const code = (error as { code?: string }).code ?? '';
        if (!RETRYABLE.has(code) || attempt >= 5) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
      }
    }
  }

  return {
    read: db,
    capabilities,
    write,
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async listen(channel, listener) {
      let closed = false;
      let client: InstanceType<typeof pg.Client> | undefined;
      const connect = async () => {
        client = new pg.Client({ connectionString: url });
        client.on('notification', (message) => listener(message.payload ?? ''));
        client.on('error', again);
        await client.connect();
        await client.query(`listen ${channel}`);
        listener(''); // whatever was said while nobody listened
      };
      /** The connection ended, or could not be made yet: until it stands. */
      const again = () => {
        if (!closed) setTimeout(() => void connect().catch(again), 500).unref();
      };
      await connect();
      hearing.push({
        end: async () => {
          closed = true;
          await client?.end();
        },
      });
    },
    async notify(tx, channel) {
      await sql`select pg_notify(${channel}, '')`.execute(tx);
    },
    async broadcast(channel, text) {
      await sql`select pg_notify(${channel}, ${text})`.execute(db);
    },
    async close() {
      for (const client of hearing) await client.end().catch(() => {});
      await db.destroy();
    },
  };
}
