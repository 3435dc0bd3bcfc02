import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppError, ERRORS } from '../lib/errors.ts';
import type { BoundSocket } from './bound-socket.ts';
import type { FromParent, ToParent } from './messages.ts';

interface Running {
  process: ChildProcess;
  epoch: number;
  since: number;
}

const START_MS = 60_000;
const REPLACE_GRACE_MS = 30_000;
const STOP_GRACE_MS = 2_000;

/** Keeps one worker serving on the bound socket: restarts it after a crash, and replaces it without a lost request. */
export class Workers {
  private readonly socket: BoundSocket;
  private readonly nextEpoch: () => number;
  private current: Running | undefined;
  private readonly leaving = new Set<ChildProcess>();
  private stopping = false;
  private crashes = 0;
  restarts = 0;
  private entry = fileURLToPath(new URL('./gateway-worker.js', import.meta.url));

  constructor(socket: BoundSocket, nextEpoch: () => number) {
    this.socket = socket;
    this.nextEpoch = nextEpoch;
  }

  get serving(): { pid: number; epoch: number; since: number } | undefined {
    const { current } = this;
    return current && { pid: current.process.pid ?? 0, epoch: current.epoch, since: current.since };
  }

  async start(): Promise<void> {
    try {
      this.current = await this.launch(this.entry);
    } catch (error) {
      process.stderr.write(`gateway: ${String(error)}\n`);
      this.restart();
    }
  }

  /** A new worker takes over, then the old one drains. If the new one does not start, the old one stays; throws 503. */
  async replace(entry?: string): Promise<void> {
    const next = await this.launch(entry ?? this.entry);
    this.entry = entry ?? this.entry;
    const old = this.current;
    this.current = next;
    if (!old) return;
    this.leaving.add(old.process);
    old.process.once('exit', () => {
      this.leaving.delete(old.process);
      send(this.current?.process, { kind: 'settle' });
    });
    send(old.process, { kind: 'drain', graceMs: REPLACE_GRACE_MS });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const all = [...this.leaving, ...(this.current ? [this.current.process] : [])];
    await Promise.all(all.map(end));
  }

  private launch(entry: string): Promise<Running> {
    const epoch = this.nextEpoch();
    const child = fork(entry, process.argv.slice(2), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const running = { process: child, epoch, since: Date.now() };
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(timer);
        child.kill('SIGKILL');
        reject(
          new AppError(ERRORS.UNAVAILABLE, `The gateway worker did not start: ${why}.`, {
            hint: 'gateway.log in the gateway folder says why.',
          }),
        );
      };
      const timer = setTimeout(() => fail('no answer in time'), START_MS);
      child.once('error', (error) => fail(error.message));
      child.once('exit', (code, signal) => {
        fail(`it ended with ${signal ?? code}`);
        this.exited(child);
      });
      child.on('message', (message: ToParent) => {
        if (message.kind !== 'ready') return;
        clearTimeout(timer);
        resolve(running);
      });
      send(child, { kind: 'listen', epoch, deadlineMs: STOP_GRACE_MS }, this.socket);
    });
  }

  private exited(child: ChildProcess): void {
    if (this.stopping || this.current?.process !== child) return;
    this.crashes = Date.now() - this.current.since > 10_000 ? 0 : this.crashes + 1;
    this.current = undefined;
    this.restarts++;
    this.restart();
  }

  /** At once after the first crash, then ever slower up to five seconds. Connections wait in the backlog meanwhile. */
  private restart(): void {
    const delay = this.crashes <= 1 ? 0 : Math.min(5_000, 50 * 2 ** this.crashes);
    setTimeout(() => {
      if (this.stopping || this.current) return;
      this.launch(this.entry).then(
        (running) => {
          if (this.current || this.stopping) send(running.process, { kind: 'drain', graceMs: STOP_GRACE_MS });
          else this.current = running;
        },
        (error: unknown) => {
          process.stderr.write(`gateway: ${String(error)}\n`);
          this.crashes++;
          this.restart();
        },
      );
    }, delay);
  }
}

function send(child: ChildProcess | undefined, message: FromParent, socket?: BoundSocket): void {
  if (child?.connected) child.send(message, socket?.handle, {}, () => {});
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  send(child, { kind: 'drain', graceMs: STOP_GRACE_MS });
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS + 8_000);
  await gone;
  clearTimeout(kill);
}
