import { readFileSync, rmSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { openBlobs } from '../artifacts/index.ts';
import { openOnlineStore } from '../domains/features/gateway/index.ts';
import { createDataPlane, type DataPlane } from '../domains/serving/gateway/http.ts';
import { createControl } from '../domains/serving/gateway/control.ts';
import { Keys } from '../domains/serving/gateway/keys.ts';
import { PredictionLog } from '../domains/serving/gateway/log.ts';
import { Metrics } from '../domains/serving/gateway/metrics.ts';
import { gatewayPlace, workerSocket } from '../domains/serving/gateway/place.ts';
import { recentLines } from '../domains/serving/gateway/recovery.ts';
import { Routes, type ServingParts } from '../domains/serving/gateway/routes.ts';
import { VERSION } from '../lib/version.ts';
import { type GatewayConfig, readGatewayConfig } from './config.ts';
import type { FromParent, ToParent } from './messages.ts';

/** Bytes of recent log that idempotency keys are read back from. */
const RECENT = 64 << 20;

const tell = (message: ToParent) => process.send?.(message);

process.once('message', (message: FromParent, handle: unknown) => {
  if (message.kind !== 'listen') return;
  start(readGatewayConfig(), message, handle).catch((error: unknown) => {
    process.stderr.write(`gateway worker ${message.epoch} cannot start: ${String(error)}\n`);
    process.exit(1);
  });
});

async function start(
  config: GatewayConfig,
  { epoch, deadlineMs }: Extract<FromParent, { kind: 'listen' }>,
  handle: unknown,
): Promise<void> {
  const place = gatewayPlace(config.folder);
  const log = await PredictionLog.open({ folder: place.log, epoch });
  const keys = new Keys();
  const recoverKeys = () => keys.recover(recentLines(place.log, RECENT, { below: epoch }));
  await recoverKeys();
  const store = await openOnlineStore(place.features);
  const blobs = await openBlobs({ folder: config.artifacts, url: config.artifacts });
  const parts: ServingParts = {
    log,
    keys,
    store,
    metrics: new Metrics(),
    readBlob: (digest) => blobs.read(digest),
    onnx: { threadEntry: fileURLToPath(new URL(threadFile(), import.meta.url)) },
  };
  const routes = new Routes(parts);
  const unserved = await restore(routes, place.routes);

  const started = Date.now();
  const control = createControl(parts, routes, () => ({
    pid: process.pid,
    epoch,
    version: VERSION,
    started_at: started,
    unserved,
  }));
  const socket = workerSocket(place, epoch);
  rmSync(socket, { force: true });
  await new Promise<void>((resolve) => control.listen(socket, resolve));

  let ready = false;
  const plane = createDataPlane(parts, routes, { loopback: config.loopback, ready: () => ready });
  plane.server.listen(handle as net.Server, () => {
    ready = true;
    tell({ kind: 'ready' });
  });

  const finish = async () => {
    await routes.close();
    await log.close();
    await store.close();
    rmSync(socket, { force: true });
    process.exit(0);
  };
  let leaving = false;
  const leave = (graceMs: number) => {
    if (leaving) return;
    leaving = true;
    control.close();
    drain(plane, graceMs, () => void finish());
  };
  process.on('message', (message: FromParent) => {
    if (message.kind === 'drain') leave(message.graceMs);
    if (message.kind === 'settle') void log.recover().then(recoverKeys);
  });
  process.on('disconnect', () => leave(deadlineMs));
  process.on('SIGTERM', () => leave(deadlineMs));
  process.on('SIGINT', () => {});
}

/** Beside this bundle, or beside the chunks' folder. */
const threadFile = () => (import.meta.url.includes('/chunks/') ? '../onnx-thread.js' : './onnx-thread.js');

/**
 * Stops accepting, lets every connection end with its next answer, and calls back when all are gone. After `graceMs` idle ones are
 * closed, a second later all. `http.Server.close` is not used: it would cut idle keep-alive connections under their next request.
 */
function drain({ server, drain: closeConnections }: DataPlane, graceMs: number, done: () => void): void {
  closeConnections();
  const close = net.Server.prototype.close as (this: HttpServer, callback: () => void) => HttpServer;
  close.call(server, done);
  setTimeout(() => {
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  }, graceMs).unref();
}

/** Applies the table of the last run. When it cannot be served whole, every endpoint that can be is; returns the others. */
async function restore(routes: Routes, path: string): Promise<string[]> {
  let table: { endpoints: { name: string }[] };
  try {
    table = JSON.parse(readFileSync(path, 'utf8')) as typeof table;
  } catch {
    return [];
  }
  try {
    await routes.apply(table);
    return [];
  } catch (error) {
    process.stderr.write(`gateway: the stored routes cannot all be served: ${String(error)}\n`);
  }
  const endpoints: { name: string }[] = [];
  const unserved: string[] = [];
  for (const endpoint of table.endpoints) {
    try {
      await routes.apply({ ...table, endpoints: [...endpoints, endpoint] });
      endpoints.push(endpoint);
    } catch {
      unserved.push(endpoint.name);
    }
  }
  return unserved;
}
