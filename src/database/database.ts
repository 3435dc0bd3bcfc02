import type { Kysely, RawBuilder, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

/** Handle of one writing verb. It dies with the verb. */
export type Tx = Transaction<Tables>;
/** A reader of committed rows, or the transaction of a verb, which reads its own writes. */
export type Reader = Kysely<Tables>;

/** What the two engines do differently, by name. */
export interface Capabilities {
  engine: 'sqlite' | 'postgres';
  /** `for update skip locked` where rows can be locked one by one, else empty. */
  skipLocked: RawBuilder<unknown>;
  /** The clock of the database, epoch ms: the one that replicas on many machines share. */
  now: RawBuilder<number>;
  /** Events with a transaction id below this one can no longer be joined by earlier ones. */
  settledBelow: RawBuilder<number>;
  /** Case-sensitive LIKE and case-insensitive ILIKE as functions of two expressions. */
  ilike(text: RawBuilder<unknown>, pattern: string): RawBuilder<boolean>;
}

export interface Database {
  /** Sees committed rows only. */
  read: Reader;
  capabilities: Capabilities;
  /**
   * Runs one writing verb. All its writes commit or none; the promise settles after the commit is durable.
   * The body awaits its own queries only: no network, no file, no timer.
   */
  write<T>(body: (tx: Tx) => Promise<T>): Promise<T>;
  /** Called after each commit, in this process. Returns the way to stop listening. */
  onCommit(listener: () => void): () => void;
  /** Wakes this process when another replica called `notify` on the channel; a no-op on SQLite. */
  listen(channel: string, listener: (text: string) => void): Promise<void>;
  notify(tx: Tx, channel: string): Promise<void>;
  /** Sends a short text to every replica that listens, this one too, outside any transaction; lossy. A no-op on SQLite. */
  broadcast(channel: string, text: string): Promise<void>;
  close(): Promise<void>;
}
