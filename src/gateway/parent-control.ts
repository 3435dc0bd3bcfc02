import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { JSON_TYPE, send, sendError } from '../domains/serving/gateway/replies.ts';
import { type GatewayPlace, workerSocket } from '../domains/serving/gateway/place.ts';
import { AppError, ERRORS, invalid, toAppError } from '../lib/errors.ts';
import { self } from '../lib/process-id.ts';
import { VERSION } from '../lib/version.ts';
import type { Workers } from './workers.ts';

export interface ParentParts {
  place: GatewayPlace;
  host: string;
  port: number;
  workers: Workers;
  stop(): Promise<void>;
  /** Writes a file so that it is whole and on disk, or throws. */
  save(path: string, text: string): void;
}

const WAIT_FOR_WORKER_MS = 15_000;

/**
 * The control API: HTTP over the Unix socket.
 * - `GET /status`, `PUT /routes` (applied, then stored, then answered), `POST /replace {entry?}`, `POST /stop`
 * - forwarded to the worker: `POST /push`, `POST /seal`, `GET /segments`, `GET /segments/{name}`, `POST /ack {names}`,
 *   `GET /features/{project}/{view}/{version}`
 * Calls that change something run one after another.
 */
export function createParentControl(parts: ParentParts): Server {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work, work);
    turn = done.catch(() => {});
    return done;
  };

  return createServer({ requestTimeout: 0 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      sendError(response, 'native', toAppError(error));
      request.resume();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = `${request.method} ${request.url}`;
    if (name === 'GET /status') return json(response, await status());
    if (name === 'PUT /routes') return inTurn(() => putRoutes(request, response));
    if (name === 'POST /replace') {
      const { entry } = parse(await bodyOf(request)) as { entry?: string };
      await inTurn(() => parts.workers.replace(entry));
      return json(response, await status());
    }
    if (name === 'POST /stop') {
      await parts.stop();
      return json(response, { stopped: true });
    }
    if (request.method === 'GET') return forward(request, response);
    return inTurn(() => forward(request, response));
  }

  async function status(): Promise<object> {
    const { serving, restarts } = parts.workers;
    const worker = serving ? await callWorker('GET', '/status').catch(() => undefined) : undefined;
    return {
      ...self(),
      version: VERSION,
      host: parts.host,
      port: parts.port,
      restarts,
      serving: serving ?? null,
      worker: worker?.status === 200 ? (JSON.parse(worker.body.toString('utf8')) as unknown) : null,
    };
  }

  /** A table that the worker refuses is not stored; a table that was answered with 200 is served and survives everything. */
  async function putRoutes(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const applied = await callWorker('PUT', '/routes', body);
    if (applied.status === 200) parts.save(parts.place.routes, body.toString('utf8'));
    send(response, applied.status, JSON_TYPE, applied.body);
  }

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const socketPath = await currentSocket();
    return new Promise((resolve, reject) => {
      const { method, url, headers } = request;
      const onward = httpRequest({ socketPath, method, path: url, headers }, (answered) => {
        response.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(response).on('close', resolve);
      });
      onward.on('error', (cause) => reject(noWorker(cause)));
      request.pipe(onward);
    });
  }

  async function callWorker(
    method: string,
    path: string,
    body?: Buffer,
  ): Promise<{ status: number; body: Buffer }> {
    const socketPath = await currentSocket();
    return new Promise((resolve, reject) => {
      const call = httpRequest({ socketPath, method, path }, (answered) => {
        bodyOf(answered).then(
          (bytes) => resolve({ status: answered.statusCode ?? 502, body: bytes }),
          reject,
        );
      });
      call.on('error', (cause) => reject(noWorker(cause)));
      call.end(body);
    });
  }

  /** Waits for a worker that is being restarted. */
  async function currentSocket(): Promise<string> {
    const until = Date.now() + WAIT_FOR_WORKER_MS;
    for (;;) {
      const { serving } = parts.workers;
      if (serving) return workerSocket(parts.place, serving.epoch);
      if (Date.now() > until) throw noWorker(undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const noWorker = (cause: unknown) =>
  new AppError(ERRORS.UNAVAILABLE, 'The gateway has no worker at the moment; nothing was changed.', {
    hint: 'Try again; gateway.log says why it is down.',
    cause,
  });

const json = (response: ServerResponse, value: unknown) =>
  send(response, 200, JSON_TYPE, JSON.stringify(value));

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parse(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as unknown);
  } catch {
    throw invalid('The body is not JSON.');
  }
}
