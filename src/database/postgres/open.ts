import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from 'kysely';
import type { Pool } from 'pg';
import { AppError, defineErrors } from '../../lib/errors.ts';
import { retry } from '../../lib/retry.ts';
import type { Capabilities, Database, Tx } from '../database.ts';
import type { Tables } from '../tables.ts';
import { isStalePlan, StatementNames } from './statement-names.ts';

const capabilities: Capabilities = {
  engine: 'postgres',
  skipLocked: sql`for update skip locked`,
  now: sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
  settledBelow: sql<number>`pg_snapshot_xmin(pg_current_snapshot())::text::bigint`,
  ilike: (text, pattern) => sql<boolean>`${text} ilike ${pattern} escape '\\'`,
};

const RETRYABLE = new Set(['40001', '40P01']);

const POSTGRES_ERRORS = defineErrors({
  DATABASE_AWAY: {
    status: 503,
    hint: 'Try again in some seconds. A change whose answer was lost may have been made: look before you repeat it.',
  },
});
/** Classes 08 and 57P: connection exceptions and operator intervention (PostgreSQL, appendix A); 53300: too many connections. */
const AWAY = /^(08...|57P..|53300|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
const AWAY_WORDS =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect/;

/** Opens PostgreSQL by URL. The driver is loaded here, so that SQLite users never pay for it. */
export async function openPostgres(url: string): Promise<Database> {
  const { default: pg } = await import('pg');
  const types = new pg.TypeOverrides();
  types.setTypeParser(20, Number);
  types.setTypeParser(1700, Number);
  const pool = new pg.Pool({ connectionString: url, max: 10, types });
  const names = new StatementNames();
  // A connection that died is replaced at the next query; whoever was using it hears of it by that query.
  pool.on('error', () => {});
  pool.on('connect', (client) => void client.on('error', () => {}));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: explained(pool, names) }) });
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
        if ((!RETRYABLE.has(code) && !isStalePlan(error)) || attempt >= 5) throw error;
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
      const closing = new AbortController();
      let client: InstanceType<typeof pg.Client> | undefined;
      const connect = async () => {
        const fresh = new pg.Client({ connectionString: url });
        let gone = false;
        fresh.on('notification', (message) => listener(message.payload ?? ''));
        const again = () => {
          if (gone) return;
          gone = true;
          if (!closing.signal.aborted) void connectForEver().catch(() => {});
        };
        fresh.on('error', again);
        fresh.on('end', again);
        try {
          await fresh.connect();
          await fresh.query(`listen ${channel}`);
        } catch (error) {
          gone = true; // whoever asked tries again
          await fresh.end().catch(() => {});
          throw error;
        }
        client = fresh;
        listener(''); // whatever was said while nobody listened
      };
      const connectForEver = () =>
        retry(connect, { attempts: Infinity, capMs: 5000, signal: closing.signal });
      await connect();
      hearing.push({
        end: async () => {
          closing.abort();
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

/** The pool, with lost connections told in words that fit every caller, and statements that come often prepared once a connection. */
function explained(pool: Pool, names: StatementNames): PostgresPool {
  const told = (error: unknown): never => {
    const { code, message } = error as { code?: string; message?: string };
    if (!AWAY.test(code ?? '') && !AWAY_WORDS.test(message ?? '')) throw error;
    throw new AppError(POSTGRES_ERRORS.DATABASE_AWAY, 'The database does not answer.', { cause: error });
  };
  return {
    async connect() {
      const client = await pool.connect().catch(told);
      let isTransaction = false;
      const query = async (text: string, values: readonly unknown[]): Promise<unknown> => {
        isTransaction ||= text === 'begin';
        const name = names.of(text);
        try {
          return await client.query(
            name === undefined ? { text, values: [...values] } : { name, text, values: [...values] },
          );
        } catch (error) {
          if (!isStalePlan(error)) return told(error);
          names.forget(text);
          if (isTransaction) throw error; // it has failed as a whole; `write` begins it again
          return query(text, values);
        }
      };
      return { query: query as unknown as PostgresPoolClient['query'], release: () => client.release() };
    },
    end: () => pool.end(),
  };
}
