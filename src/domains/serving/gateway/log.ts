import { mkdirSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, ERRORS, notFound } from '../../../lib/errors.ts';
import { type ProcessId, self } from '../../../lib/process-id.ts';
import type { DeploymentRecord, GapRecord } from '../schema/route.ts';
import type { z } from 'zod';
import { diskFiles, type LogFiles, openName, parseSealed, sealedName } from './log-files.ts';
import { digestOf, recoverSegments, syncFolder } from './recovery.ts';

export interface LogOptions {
  folder: string;
  epoch: number;
  files?: LogFiles;
  owner?: ProcessId;
  /** A segment is sealed at this size or age. */
  rollBytes?: number;
  rollMs?: number;
  /** Bytes of all segments that wait for import; beyond it the log counts as full. */
  maxBytes?: number;
  /** How long an imported segment stays for the recovery of idempotency keys. */
  keepImportedMs?: number;
}

export interface Segment {
  name: string;
  epoch: number;
  number: number;
  /** sha256 of the file. */
  digest: string;
  bytes: number;
}

/** Numbers the predictions of one deployment within this epoch. */
export interface Counter {
  /** `endpoint.deployment.epoch.` */
  readonly prefix: string;
  readonly endpoint: string;
  readonly deployment: number;
  last: number;
}

type Deployment = z.infer<typeof DeploymentRecord>;
type Waiter = { resolve(): void; reject(error: unknown): void };

interface Open {
  file: number;
  path: string;
  number: number;
  size: number;
  since: number;
  dirty: boolean;
  waiting: Waiter[];
  syncing: Promise<void> | undefined;
}

const FULL = 'The prediction log cannot be written; free disk space on the gateway or import its segments.';

/**
 * The prediction log of one gateway worker: NDJSON segments in a folder.
 * `append` is one write into the page cache (so a killed process loses nothing), synced every 100 ms; `commit` waits for the disk.
 */
export class PredictionLog {
  readonly epoch: number;
  private readonly options: Required<LogOptions>;
  private readonly counters = new Map<string, Counter>();
  private readonly described = new Map<string, string>();
  /** Lines that go ahead of the next write: deployments and gaps. */
  private pending = '';
  private readonly lost = new Map<Counter, { from: number; to: number; count: number }>();
  private readonly skipped = { errors_skipped: 0, shadow_skipped: 0 };
  private current: Open | undefined;
  private segmentCount = 0;
  private waitingBytes = 0;
  private sealing: Promise<unknown> = Promise.resolve();
  private readonly buffer = Buffer.allocUnsafe(1 << 20);
  private readonly timers: NodeJS.Timeout[];
  readonly counts = { writes: 0, bytes: 0, failures: 0, lost: 0, sealed: 0 };

  private constructor(options: Required<LogOptions>) {
    this.options = options;
    this.epoch = options.epoch;
    this.timers = [
      setInterval(() => this.syncSoon(), 100).unref(),
      setInterval(() => this.housekeep(), 1_000).unref(),
    ];
  }

  /** Recovers and seals what dead workers left open, then starts an epoch of its own. */
  static async open(options: LogOptions): Promise<PredictionLog> {
    const log = new PredictionLog({
      files: diskFiles,
      owner: self(),
      rollBytes: 32 << 20,
      rollMs: 60_000,
      maxBytes: 8 * 2 ** 30,
      keepImportedMs: 600_000,
      ...options,
    });
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    await recoverSegments(options.folder, log.options.owner);
    log.waitingBytes = (await log.segments()).reduce((sum, segment) => sum + segment.bytes, 0);
    return log;
  }

  counter(endpoint: string, deployment: number): Counter {
    const name = `${endpoint}.${deployment}`;
    let counter = this.counters.get(name);
    if (!counter) {
      counter = { prefix: `${name}.${this.epoch}.`, endpoint, deployment, last: 0 };
      this.counters.set(name, counter);
    }
    return counter;
  }

  /** Names the columns of a deployment's predictions; repeated at the head of every segment. */
  describe(record: Deployment): void {
    const line = `${JSON.stringify(record)}\n`;
    const name = `${record.endpoint}.${record.deployment}`;
    if (this.described.get(name) === line) return;
    this.described.set(name, line);
    if (this.current) this.pending += line;
  }

  /** Removes a deployment that takes no traffic any more from the head of later segments. */
  forget(endpoint: string, deployment: number): void {
    this.described.delete(`${endpoint}.${deployment}`);
  }

  /** Writes whole lines (each with its newline) at once. False: nothing of them is in the log. */
  append(lines: string): boolean {
    try {
      if (this.waitingBytes > this.options.maxBytes) return this.failed();
      const open = (this.current ??= this.begin());
      this.write(open, this.heads() + lines);
      this.pending = '';
      this.lost.clear();
      this.skipped.errors_skipped = 0;
      this.skipped.shadow_skipped = 0;
      if (open.size >= this.options.rollBytes) void this.seal();
      return true;
    } catch {
      return this.failed();
    }
  }

  /** Remembers answered predictions that are not in the log; a gap line says so once the log can be written. */
  lose(counter: Counter, from: number, to: number): void {
    const known = this.lost.get(counter);
    this.counts.lost += to - from + 1;
    if (known) {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
      known.count += to - from + 1;
    } else this.lost.set(counter, { from, to, count: to - from + 1 });
  }

  skip(what: 'errors_skipped' | 'shadow_skipped'): void {
    this.skipped[what]++;
  }

  /** Resolves when everything appended so far is on disk; one sync serves all who wait. Rejects with 503. */
  commit(): Promise<void> {
    const open = this.current;
    if (!open) return Promise.resolve();
    return new Promise((resolve, reject) => {
      open.waiting.push({ resolve, reject });
      this.sync(open);
    });
  }

  /** Ends the open segment and seals it, so that it can be imported. */
  seal(): Promise<void> {
    const open = this.current;
    this.current = undefined;
    if (open) {
      this.waitingBytes += open.size;
      this.sealing = this.sealing.then(() => this.finish(open));
    }
    return this.sealing.then(() => {});
  }

  /** Sealed segments that wait for import, oldest first. */
  async segments(): Promise<Segment[]> {
    const found: Segment[] = [];
    for (const name of (await readdir(this.options.folder)).sort()) {
      const parsed = parseSealed(name);
      if (!parsed || parsed.imported) continue;
      const { epoch, number, digest } = parsed;
      const file = await stat(this.path(name)).catch(() => undefined);
      if (file) found.push({ name, epoch, number, digest, bytes: file.size });
    }
    return found;
  }

  /** Where a listed segment lies; 404 for any other name. */
  async locate(name: string): Promise<string> {
    if (!parseSealed(name) || !(await stat(this.path(name)).catch(() => undefined)))
      throw notFound(`Segment ${name}`);
    return this.path(name);
  }

  /** The segments are safe elsewhere: they leave the list at once and the disk soon. Unknown names are ignored. */
  async acknowledge(names: readonly string[]): Promise<number> {
    let done = 0;
    for (const name of names) {
      const parsed = parseSealed(name);
      if (!parsed || parsed.imported) continue;
      const file = await stat(this.path(name)).catch(() => undefined);
      if (!file) continue;
      await rename(this.path(name), this.path(name.replace(/^sealed/, 'imported')));
      this.waitingBytes = Math.max(0, this.waitingBytes - file.size);
      done++;
    }
    if (done > 0) await syncFolder(this.options.folder);
    return done;
  }

  /** Picks up what a drained worker left, without touching what a living one writes. */
  async recover(): Promise<void> {
    await recoverSegments(this.options.folder, this.options.owner);
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.seal();
  }

  private begin(): Open {
    const { folder, files, owner } = this.options;
    const number = ++this.segmentCount;
    const path = this.path(openName(this.epoch, number));
    const file = files.create(path);
    const open: Open = {
      file,
      path,
      number,
      size: 0,
      since: Date.now(),
      dirty: false,
      waiting: [],
      syncing: undefined,
    };
    const head = {
      kind: 'segment',
      format: 1,
      epoch: this.epoch,
      number,
      pid: owner.pid,
      born: owner.born,
      wall_time: Date.now(),
    };
    try {
      this.write(open, `${JSON.stringify(head)}\n${[...this.described.values()].join('')}`);
    } catch (error) {
      files.close(file);
      void rm(path, { force: true });
      throw error;
    }
    void syncFolder(folder).catch(() => {});
    return open;
  }

  private heads(): string {
    if (this.lost.size === 0 && this.skipped.errors_skipped === 0 && this.skipped.shadow_skipped === 0)
      return this.pending;
    const gap = (record: Omit<GapRecord, 'kind' | 'wall_time' | 'epoch'>) =>
      `${JSON.stringify({ kind: 'gap', wall_time: Date.now(), epoch: this.epoch, ...record })}\n`;
    const lines = [...this.lost].map(([counter, range]) =>
      gap({ reason: 'write_failed', endpoint: counter.endpoint, deployment: counter.deployment, ...range }),
    );
    for (const reason of ['errors_skipped', 'shadow_skipped'] as const) {
      if (this.skipped[reason] > 0) lines.push(gap({ reason, count: this.skipped[reason] }));
    }
    return this.pending + lines.join('');
  }

  /** All or nothing: after a failure the file ends where it ended before. */
  private write(open: Open, text: string): void {
    const small = text.length * 3 <= this.buffer.length;
    const bytes = small ? this.buffer : Buffer.from(text);
    const length = small ? this.buffer.write(text, 0) : bytes.length;
    let done = 0;
    try {
      while (done < length)
        done += this.options.files.write(open.file, bytes, done, length - done, open.size + done);
    } catch (error) {
      if (done > 0) this.options.files.truncate(open.file, open.size);
      throw error;
    }
    open.size += length;
    open.dirty = true;
    this.counts.writes++;
    this.counts.bytes += length;
  }

  private failed(): false {
    this.counts.failures++;
    return false;
  }

  private syncSoon(): void {
    if (this.current?.dirty) this.sync(this.current);
  }

  private sync(open: Open): void {
    if (open.syncing) return;
    const waiting = open.waiting;
    open.waiting = [];
    open.dirty = false;
    open.syncing = this.options.files
      .sync(open.file)
      .then(
        () => settle(waiting),
        (cause: unknown) => {
          open.dirty = true;
          settle(waiting, cause);
        },
      )
      .then(() => {
        open.syncing = undefined;
        if (open.waiting.length > 0) this.sync(open);
      });
  }

  private async finish(open: Open): Promise<void> {
    const { files, folder } = this.options;
    try {
      while (open.syncing) await open.syncing;
      await files.sync(open.file);
      settle(open.waiting.splice(0));
      files.close(open.file);
      await rename(open.path, join(folder, sealedName(this.epoch, open.number, await digestOf(open.path))));
      await syncFolder(folder);
      this.counts.sealed++;
    } catch (cause) {
      // The file stays under its open name; the next recovery seals it.
      settle(open.waiting.splice(0), cause);
      this.counts.failures++;
    }
  }

  private housekeep(): void {
    if (this.current && Date.now() - this.current.since >= this.options.rollMs) void this.seal();
    void this.removeImported().catch(() => {});
  }

  private async removeImported(): Promise<void> {
    for (const name of await readdir(this.options.folder)) {
      if (!parseSealed(name)?.imported) continue;
      const file = await stat(this.path(name));
      if (Date.now() - file.mtimeMs > this.options.keepImportedMs) await rm(this.path(name), { force: true });
    }
  }

  private path(name: string): string {
    return join(this.options.folder, name);
  }
}

function settle(waiting: readonly Waiter[], cause?: unknown): void {
  for (const waiter of waiting) {
    if (cause === undefined) waiter.resolve();
    else
      waiter.reject(
        new AppError(ERRORS.UNAVAILABLE, 'The record could not be stored on disk.', { hint: FULL, cause }),
      );
  }
}

export const logFull = () => new AppError(ERRORS.UNAVAILABLE, FULL);
