import { type ChildProcess, fork } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Blob, BlobStore } from '../artifacts/index.ts';
import { AppError, defineErrors } from '../lib/errors.ts';
import type { ChildReply, ChildRequest } from './protocol.ts';

export const ANALYTICS_ERRORS = defineErrors({
  QUERY_FAILED: { status: 422 },
  QUERY_TIMEOUT: { status: 504, hint: 'Ask for fewer rows, or raise the time limit.' },
  QUERY_KILLED: { status: 503, hint: 'It probably needed more memory than the analytics process may use.' },
});

export interface AnalyticsRequest<R extends string = string, O extends string = string> {
  /** View name → digests of Parquet blobs that it reads as one table (columns united by name). */
  tables?: Record<string, readonly string[]>;
  /** View name → digest of a CSV or JSON Lines blob. */
  files?: Record<string, { digest: string; format: 'csv' | 'json'; options?: string }>;
  /** Statements of Rondo's own, run first in order. */
  statements?: readonly string[];
  /** SQL that a user wrote; refused unless it is one SELECT. It must be part of `rows` or `outputs` too. */
  userSql?: readonly string[];
  /** Small results, as JSON rows; 64-bit integers come as strings. */
  rows?: Record<R, string>;
  /** Results as Parquet (zstd), stored as blobs. */
  outputs?: Record<O, string>;
  timeoutMs?: number;
  /** End the process afterwards, to give its memory back. */
  heavy?: boolean;
  signal?: AbortSignal;
}

export interface AnalyticsResult<R extends string, O extends string> {
  rows: Record<R, Record<string, unknown>[]>;
  outputs: Record<O, Blob>;
}

export interface Analytics {
  run<R extends string = never, O extends string = never>(
    request: AnalyticsRequest<R, O>,
  ): Promise<AnalyticsResult<R, O>>;
  close(): Promise<void>;
}

export interface AnalyticsOptions {
  folder: string;
  /** The bundled `child.ts`. */
  entry: string;
  blobs: BlobStore;
  memoryMb?: number;
  threads?: number;
  idleMs?: number;
}

const INPUT_CACHE_BYTES = 4e9;

/** DuckDB in a child process of its own, bounded in memory and time; one request at a time, ended when idle. */
export function createAnalytics(options: AnalyticsOptions): Analytics {
  const inputs = join(options.folder, 'in');
  const outputs = join(options.folder, 'out');
  let child: Child | undefined;
  let idle: NodeJS.Timeout | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  async function run<R extends string, O extends string>(
    request: AnalyticsRequest<R, O>,
  ): Promise<AnalyticsResult<R, O>> {
    clearTimeout(idle);
    await mkdir(inputs, { recursive: true, mode: 0o700 });
    await mkdir(outputs, { recursive: true, mode: 0o700 });
    const statements = [...(await inputViews(request, inputs, options.blobs)), ...(request.statements ?? [])];
    child ??= await Child.start(options, inputs, outputs);
    const targets = Object.entries<string>(request.outputs ?? {}).map(([name, sql]) => ({
      name,
      sql,
      path: join(outputs, `${randomUUID()}.parquet`),
    }));
    try {
      const reply = await child.ask(
        {
          selectOnly: [...(request.userSql ?? [])],
          statements,
          outputs: targets.map(({ sql, path }) => ({ sql, path })),
          rows: request.rows ?? {},
        },
        request.timeoutMs ?? 120_000,
        request.signal,
      );
      const stored: Record<string, Blob> = {};
      for (const target of targets)
        stored[target.name] = await options.blobs.put(createReadStream(target.path));
      return {
        rows: (reply.rows ?? {}) as AnalyticsResult<R, O>['rows'],
        outputs: stored as AnalyticsResult<R, O>['outputs'],
      };
    } finally {
      for (const target of targets) await rm(target.path, { force: true });
      if (request.heavy || child.dead) end();
      else idle = setTimeout(end, options.idleMs ?? 10_000).unref();
    }
  }

  function end(): void {
    child?.kill();
    child = undefined;
    void trim(inputs);
  }

  return {
    run(request) {
      const next = queue.then(
        () => run(request),
        () => run(request),
      );
      queue = next.catch(() => {});
      return next;
    },
    async close() {
      await queue;
      clearTimeout(idle);
      end();
    },
  };
}

/** Copies what the request reads into the input folder and names it. */
async function inputViews(request: AnalyticsRequest, inputs: string, blobs: BlobStore): Promise<string[]> {
  const views: string[] = [];
  for (const [name, digests] of Object.entries(request.tables ?? {})) {
    const paths = await Promise.all(digests.map((digest) => provide(digest, 'parquet', inputs, blobs)));
    const list = paths.map((path) => `'${path}'`).join(', ');
    views.push(
      `create or replace temp view ${identifier(name)} as select * from read_parquet([${list}], union_by_name = true)`,
    );
  }
  for (const [name, file] of Object.entries(request.files ?? {})) {
    const path = await provide(file.digest, file.format, inputs, blobs);
    const reader = file.format === 'csv' ? 'read_csv' : 'read_json';
    views.push(
      `create or replace temp view ${identifier(name)} as select * from ${reader}('${path}'${file.options ? `, ${file.options}` : ''})`,
    );
  }
  return views;
}

async function provide(digest: string, ending: string, inputs: string, blobs: BlobStore): Promise<string> {
  const path = join(inputs, `${digest}.${ending}`);
  const known = await stat(path).catch(() => undefined);
  if (known) await utimes(path, new Date(), new Date());
  else {
    const partial = `${path}.${randomUUID()}`;
    await blobs.copyTo(digest, partial);
    await rename(partial, path);
  }
  return path;
}

/** Drops the inputs that were not read for longest once the folder is over its budget. */
async function trim(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const files = await Promise.all(
    names.map(async (name) => {
      const info = await stat(join(folder, name)).catch(() => undefined);
      return { path: join(folder, name), size: info?.size ?? 0, used: info?.mtimeMs ?? 0 };
    }),
  );
  let total = files.reduce((sum, file) => sum + file.size, 0);
  for (const file of files.sort((a, b) => a.used - b.used)) {
    if (total <= INPUT_CACHE_BYTES) return;
    await rm(file.path, { force: true });
    total -= file.size;
  }
}

export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

class Child {
  dead = false;
  #next = 1;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(reply: ChildReply): void; reject(error: unknown): void }>();

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.on('message', (reply: ChildReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (reply.error === undefined) waiting?.resolve(reply);
      else waiting?.reject(new AppError(ANALYTICS_ERRORS.QUERY_FAILED, withoutPaths(reply.error)));
    });
    process.on('exit', () => {
      this.dead = true;
      for (const { reject } of this.#waiting.values()) {
        reject(
          new AppError(ANALYTICS_ERRORS.QUERY_KILLED, 'The analytics process ended before it answered.'),
        );
      }
      this.#waiting.clear();
    });
  }

  static start(options: AnalyticsOptions, inputs: string, outputs: string): Promise<Child> {
    const process_ = fork(options.entry, [], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
    });
    return new Promise((resolve, reject) => {
      process_.once('error', reject);
      process_.once('message', (message: { ready: boolean; error?: string }) => {
        if (message.ready) resolve(new Child(process_));
        else reject(new Error(message.error));
      });
      process_.send({
        open: { inputs, outputs, memoryMb: options.memoryMb ?? 1500, threads: options.threads ?? 2 },
      });
    });
  }

  ask(request: Omit<ChildRequest, 'id'>, timeoutMs: number, signal?: AbortSignal): Promise<ChildReply> {
    const id = this.#next++;
    return new Promise<ChildReply>((resolve, reject) => {
      const give = (error: unknown) => {
        this.kill();
        reject(error);
      };
      const timer = setTimeout(() => {
        give(
          new AppError(
            ANALYTICS_ERRORS.QUERY_TIMEOUT,
            `The query was stopped after ${Math.round(timeoutMs / 1000)} s.`,
          ),
        );
      }, timeoutMs);
      const abort = () => give(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      this.#waiting.set(id, {
        resolve: (reply) => {
          done();
          resolve(reply);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      this.#process.send({ ...request, id });
    });
  }

  kill(): void {
    this.dead = true;
    this.#process.kill('SIGKILL');
  }
}

/** DuckDB's messages name the files it reads; those never leave the process. */
function withoutPaths(text: string): string {
  return text.replace(/\/[^\s'"]*\/([0-9a-f]{12})[0-9a-f]*\.(\w+)/g, '$1.$2').split('\nLINE')[0] ?? text;
}
