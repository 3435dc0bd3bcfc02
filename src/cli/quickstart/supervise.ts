import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../lib/errors.ts';
import { identify, isAlive, type ProcessId } from '../../lib/process-id.ts';

export interface Supervised {
  /** Where the server answers; waits while it is being started. */
  url(): Promise<string>;
  /** How often a dead server was started again. */
  restarts(): number;
  /** Whether the server died since `restarts()` was that; waits a moment for the news. */
  diedSince(restarts: number): Promise<boolean>;
  /** Asks the server to end, and waits until it has. */
  stop(): Promise<void>;
  /** Settles when the server was stopped by others for good. */
  ended: Promise<void>;
}

interface Running {
  url: string;
  /** Settles when the process is gone. */
  gone: Promise<unknown>;
  kill(): void;
}

const GIVE_UP = 20;
const LOOK_MS = 200;
const NEWS_MS = 3000;
const START_MS = 60_000;

/**
 * Keeps a `rondo server` alive: takes over one that an earlier start left running on this data folder, else starts one, and starts it
 * again whenever it dies. Its log is `<data>/server.log`.
 */
export function supervise(entry: string, data: string, environment: NodeJS.ProcessEnv): Supervised {
  let restarts = 0;
  let stopping = false;
  let current: Promise<Running> = leftRunning(data).then((running) => running ?? launch());
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  watch();

  function watch(): void {
    void current.then(
      async ({ gone }) => {
        await gone;
        if (stopping || restarts >= GIVE_UP) return end();
        restarts++;
        current = again();
        watch();
      },
      () => end(),
    );
  }

  /** A start that is itself cut short is tried again, as long as there are tries left. */
  async function again(): Promise<Running> {
    for (;;) {
      try {
        return await launch();
      } catch (error) {
        if (stopping || restarts >= GIVE_UP) throw error;
        restarts++;
        await sleep(LOOK_MS);
      }
    }
  }

  function launch(): Promise<Running> {
    const log = openSync(join(data, 'server.log'), 'a', 0o600);
    const child = spawn(process.execPath, [entry, 'server'], {
      env: environment,
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    return new Promise((resolve, reject) => {
      child.once('message', ({ url }: { url: string }) =>
        resolve({ url, gone, kill: () => child.kill('SIGTERM') }),
      );
      void gone.then(() =>
        reject(
          new AppError(
            { code: 'SERVER_DIED', status: 500 },
            `The server did not start: ${lastLines(join(data, 'server.log'))}`,
          ),
        ),
      );
    });
  }

  return {
    url: async () => (await current).url,
    restarts: () => restarts,
    async diedSince(known) {
      for (const until = Date.now() + NEWS_MS; Date.now() < until && restarts === known; )
        await sleep(LOOK_MS);
      return restarts > known;
    },
    ended,
    async stop() {
      stopping = true;
      const running = await current.catch(() => undefined);
      running?.kill();
      await running?.gone;
    },
  };
}

/** The server that holds the data folder, once it answers; undefined when there is none, or it ends first. */
async function leftRunning(data: string): Promise<Running | undefined> {
  const owner = read<ProcessId>(join(data, 'server.lock'));
  if (!owner || !isAlive(owner)) return undefined;
  const gone = (async () => {
    while (isAlive(owner)) await sleep(LOOK_MS);
  })();
  for (const until = Date.now() + START_MS; Date.now() < until && isAlive(owner); await sleep(LOOK_MS)) {
    const said = read<{ url: string; pid: number }>(join(data, 'server.json'));
    if (said?.pid !== owner.pid || !(await answers(said.url))) continue;
    return {
      url: said.url,
      gone,
      kill() {
        if (identify(owner.pid)?.born === owner.born) process.kill(owner.pid, 'SIGTERM');
      },
    };
  }
  return undefined;
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  );
}

function read<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-3).join(' / ');
  } catch {
    return 'it left no log';
  }
}
