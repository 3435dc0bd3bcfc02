import { JsonBytes } from '../../lib/contract/index.ts';
import type { Database } from '../database.ts';

/** What a long read sees of the database, wherever it runs. */
export type ReadDatabase = Pick<Database, 'read' | 'capabilities'>;

/** A read that may take long, by name: its parameters can be copied to another thread, its result becomes JSON or is `JsonBytes`. */
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
      return JsonBytes.over(jsonOf(await read(database, params as never)));
    },
    close: async () => {},
  };
}

/** The JSON of a result, in memory of its own, so that it can be handed to another thread. */
export function jsonOf(value: unknown): Uint8Array<ArrayBuffer> {
  const { bytes } = value instanceof JsonBytes ? value : JsonBytes.of(JSON.stringify(value));
  // Small buffers share a pool with others, which must not move with them.
  return bytes.byteLength === bytes.buffer.byteLength
    ? new Uint8Array(bytes.buffer as ArrayBuffer)
    : new Uint8Array(bytes);
}
