import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../lib/errors.ts';

export interface Supervised {
  url(): Promise<string>;
  /** How often a dead server was started again. */
  restarts(): number;
  /** Asks the server to end, and waits until it has. */
  stop(): Promise<void>;
  /** Settles when the server was stopped by others for good. */
  ended: Promise<void>;
}

const GIVE_UP = 20;
const OTHERS_END_MS = 20_000;

/** Runs `rondo server` as a child and starts it again when it dies; its log is `<data>/server.log`. */
export function supervise(entry: string, data: string, environment: NodeJS.ProcessEnv): Supervised {
  let restarts = 0;
  const until = Date.now() + OTHERS_END_MS;
  let stopping = false;
  let child: ChildProcess | undefined;
  let port = environment.RONDO_PORT;
  let address: Promise<string> = start();
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  function start(): Promise<string> {
    const log = openSync(join(data, 'server.log'), 'a', 0o600);
    const started = spawn(process.execPath, [entry, 'server'], {
      env: { ...environment, RONDO_PORT: port },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    child = started;
    return new Promise((resolve, reject) => {
      let answered = false;
      started.once('message', (facts: { url: string }) => {
        answered = true;
        port = new URL(facts.url).port; // clients hold the address
        resolve(facts.url);
      });
      started.once('exit', () => {
        if (stopping) return end();
        if (!answered) {
          const said = lastLines(join(data, 'server.log'));
          // The server of a quickstart that was killed ends by itself, in its own time.
          if (said.includes('DATA_IN_USE') && Date.now() < until)
            return void setTimeout(() => start().then(resolve, reject), 500);
          return reject(
            new AppError({ code: 'SERVER_DIED', status: 500 }, `The server did not start: ${said}`),
          );
        }
        if (restarts++ >= GIVE_UP) return end();
        address = start();
        address.catch(() => end());
      });
    });
  }

  return {
    url: () => address,
    restarts: () => restarts,
    ended,
    async stop() {
      stopping = true;
      child?.kill('SIGTERM');
      if (child?.exitCode === null && child.signalCode === null) await ended;
    },
  };
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-3).join(' / ');
  } catch {
    return 'it left no log';
  }
}
