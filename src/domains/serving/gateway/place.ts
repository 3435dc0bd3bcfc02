import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ProcessId } from '../../../lib/process-id.ts';

/** Names in the folder of one gateway. */
export interface GatewayPlace {
  folder: string;
  /** Unix socket of the control API, in a folder that only this user may enter. */
  socket: string;
  lock: string;
  /** The route table that was applied last. */
  routes: string;
  /** The number of the last worker that was started. */
  epoch: string;
  log: string;
  features: string;
  /** Standard output and error of the gateway's processes. */
  output: string;
}

/** Content of the lock file: who holds the bound socket. */
export interface GatewayLock extends ProcessId {
  host: string;
  port: number;
}

const MAX_SOCKET_PATH = 100;

export function gatewayPlace(folder: string): GatewayPlace {
  const absolute = resolve(folder);
  mkdirSync(absolute, { recursive: true, mode: 0o700 });
  chmodSync(absolute, 0o700);
  return {
    folder: absolute,
    socket: join(socketFolder(absolute), 'control.sock'),
    lock: join(absolute, 'gateway.lock'),
    routes: join(absolute, 'routes.json'),
    epoch: join(absolute, 'epoch'),
    log: join(absolute, 'log'),
    features: join(absolute, 'features'),
    output: join(absolute, 'gateway.log'),
  };
}

/** Unix socket of one worker. */
export const workerSocket = (place: GatewayPlace, epoch: number): string =>
  join(socketFolder(place.folder), `worker-${epoch}.sock`);

export function readLock(place: GatewayPlace): GatewayLock | undefined {
  try {
    return JSON.parse(readFileSync(place.lock, 'utf8')) as GatewayLock;
  } catch {
    return undefined;
  }
}

/** The system bounds the length of a socket's path: a deep folder keeps its sockets in one of its own elsewhere. */
function socketFolder(folder: string): string {
  if (join(folder, 'worker-0000000000.sock').length <= MAX_SOCKET_PATH) return folder;
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const short = join(tmpdir(), `rondo-${process.getuid?.() ?? 0}-${name}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  chmodSync(short, 0o700);
  return short;
}
