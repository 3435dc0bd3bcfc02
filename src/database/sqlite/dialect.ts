import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  DummyDriver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
} from 'kysely';
import type BetterSqlite from 'better-sqlite3';
import type { Reader, Tx } from '../database.ts';
import type { Tables } from '../tables.ts';

const compiler = new SqliteQueryCompiler();
const adapter = new SqliteAdapter();

export const sqliteDialect: Dialect = {
  createAdapter: () => adapter,
  createQueryCompiler: () => compiler,
  createIntrospector: (db) => new SqliteIntrospector(db),
  createDriver: () => new DummyDriver(),
};

/** Prepared statements of one SQLite connection, the oldest forgotten beyond 500. */
class Statements {
  readonly #cache = new Map<string, BetterSqlite.Statement>();
  readonly #connection: BetterSqlite.Database;
  readonly #use: 'any' | 'reads';

  constructor(connection: BetterSqlite.Database, use: 'any' | 'reads' = 'any') {
    this.#connection = connection;
    this.#use = use;
  }

  get(text: string): BetterSqlite.Statement {
    const known = this.#cache.get(text);
    if (known) return known;
    const statement = this.#connection.prepare(text);
    if (this.#use === 'reads' && !statement.readonly)
      throw new Error('A statement that writes was run outside `database.write`.');
    this.#cache.set(text, statement);
    if (this.#cache.size > 500) this.#cache.delete(this.#cache.keys().next().value as string);
    return statement;
  }
}

/** One verb's right to a connection; `end()` makes every later use an error. `statements` may differ from query to query. */
export class Handle implements DatabaseConnection {
  #live = true;
  readonly #statements: () => Statements;

  constructor(statements: Statements | (() => Statements)) {
    this.#statements = typeof statements === 'function' ? statements : () => statements;
  }

  end(): void {
    this.#live = false;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.#live) throw new Error('This transaction has ended; a verb used its handle after it returned.');
    const statement = this.#statements().get(sql);
    const values = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    if (statement.reader) return { rows: statement.all(values) as R[] };
    const { changes, lastInsertRowid } = statement.run(values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  streamQuery(): AsyncIterableIterator<never> {
    throw new Error('Streams are not used on SQLite: page with a keyset.');
  }
}

export { Statements };

function executorOf(handle: Handle) {
  return new DefaultQueryExecutor(compiler, adapter, { provideConnection: (consume) => consume(handle) });
}

/** A Kysely transaction over a handle: about 1 µs, where Kysely's own costs a mutex and a begin. */
export function transactionOver(handle: Handle): Tx {
  return new Transaction<Tables>({
    config: { dialect: sqliteDialect },
    dialect: sqliteDialect,
    driver: new DummyDriver(),
    executor: executorOf(handle),
  });
}

export function readerOver(handle: Handle): Reader {
  return new Kysely<Tables>({
    config: { dialect: sqliteDialect },
    dialect: sqliteDialect,
    driver: new DummyDriver(),
    executor: executorOf(handle),
  });
}
