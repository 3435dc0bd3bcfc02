import { sql } from 'kysely';
import type { Database, Tx } from '../database/index.ts';
import { AppError } from '../lib/errors.ts';
import { ownerName } from '../lib/process-id.ts';
import { claim, endLeases, fail, finish, type Job, reap, renew } from './jobs.ts';

export interface JobContext<P> {
  job: Job<P>;
  /** Aborted when the lease was lost or the worker stops. */
  signal: AbortSignal;
}

/** What a handler leaves behind: written in the transaction that ends the job, so both happen or neither. */
export type JobOutcome = { result?: unknown; write?: (tx: Tx) => Promise<unknown> } | undefined;

interface Registration {
  handle(context: JobContext<never>): Promise<JobOutcome | void>;
  concurrency: number;
  leaseMs: number;
  running: number;
}

/** Least time between two looks for work, so that many small commits cost few reads. */
const PAUSE_MS = 5;

/** Runs the background work of this process: claims, renews leases, finishes under the fencing token. */
export class JobWorker {
  readonly #owner = ownerName();
  readonly #kinds = new Map<string, Registration>();
  readonly #active = new Set<Promise<void>>();
  readonly #aborts = new Set<AbortController>();
  readonly #database: Database;
  readonly #report: (job: Job, error: unknown) => void;
  #timers: NodeJS.Timeout[] = [];
  #forget: (() => void) | undefined;
  #claiming = false;
  #again = false;
  #stopped = false;

  constructor(database: Database, report: (job: Job, error: unknown) => void = () => {}) {
    this.#database = database;
    this.#report = report;
  }

  /** Registers the one handler of a kind. An AppError with a 4xx status is permanent; anything else is tried again. */
  handle<P>(
    kind: string,
    handler: (context: JobContext<P>) => Promise<JobOutcome | void>,
    options: { concurrency?: number; leaseMs?: number } = {},
  ): void {
    this.#kinds.set(kind, {
      handle: handler as unknown as Registration['handle'],
      concurrency: options.concurrency ?? 2,
      leaseMs: options.leaseMs ?? 30_000,
      running: 0,
    });
  }

  /** Takes back what a dead server was doing. Only where no other server shares the database: there leases run out. */
  async takeBack(): Promise<void> {
    await endLeases(this.#database);
    await reap(this.#database);
  }

  start(): void {
    this.#forget = this.#database.onCommit(() => this.wake());
    const wake = setInterval(() => this.wake(), 1000); // delayed jobs and other replicas' leftovers
    const sweep = setInterval(
      () =>
        void reap(this.#database).then(
          (count) => count > 0 && this.wake(),
          () => {},
        ),
      5000,
    );
    this.#timers = [wake.unref(), sweep.unref()];
    this.wake();
  }

  wake(): void {
    if (this.#stopped || this.#kinds.size === 0) return;
    this.#again = true;
    if (this.#claiming) return;
    this.#claiming = true;
    void this.#claimAll().finally(() => {
      this.#claiming = false;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#forget?.();
    for (const timer of this.#timers) clearInterval(timer);
    for (const abort of this.#aborts) abort.abort();
    await Promise.all(this.#active);
  }

  async #claimAll(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        for (;;) {
          const free = [...this.#kinds]
            .filter(([, kind]) => kind.running < kind.concurrency)
            .map(([name]) => name);
          if (free.length === 0 || this.#stopped || !(await this.#anyReady(free))) break;
          const leaseOf = (kind: string) => this.#kinds.get(kind)?.leaseMs ?? 0;
          const job = await claim(this.#database, free, leaseOf, this.#owner);
          if (!job) break;
          this.#launch(job);
        }
        if (this.#again) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch {
      // The database is away or closing; the timer tries again.
    }
  }

  /** A cheap read, so that idle wake-ups write nothing. */
  async #anyReady(kinds: string[]): Promise<boolean> {
    const { rows } = await sql<{ found: number }>`
      select 1 as found from jobs where state = 'queued' and run_at <= ${Date.now()} and kind in (${sql.join(kinds)}) limit 1`.execute(
      this.#database.read,
    );
    return rows.length > 0;
  }

  #launch(job: Job): void {
    const kind = this.#kinds.get(job.kind) as Registration;
    kind.running++;
    const work = this.#work(job, kind).finally(() => {
      kind.running--;
      this.#active.delete(work);
      this.wake();
    });
    this.#active.add(work);
  }

  async #work(job: Job, kind: Registration): Promise<void> {
    const abort = new AbortController();
    this.#aborts.add(abort);
    const beat = setInterval(() => {
      renew(this.#database, job, kind.leaseMs).then(
        (held) => held || abort.abort(),
        () => {},
      );
    }, kind.leaseMs / 3);
    try {
      const outcome = (await kind.handle({ job: job as Job<never>, signal: abort.signal })) ?? {};
      await this.#database.write(async (tx) => {
        await outcome.write?.(tx);
        await finish(tx, job, outcome.result);
      });
    } catch (error) {
      if (!this.#stopped) this.#report(job, error);
      const permanent =
        error instanceof AppError && error.status < 500 && error.status !== 429 && error.status !== 409;
      const text = error instanceof Error ? error.message : String(error);
      await this.#database.write((tx) => fail(tx, job, text, permanent)).catch(() => {});
    } finally {
      clearInterval(beat);
      this.#aborts.delete(abort);
    }
  }
}
