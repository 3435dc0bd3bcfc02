import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../../lib/errors.ts';
import { readSqlite } from '../sqlite/open.ts';
import { jsonOf, type LongRead } from './reads.ts';

export interface ThreadData {
  file: string;
}

export interface ThreadOrder {
  name: string;
  params: unknown;
}

export type ThreadAnswer =
  | { bytes: Uint8Array }
  | { message: string; code?: string; status?: number; hint?: string | undefined; details?: unknown };

/** The life of a reader thread: one read at a time, each over what is committed then. */
export function serveReads(reads: Readonly<Record<string, LongRead>>): void {
  const port = parentPort;
  if (!port) throw new Error('This is the entry of a thread.');
  const database = readSqlite((workerData as ThreadData).file);
  port.on('message', ({ name, params }: ThreadOrder) => {
    const read = reads[name] as LongRead;
    read(database, params as never).then(
      (value) => {
        const bytes = jsonOf(value);
        port.postMessage({ bytes } satisfies ThreadAnswer, [bytes.buffer]);
      },
      (error: unknown) => port.postMessage(toAnswer(error)),
    );
  });
}

function toAnswer(error: unknown): ThreadAnswer {
  if (!(error instanceof AppError)) return { message: String((error as Error).stack ?? error) };
  const { message, code, status, hint, details } = error;
  return { message, code, status, hint, details };
}
