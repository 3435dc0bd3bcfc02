import type BetterSqlite from 'better-sqlite3';
import type { Tx } from '../database.ts';
import { Handle, Statements, transactionOver } from './dialect.ts';

interface Verb {
  body: (tx: Tx) => Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
}

type Outcome = { verb: Verb } & ({ ok: true; value: unknown } | { ok: false; reason: unknown });

const GROUP_LIMIT = 256;

/**
 * Group commit: waiting verbs run one after another inside one `BEGIN IMMEDIATE`, each in its own savepoint, and all are
 * answered after one durable commit. One failing verb undoes only itself; a failing commit fails the whole group.
 */
export class GroupWriter {
  #queue: Verb[] = [];
  #running = false;
  #idle: (() => void)[] = [];
  readonly #connection: BetterSqlite.Database;
  readonly #statements: Statements;
  readonly #committed: () => void;
  readonly #run: (text: string) => void;

  constructor(connection: BetterSqlite.Database, committed: () => void) {
    this.#connection = connection;
    this.#statements = new Statements(connection);
    this.#committed = committed;
    this.#run = (text) => this.#statements.get(text).run();
  }

  write<T>(body: (tx: Tx) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ body, resolve: resolve as Verb['resolve'], reject });
      if (this.#running) return;
      this.#running = true;
      setImmediate(() => void this.#drain());
    });
  }

  /** Settles when nothing is queued or running. */
  async quiet(): Promise<void> {
    if (!this.#running) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#group();
      await new Promise(setImmediate);
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #group(): Promise<void> {
    const outcomes: Outcome[] = [];
    try {
      this.#run('begin immediate');
    } catch (reason) {
      this.#queue.shift()?.reject(reason);
      return;
    }
    try {
      while (this.#queue.length > 0 && outcomes.length < GROUP_LIMIT) {
        outcomes.push(await this.#one(this.#queue.shift() as Verb));
        if (!this.#connection.inTransaction)
          throw new Error('A verb ended the transaction of its whole group.');
      }
      this.#run('commit');
    } catch (reason) {
      if (this.#connection.inTransaction) this.#run('rollback');
      for (const { verb } of outcomes) verb.reject(reason);
      return;
    }
    this.#committed();
    for (const outcome of outcomes) {
      if (outcome.ok) outcome.verb.resolve(outcome.value);
      else outcome.verb.reject(outcome.reason);
    }
  }

  async #one(verb: Verb): Promise<Outcome> {
    this.#run('savepoint verb');
    const handle = new Handle(this.#statements);
    try {
      const value = await withinTurn(verb.body(transactionOver(handle)));
      this.#run('release verb');
      return { verb, ok: true, value };
    } catch (reason) {
      if (this.#connection.inTransaction) {
        this.#run('rollback to verb');
        this.#run('release verb');
      }
      return { verb, ok: false, reason };
    } finally {
      handle.end();
    }
  }
}

/** Our queries settle in micro-tasks, so a body that is still open when the event loop turns awaited something foreign. */
async function withinTurn<T>(running: Promise<T>): Promise<T> {
  let timer: NodeJS.Immediate | undefined;
  const foreign = new Promise<never>((_, reject) => {
    timer = setImmediate(() =>
      reject(new Error('A writing verb awaited something that is not its own query.')),
    );
  });
  try {
    return await Promise.race([running, foreign]);
  } finally {
    clearImmediate(timer);
  }
}
