import { type ChildProcess, execFile, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isAlive, type ProcessId } from '../../src/lib/process-id.ts';
import { Rondo } from '../../src/sdk/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TOKEN = 'a-token-for-tests-only';

export interface ServerProcess {
  url: string;
  data: string;
  token: string;
  pid: number;
  rondo: Rondo;
  /** Address of its gateway, once that answers. */
  gateway(): Promise<string>;
  /** Settles when the server has ended, with its exit code and the end of what it said. */
  ended: Promise<{ code: number | null; said: string }>;
  /** `kill -9` of the server; its gateway lives on. */
  kill(): Promise<void>;
  /** The goodbye that also ends the gateway. */
  stop(): Promise<void>;
}

/** `rondo server` as a program of its own, on free ports. `npm run build` has made it. */
export async function serverProcess(
  data: string,
  places: {
    databaseUrl?: string | undefined;
    artifactsUrl?: string;
    env?: NodeJS.ProcessEnv;
    /** A free one unless it is named. */
    port?: string;
    token?: string;
  } = {},
): Promise<ServerProcess> {
  const token = places.token ?? TOKEN;
  const flags = [
    '--data',
    data,
    '--token',
    token,
    'server',
    '--port',
    places.port ?? '0',
    '--gateway-port',
    '0',
  ];
  if (places.databaseUrl) flags.push('--database-url', places.databaseUrl);
  if (places.artifactsUrl) flags.push('--artifacts-url', places.artifactsUrl);
  const child = fork(join(root, 'dist/cli.js'), flags, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...places.env },
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (facts) => resolve((facts as { url: string }).url));
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${said}`)));
  });
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, said })),
  );
  return {
    ended,
    url,
    data,
    token,
    pid: child.pid as number,
    rondo: new Rondo({ url, token }),
    async gateway() {
      for (;;) {
        const found = readLock(data);
        const address = found && `http://127.0.0.1:${found.port}`;
        const ready = address && (await fetch(`${address}/v2/health/ready`).catch(() => undefined));
        if (address && ready && ready.ok) return address;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
  };
}

function readLock(data: string): (ProcessId & { port: number }) | undefined {
  try {
    return JSON.parse(readFileSync(join(data, 'gateway', 'gateway.lock'), 'utf8')) as ProcessId & {
      port: number;
    };
  } catch {
    return undefined;
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

/** Ends the gateway that a killed server left: the parent alone, whose worker then drains and ends. */
export async function endGateway(data: string): Promise<void> {
  const parent = readLock(data);
  if (!parent || !isAlive(parent)) return;
  process.kill(parent.pid, 'SIGTERM');
  while (isAlive(parent)) await new Promise((resolve) => setTimeout(resolve, 25));
}

/** `rondo …` on the command line; rejects with its output when it fails. */
export async function rondoCommand(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [join(root, 'bin/rondo.js'), ...words], {
    env: { ...process.env, RONDO_DATABASE_URL: '', RONDO_ARTIFACTS_URL: '' },
    maxBuffer: 16_000_000,
  });
}

/** Resident memory of a process. */
export function residentBytes(pid: number): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(found) * 1000;
}
