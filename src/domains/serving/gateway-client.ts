import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { dirname, join } from 'node:path';
import { AppError, defineErrors, ERRORS, type Fault } from '../../lib/errors.ts';
import { isAlive } from '../../lib/process-id.ts';
import { VERSION } from '../../lib/version.ts';
import { type FeaturePush, packNumbers } from '../features/gateway/push.ts';
import type { Segment } from './gateway/log.ts';
import { gatewayPlace, type GatewayPlace, readLock } from './gateway/place.ts';
import type { RouteTable } from './schema/route.ts';

export interface GatewayOptions {
  /** The bundled `gateway-parent.js`; its worker lies beside it. */
  entry: string;
  host: string;
  /** 0: any free port. */
  port: number;
  /** Folder or `s3:` address of the artifact store. */
  artifacts: string;
}

export interface GatewayStatus {
  pid: number;
  born: string;
  version: string;
  host: string;
  port: number;
  restarts: number;
  serving: { pid: number; epoch: number; since: number } | null;
  worker: {
    pid: number;
    epoch: number;
    version: string;
    revision: number;
    unserved: string[];
    endpoints: {
      name: string;
      deployments: {
        id: number;
        arm: string;
        weight: number;
        version: string;
        place: string;
        waiting: number;
      }[];
    }[];
    features: {
      project: string;
      view: string;
      version: number;
      rows: number;
      keys: number;
      bytes: number;
      newest_event_time: number | null;
    }[];
    log: { writes: number; bytes: number; failures: number; lost: number; sealed: number };
  } | null;
}

/** The gateway of one machine, as the server sees it. Every call throws the gateway's own AppError, or 503 when it cannot be reached. */
export interface GatewayControl {
  adopted: boolean;
  url(): string;
  status(): Promise<GatewayStatus>;
  /** Settles when the table is live and stored; throws and keeps the old one when it cannot be served. */
  putRoutes(table: RouteTable): Promise<void>;
  /** Settles when the rows are on the gateway's disk. */
  push(batch: FeaturePush): Promise<{ rows: number; duplicate: boolean }>;
  /** Digests of the partitions of a view that are whole there. */
  held(view: { project: string; view: string; version: number }): Promise<string[]>;
  /** Closes what is open, so that it can be imported. */
  seal(): Promise<void>;
  sealed(): Promise<(Segment & { path: string })[]>;
  /** Imported and durable here: the gateway may forget it. */
  acknowledge(digest: string): Promise<void>;
  /** A new worker takes over and the old one drains. */
  replace(entry?: string): Promise<void>;
  /** Ends parent and worker. */
  stop(): Promise<void>;
}

const GATEWAY_ERRORS = defineErrors({
  GATEWAY_DOWN: { status: 503, hint: 'gateway.log in the gateway folder says why.' },
});

const START_MS = 30_000;

/**
 * Takes over the gateway that runs in `folder`, or starts one. One that binds another address gives way; one of another version
 * gets a worker of this version, which takes over without a lost request.
 */
export async function adoptOrSpawn(folder: string, options: GatewayOptions): Promise<GatewayControl> {
  const place = gatewayPlace(folder);
  const running = await findRunning(place);
  if (running) {
    const fits = running.host === options.host && (options.port === 0 || running.port === options.port);
    if (fits) {
      const control = connect(place, running, true);
      const worker = join(dirname(options.entry), 'gateway-worker.js');
      if (running.worker && running.worker.version !== VERSION) await control.replace(worker);
      return control;
    }
    await call(place, 'POST', '/stop');
    await until(() => !isAlive(running), 'the gateway of before does not end');
  }
  return connect(place, await start(place, options), false);
}

async function findRunning(place: GatewayPlace): Promise<GatewayStatus | undefined> {
  const lock = readLock(place);
  if (!lock || !isAlive(lock)) return undefined;
  for (let attempt = 0; ; attempt++) {
    try {
      return await call<GatewayStatus>(place, 'GET', '/status');
    } catch (error) {
      if (attempt >= 100 || !isAlive(lock)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function start(place: GatewayPlace, options: GatewayOptions): Promise<GatewayStatus> {
  const output = openSync(place.output, 'a', 0o600);
  const flags = [
    '--folder',
    place.folder,
    '--host',
    options.host,
    '--port',
    String(options.port),
    '--artifacts',
    options.artifacts,
  ];
  const child = spawn(process.execPath, [options.entry, ...flags], {
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  child.unref();
  let status: GatewayStatus | undefined;
  await until(async () => {
    if (ended)
      throw new AppError(GATEWAY_ERRORS.GATEWAY_DOWN, `The gateway did not start: ${lastLine(place.output)}`);
    status = await call<GatewayStatus>(place, 'GET', '/status').catch(() => undefined);
    return status?.pid === child.pid && status?.worker !== null && status?.worker !== undefined;
  }, 'the gateway does not answer');
  return status as GatewayStatus;
}

function lastLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  } catch {
    return '';
  }
}

async function until(test: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (!(await test())) {
    if (Date.now() > deadline) throw new AppError(GATEWAY_ERRORS.GATEWAY_DOWN, `Waited too long: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function connect(place: GatewayPlace, status: GatewayStatus, adopted: boolean): GatewayControl {
  const host = status.host.includes(':') ? `[${status.host}]` : status.host;
  const list = async () => (await call<{ segments: Segment[] }>(place, 'GET', '/segments')).segments;
  return {
    adopted,
    url: () => `http://${host}:${status.port}`,
    status: () => call(place, 'GET', '/status'),
    putRoutes: async (table) => void (await call(place, 'PUT', '/routes', table)),
    push: (batch) =>
      call(place, 'POST', '/push', {
        ...batch,
        values: typeof batch.values === 'string' ? batch.values : packNumbers(batch.values),
      }),
    async held({ project, view, version }) {
      const address = [project, view, version].map(encodeURIComponent).join('/');
      return (await call<{ partitions: string[] }>(place, 'GET', `/features/${address}`)).partitions;
    },
    seal: async () => void (await call(place, 'POST', '/seal')),
    sealed: async () =>
      (await list()).map((segment) => ({ ...segment, path: join(place.log, segment.name) })),
    async acknowledge(digest) {
      const names = (await list()).filter((segment) => segment.digest === digest).map(({ name }) => name);
      await call(place, 'POST', '/ack', { names });
    },
    replace: async (entry) =>
      void (await call(place, 'POST', '/replace', entry === undefined ? {} : { entry })),
    async stop() {
      await call(place, 'POST', '/stop');
      await until(() => !isAlive(status), 'the gateway does not end');
    },
  };
}

function call<T>(place: GatewayPlace, method: string, path: string, body?: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const unreachable = (cause: unknown) =>
      reject(new AppError(GATEWAY_ERRORS.GATEWAY_DOWN, 'The gateway cannot be reached.', { cause }));
    const request = httpRequest({ socketPath: place.socket, method, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', unreachable);
      response.on('end', () => {
        try {
          const value = JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
          if (response.statusCode === 200) resolve(value as T);
          else reject(toError(response.statusCode ?? 502, value as Fault));
        } catch (cause) {
          unreachable(cause);
        }
      });
    });
    request.on('error', unreachable);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function toError(status: number, fault: Fault): AppError {
  const { code, message, hint, details } = fault;
  return new AppError({ code: code ?? ERRORS.INTERNAL.code, status }, message ?? 'The gateway refused.', {
    hint,
    details,
  });
}
