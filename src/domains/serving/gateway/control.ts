import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { invalid, notFound, toAppError } from '../../../lib/errors.ts';
import { sendError, send, JSON_TYPE } from './replies.ts';
import type { Routes, ServingParts } from './routes.ts';

type Handler = (body: Buffer) => Promise<unknown>;

/** The control API of one worker; the parent forwards to it. It listens on a Unix socket only. */
export function createControl(parts: ServingParts, routes: Routes, status: () => object): Server {
  const handlers: Record<string, Handler> = {
    'GET /status': async () => ({
      ...status(),
      revision: routes.revision,
      endpoints: routes.list().map(({ route, deployments }) => ({
        name: route.name,
        deployments: deployments.map((live) => ({
          id: live.route.id,
          arm: live.arm,
          weight: live.weight,
          version: live.route.model.version,
          place: live.model.place,
          max_batch: live.model.maxBatch,
          batch_us: live.model.cost,
          waiting: live.waiting,
        })),
      })),
      features: parts.store.status(),
      log: parts.log.counts,
    }),
    'PUT /routes': async (body) => {
      await routes.apply(json(body));
      return { revision: routes.revision };
    },
    'POST /push': (body) => parts.store.push(json(body)),
    'POST /seal': async () => {
      await parts.log.seal();
      return { segments: await parts.log.segments() };
    },
    'GET /segments': async () => ({ segments: await parts.log.segments() }),
    'POST /ack': async (body) => {
      const { names } = json(body) as { names?: unknown };
      if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
        throw invalid('ack needs "names", a list of segment names.');
      return { acknowledged: await parts.log.acknowledge(names) };
    },
    'POST /recover': async () => {
      await parts.log.recover();
      return {};
    },
  };
  return createServer({ requestTimeout: 0 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      sendError(response, 'native', toAppError(error));
      request.resume();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const segment = /^\/segments\/([\w.-]+)$/.exec(url)?.[1];
    if (request.method === 'GET' && segment !== undefined) {
      const path = await parts.log.locate(segment);
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      createReadStream(path)
        .on('error', () => response.destroy())
        .pipe(response);
      return;
    }
    const view = /^\/features\/([^/]+)\/([^/]+)\/(\d+)$/.exec(url);
    if (request.method === 'GET' && view) {
      const [project = '', name = ''] = view.slice(1, 3).map(decodeURIComponent);
      const partitions = parts.store.partitions(project, name, Number(view[3]));
      return send(response, 200, JSON_TYPE, JSON.stringify({ partitions }));
    }
    const handler = handlers[`${request.method} ${url}`];
    if (!handler) throw notFound('This control address');
    send(response, 200, JSON_TYPE, JSON.stringify(await handler(await bodyOf(request))));
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw invalid('The body is not JSON.');
  }
}
