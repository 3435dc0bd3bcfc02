import { createReadStream, existsSync } from 'node:fs';
import { appendFile, mkdir, open, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../../artifacts/index.ts';
import type { LogChunk } from './schema/runs.ts';

export interface AttemptKey {
  step_run: string;
  attempt: number;
}

/** Logs of attempts: numbered chunks, one JSON line each, in a file while the attempt runs and as a blob afterwards. */
export interface StepLogs {
  /** Keeps the chunks that follow what is there; those known already are passed over. Answers the number wanted next. */
  append(key: AttemptKey, chunks: readonly LogChunk[]): Promise<number>;
  /** Chunks from a number on, about `limit` bytes of them. `digest` is the blob of an ended attempt's log. */
  read(
    key: AttemptKey,
    from: number,
    options: { digest: string | null; limit: number },
  ): Promise<{ chunks: LogChunk[]; next: number; end: boolean }>;
  /** Turns the file into a blob; the file goes when `forget` is called after the digest was recorded. */
  seal(key: AttemptKey): Promise<{ digest: string; chunks: number }>;
  /** Whether the log, or what there is of it, lies in this folder. */
  holds(key: AttemptKey): boolean;
  forget(key: AttemptKey): Promise<void>;
  /** Called after each append to the attempt's log. */
  watch(key: AttemptKey, listener: () => void): () => void;
}

/** A step cannot fill the disk: past this size its chunks are counted and not kept. */
const FILE_LIMIT = 16_000_000;

interface OpenLog {
  /** Offset of each chunk; the last entry is the size of the file. */
  offsets: number[];
  queue: Promise<unknown>;
}

export function createStepLogs(folder: string, blobs: BlobStore): StepLogs {
  const logs = new Map<string, Promise<OpenLog>>();
  const listeners = new Map<string, Set<() => void>>();
  let empty: ReturnType<BlobStore['put']> | undefined;
  const fileOf = (key: AttemptKey) => join(folder, `${nameOf(key)}.jsonl`);

  function opened(key: AttemptKey): Promise<OpenLog> {
    const name = nameOf(key);
    const found =
      logs.get(name) ?? scan(fileOf(key)).then((offsets) => ({ offsets, queue: Promise.resolve() }));
    logs.set(name, found);
    return found;
  }

  async function append(key: AttemptKey, log: OpenLog, chunks: readonly LogChunk[]): Promise<number> {
    let text = '';
    let size = log.offsets.at(-1) as number;
    const offsets: number[] = [];
    for (const chunk of chunks) {
      const next = log.offsets.length - 1 + offsets.length;
      if (chunk.seq < next) continue;
      if (chunk.seq > next) break;
      const kept = size > FILE_LIMIT ? { ...chunk, text: '' } : chunk;
      const line = `${JSON.stringify(kept)}\n`;
      text += line;
      size += Buffer.byteLength(line);
      offsets.push(size);
    }
    if (text !== '') {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await appendFile(fileOf(key), text, { mode: 0o600 });
      log.offsets.push(...offsets);
      for (const listener of listeners.get(nameOf(key)) ?? []) listener();
    }
    return log.offsets.length - 1;
  }

  return {
    async append(key, chunks) {
      const log = await opened(key);
      const work = log.queue.then(() => append(key, log, chunks));
      log.queue = work.catch(() => {});
      return work;
    },
    async read(key, from, options) {
      if (options.digest !== null) {
        const lines = (await blobs.read(options.digest)).toString('utf8').split('\n');
        return page(lines, from, options.limit);
      }
      const log = await opened(key);
      const start = log.offsets[from];
      const last = log.offsets.length - 1;
      if (start === undefined || from >= last) return { chunks: [], next: Math.max(from, last), end: true };
      let until = from + 1;
      while (until < last && (log.offsets[until + 1] as number) - start <= options.limit) until++;
      const bytes = await readPart(fileOf(key), start, log.offsets[until] as number);
      const chunks = bytes.toString('utf8').split('\n').filter(Boolean).map(parse);
      return { chunks, next: until, end: until === last };
    },
    async seal(key) {
      const log = await opened(key);
      await log.queue;
      const file = fileOf(key);
      // Most steps print nothing; the empty blob is stored once.
      const blob = existsSync(file)
        ? await blobs.put(createReadStream(file))
        : await (empty ??= blobs.put(new Uint8Array()));
      return { digest: blob.digest, chunks: log.offsets.length - 1 };
    },
    holds: (key) => existsSync(fileOf(key)),
    async forget(key) {
      logs.delete(nameOf(key));
      await rm(fileOf(key), { force: true });
      for (const listener of listeners.get(nameOf(key)) ?? []) listener();
    },
    watch(key, listener) {
      const name = nameOf(key);
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(name);
      };
    },
  };
}

/** Offsets of the chunks in a file; a half-written last line (the server was killed) is cut off. */
async function scan(file: string): Promise<number[]> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const offsets = [0];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) offsets.push(at + 1);
  const end = offsets.at(-1) as number;
  if (end < bytes.length) await truncate(file, end);
  return offsets;
}

async function readPart(file: string, start: number, end: number): Promise<Buffer> {
  const handle = await open(file);
  try {
    const buffer = Buffer.alloc(end - start);
    await handle.read(buffer, 0, buffer.length, start);
    return buffer;
  } finally {
    await handle.close();
  }
}

function page(lines: string[], from: number, limit: number) {
  const count = lines.length - 1;
  const chunks: LogChunk[] = [];
  let size = 0;
  let next = from;
  while (next < count && (chunks.length === 0 || size + (lines[next] as string).length <= limit)) {
    size += (lines[next] as string).length;
    chunks.push(parse(lines[next] as string));
    next++;
  }
  return { chunks, next: Math.min(next, Math.max(count, from)), end: next >= count };
}

const parse = (line: string): LogChunk => JSON.parse(line) as LogChunk;

/** Ids are made by the server; anything else never becomes a path. */
function nameOf({ step_run, attempt }: AttemptKey): string {
  if (!/^[0-9a-f-]{36}$/.test(step_run) || !Number.isSafeInteger(attempt) || attempt < 0)
    throw new Error('A log is named by a step run and the number of an attempt.');
  return `${step_run}.${attempt}`;
}
