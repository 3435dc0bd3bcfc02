import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { gatewayPlace, type GatewayPlace, readLock } from '../domains/serving/gateway/place.ts';
import { conflict } from '../lib/errors.ts';
import { isAlive, self } from '../lib/process-id.ts';
import { bindSocket } from './bound-socket.ts';
import { readGatewayConfig } from './config.ts';
import { createParentControl } from './parent-control.ts';
import { Workers } from './workers.ts';

/**
 * The small process that owns a gateway: it holds the bound socket, the control socket and the last routes, and keeps one worker
 * running. It survives its server; SIGTERM ends it and the worker.
 */
async function main(): Promise<void> {
  const config = readGatewayConfig();
  const place = gatewayPlace(config.folder);
  const before = readLock(place);
  if (before && isAlive(before))
    throw conflict(`Another gateway (process ${before.pid}) uses ${config.folder}.`);
  const socket = await bindSocket(config.host, config.port);
  writeDurably(place.lock, JSON.stringify({ ...self(), host: config.host, port: socket.port }));
  const workers = new Workers(socket, () => nextEpoch(place));
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= workers.stop().then(() => {
      control.close();
      socket.close();
      rmSync(place.socket, { force: true });
      rmSync(place.lock, { force: true });
      // The answer to `stop` leaves before the process does.
      setTimeout(() => process.exit(0), 50);
    });
    return stopping;
  };
  const control = createParentControl({
    place,
    host: config.host,
    port: socket.port,
    workers,
    stop,
    save: writeDurably,
  });
  rmSync(place.socket, { force: true });
  await new Promise<void>((resolve) => control.listen(place.socket, resolve));
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  process.on('SIGHUP', () => {});
  await workers.start();
}

/** Numbers every worker that ever ran in this folder, so that no prediction id returns. */
function nextEpoch(place: GatewayPlace): number {
  let last = 0;
  try {
    last = Number(readFileSync(place.epoch, 'utf8')) || 0;
  } catch {
    // The first worker of this folder.
  }
  writeDurably(place.epoch, String(last + 1));
  return last + 1;
}

/** Whole and on disk, or not at all. */
function writeDurably(path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

main().catch((error: unknown) => {
  process.stderr.write(`gateway: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
