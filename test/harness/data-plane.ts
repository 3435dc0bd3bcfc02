import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openLocalBlobs } from '../../src/artifacts/local/blobs.ts';
import { openOnlineStore, type OnlineStore } from '../../src/domains/features/gateway/index.ts';
import { createDataPlane } from '../../src/domains/serving/gateway/http.ts';
import { Keys } from '../../src/domains/serving/gateway/keys.ts';
import { type LogOptions, PredictionLog } from '../../src/domains/serving/gateway/log.ts';
import { Metrics } from '../../src/domains/serving/gateway/metrics.ts';
import { Routes } from '../../src/domains/serving/gateway/routes.ts';
import { LogRecord } from '../../src/domains/serving/schema/route.ts';
import { recentLines } from '../../src/domains/serving/gateway/recovery.ts';
import { temporaryFolder } from './gateway.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  bytes: Buffer;
  // oxlint-disable-next-line typescript/no-explicit-any
  json: any;
}

export interface TestPlane {
  folder: string;
  artifacts: string;
  port: number;
  routes: Routes;
  store: OnlineStore;
  log: PredictionLog;
  keys: Keys;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Everything in the log, oldest first. */
  records(): Promise<LogRecord[]>;
  close(): Promise<void>;
}

/** The whole data plane in this process, on a free port. */
export async function openPlane(
  options: {
    folder?: string;
    epoch?: number;
    log?: Partial<LogOptions>;
    loopback?: boolean;
    requestTimeoutMs?: number;
  } = {},
): Promise<TestPlane> {
  const folder = options.folder ?? temporaryFolder('plane');
  const artifacts = join(folder, 'artifacts');
  const blobs = openLocalBlobs(artifacts);
  const logFolder = join(folder, 'log');
  const log = await PredictionLog.open({ folder: logFolder, epoch: options.epoch ?? 1, ...options.log });
  const store = await openOnlineStore(join(folder, 'features'));
  const keys = new Keys();
  await keys.recover(recentLines(logFolder, 1 << 24));
  const parts = {
    log,
    store,
    keys,
    metrics: new Metrics(),
    readBlob: (digest: string) => blobs.read(digest),
  };
  const routes = new Routes(parts);
  const plane = createDataPlane(parts, routes, {
    loopback: options.loopback ?? true,
    ready: () => true,
    ...(options.requestTimeoutMs ? { requestTimeoutMs: options.requestTimeoutMs } : {}),
  });
  await new Promise<void>((resolve) => plane.server.listen(0, '127.0.0.1', resolve));
  const { port } = plane.server.address() as AddressInfo;
  return {
    folder,
    artifacts,
    port,
    routes,
    store,
    log,
    keys,
    call: (method, path, body, headers) => call(port, method, path, body, headers),
    async records() {
      await log.commit();
      return (await gathered(recentLines(logFolder, 1 << 28))).map((line) =>
        LogRecord.parse(JSON.parse(line)),
      );
    },
    async close() {
      plane.server.closeAllConnections();
      await new Promise((resolve) => plane.server.close(resolve));
      await routes.close();
      await log.close();
      await store.close();
    },
  };
}

/** A body that is no text or bytes is sent as JSON. */
export function call(
  port: number,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = body === undefined ? undefined : raw ? body : JSON.stringify(body);
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port, host: '127.0.0.1', method, path, headers: { ...type, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const all = Buffer.concat(chunks);
          const text = all.toString('utf8');
          let json: unknown;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, bytes: all, json });
        });
      },
    );
    request.on('error', reject);
    request.end(bytes);
  });
}

/** Everything that comes, as a list. */
export async function gathered<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}
