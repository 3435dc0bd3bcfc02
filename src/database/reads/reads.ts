import { JsonBytes } from '../../lib/contract/index.ts';
import type { Database } from '../database.ts';

/** What a long read sees of the database, wherever it runs. */
export type ReadDatabase = Pick<Database, 'read' | 'capabilities'>;

/** A read that may take long, by name: its parameters can be copied to another thread, its result becomes JSON, or is. */
export type LongRead<P = never> = (database: ReadDatabase, params: P) => Promise<unknown>;

export interface LongReads {
  /** Runs the read off the event loop where the engine reads in this process; answers finished JSON. */
  run(name: string, params: unknown): Promise<JsonBytes>;
  close(): Promise<void>;
}

/** Reads of this process itself: PostgreSQL does the work elsewhere already. */
export function inlineReads(database: ReadDatabase, reads: Readonly<Record<string, LongRead>>): LongReads {
  return {
    async run(name, params) {
      const read = reads[name] as LongRead;
      const value = await read(database, params as never);
      return value instanceof JsonBytes ? value : new JsonBytes(Buffer.from(JSON.stringify(value)));
    },
    close: async () => {},
  };
}
