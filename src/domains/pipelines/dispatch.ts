import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import type { Database } from '../../database/index.ts';
import type { Handle, Launcher, LaunchSpec } from '../../launchers/launcher.ts';
import type { Engine } from './engine.ts';
import type { AttemptKey, StepLogs } from './logs.ts';
import {
  claimSteps,
  type Held,
  heldAttempts,
  nextRetry,
  renewLease,
  sealLog,
  setHandle,
  unsealed,
} from './store/attempts.ts';
import { anyQueued } from './store/steps.ts';

export const BEAT_MS = 5000;
/** Six heart-beats may fail before an attempt counts as lost. */
export const LEASE_MS = 30_000;
const LAUNCH_LEASE_MS = 15_000;
const TICK_MS = 1000;
const SWEEP_MS = 5000;

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');
/** What user code gets as RONDO_ATTEMPT_KEY: `run/node/map index/attempt`. */
export const attemptKey = ({ step, attempt }: Held): string =>
  `${step.run}/${step.node}/${step.map_index < 0 ? '' : step.map_index}/${attempt.attempt}`;
export const keyOf = (held: Held): string => `${held.step.id}.${held.attempt.attempt}`;

export interface Dispatcher {
  /** Takes up attempts that outlived an earlier server, then launches what is queued. `url` is where steps reach this server. */
  start(url: string): Promise<void>;
  /** There may be queued steps. */
  wake(): void;
  /** The attempt has ended in the database: its place is free and its log becomes a blob. */
  ended(key: AttemptKey): void;
  /** Ends the processes of attempts that were cancelled. */
  kill(held: Held[]): void;
  /** Stops launching; running steps go on without this server. */
  stop(): Promise<void>;
}

interface DispatchGround {
  database: Database;
  engine: Engine;
  launchers: Record<string, Launcher>;
  logs: StepLogs;
  urlFile: string;
  /** Where the code of an attempt is, and what it finds in its environment. */
  codeOf(held: Held): Promise<Pick<LaunchSpec, 'bundle' | 'root' | 'env'>>;
  report(line: Record<string, unknown>): void;
}

export function createDispatcher(ground: DispatchGround): Dispatcher {
  const { database, engine, launchers, logs } = ground;
  const capacity = Math.max(2, availableParallelism()) * 1000;
  const running = new Map<string, { cpuMilli: number; unwatch: () => void }>();
  const background = new Set<Promise<unknown>>();
  let timers: NodeJS.Timeout[] = [];
  let retryTimer: NodeJS.Timeout | undefined;
  let started = false;
  let pumping = false;
  let again = false;

  function spawn(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => ground.report({ level: 'warn', pipelines: String(error) }))
      .finally(() => background.delete(tracked));
    background.add(tracked);
  }

  function wake(): void {
    if (!started) return;
    again = true;
    if (pumping) return;
    pumping = true;
    spawn(
      pump().finally(() => {
        pumping = false;
      }),
    );
  }

  async function pump(): Promise<void> {
    while (again && started) {
      again = false;
      if (!(await anyQueued(database.read))) continue;
      const used = [...running.values()].reduce((sum, one) => sum + one.cpuMilli, 0);
      if (used >= capacity) continue;
      const claimed = await claimSteps(database, {
        launchers: Object.keys(launchers),
        cpuMilli: capacity - used,
        idle: running.size === 0,
        leaseMs: LAUNCH_LEASE_MS,
        token: () => {
          const token = randomBytes(24).toString('base64url');
          return { token, hash: tokenHash(token) };
        },
      });
      for (const held of claimed) {
        occupy(held, () => {});
        spawn(launch(held, held.token));
      }
    }
    await armRetry();
  }

  function occupy(held: Held, unwatch: () => void): void {
    running.set(keyOf(held), { cpuMilli: held.step.cpu_milli, unwatch });
  }

  /** Whether the attempt ran under this server. */
  function free(key: string): boolean {
    running.get(key)?.unwatch();
    const ours = running.delete(key);
    if (ours) wake();
    return ours;
  }

  async function launch(held: Held, token: string): Promise<void> {
    const launcher = launchers[held.attempt.launcher] as Launcher;
    try {
      const handle = await launcher.launch({
        key: keyOf(held),
        project: held.step.project,
        step_run: held.step.id,
        attempt: held.attempt.attempt,
        token,
        memory_mb: held.step.memory_mb,
        ...(await ground.codeOf(held)),
      });
      if (running.has(keyOf(held))) watch(held, launcher, handle);
      await database.write((tx) => setHandle(tx, held, handle, handle.host));
    } catch (error) {
      await lose(held, `The step could not be started: ${error instanceof Error ? error.message : error}`);
    }
  }

  function watch(held: Held, launcher: Launcher, handle: Handle): void {
    const unwatch = launcher.watch(handle, () => spawn(vanished(held, launcher)));
    occupy(held, unwatch);
  }

  /** The process is gone. Usually its outcome arrived before; otherwise the attempt is lost. */
  async function vanished(held: Held, launcher: Launcher): Promise<void> {
    const said = (await launcher.logs(keyOf(held), 0)).trim();
    await lose(held, `The step's process vanished without a result.${said ? `\n${said.slice(-2000)}` : ''}`);
  }

  async function lose(held: Held, error: string): Promise<void> {
    await database.write((tx) => engine.fail(tx, held, { state: 'lost', error }));
    ended({ step_run: held.step.id, attempt: held.attempt.attempt });
  }

  function ended(key: AttemptKey): void {
    const ours = free(`${key.step_run}.${key.attempt}`);
    spawn(seal(key, ours));
    wake();
  }

  /** Where replicas share the database, a log is sealed by the one that has it: another would record an empty one. */
  async function seal(key: AttemptKey, ours: boolean): Promise<void> {
    if (database.capabilities.engine === 'postgres' && !ours && !logs.holds(key)) return;
    const log = await logs.seal(key);
    await database.write((tx) => sealLog(tx, key.step_run, key.attempt, log));
    await logs.forget(key);
  }

  async function armRetry(): Promise<void> {
    clearTimeout(retryTimer);
    const at = started ? await nextRetry(database.read) : undefined;
    if (at !== undefined && started)
      retryTimer = setTimeout(wake, Math.min(Math.max(0, at - Date.now()) + 1, 60_000)).unref();
  }

  async function adopt(): Promise<void> {
    for (const held of await heldAttempts(database.read)) {
      const launcher = launchers[held.attempt.launcher];
      const handle = (held.attempt.handle as Handle | null) ?? (await launcher?.find(keyOf(held)));
      // Without a handle the attempt was just being launched, here or on another replica: its short lease decides.
      if (!launcher || !handle || !(await launcher.owns(keyOf(held)))) continue;
      if (await launcher.isAlive(handle)) {
        await database.write((tx) => renewLease(tx, held, LEASE_MS));
        watch(held, launcher, handle);
      } else await vanished(held, launcher);
    }
  }

  async function sweep(): Promise<void> {
    for (const held of await heldAttempts(database.read, Date.now())) {
      const handle = held.attempt.handle as Handle | null;
      await lose(held, `The step sent no sign of life for ${LEASE_MS / 1000} s.`);
      if (handle) await launchers[held.attempt.launcher]?.cancel(handle);
    }
  }

  return {
    async start(url) {
      mkdirSync(dirname(ground.urlFile), { recursive: true, mode: 0o700 });
      writeFileSync(`${ground.urlFile}.new`, url, { mode: 0o600 });
      renameSync(`${ground.urlFile}.new`, ground.urlFile);
      started = true;
      await adopt();
      for (const left of await unsealed(database.read)) spawn(seal(left, false));
      timers = [
        setInterval(wake, TICK_MS).unref(), // steps queued by other replicas
        setInterval(() => spawn(sweep()), SWEEP_MS).unref(),
      ];
      wake();
    },
    wake,
    ended,
    kill(attempts) {
      for (const held of attempts) {
        const launcher = launchers[held.attempt.launcher];
        const handle = held.attempt.handle as Handle | null;
        ended({ step_run: held.step.id, attempt: held.attempt.attempt });
        if (launcher)
          spawn(
            (async () => {
              const found = handle ?? (await launcher.find(keyOf(held)));
              if (found) await launcher.cancel(found);
            })(),
          );
      }
    },
    async stop() {
      started = false;
      for (const timer of timers) clearInterval(timer);
      clearTimeout(retryTimer);
      for (const { unwatch } of running.values()) unwatch();
      await Promise.all(background);
    },
  };
}
