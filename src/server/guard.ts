import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Gate } from '../domains/identity/gate.ts';
import type { Actor } from '../domains/identity/schema.ts';
import { type Endpoint, type Need, needOf, placeOf } from '../lib/contract/index.ts';
import { AppError, ERRORS } from '../lib/errors.ts';

const actors = new WeakMap<FastifyRequest, Actor>();

/** Who asks. Throws for a request that did not come through the gate. */
export function actorOf(request: FastifyRequest): Actor {
  const actor = actors.get(request);
  if (actor) return actor;
  throw new AppError(ERRORS.UNAUTHENTICATED, 'The request did not come through the gate.');
}

/** What a route says about itself in its `config`; a route that says nothing is shut. */
export interface RouteConfig {
  endpoint?: Endpoint;
  /** Routes without a contract: the right they ask for, anywhere. */
  needs?: Need;
}

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The one gate. Each request passes it before its body is read and before a handler runs: Host, Origin, cross-site writes, who
 * asks, and whether they may. A caller without rights learns nothing of which addresses exist.
 */
export function guard(
  app: FastifyInstance,
  gate: Gate,
  options: { loopback: boolean; ending?: () => AppError | undefined },
): void {
  app.addHook('onRequest', async (request, reply) => {
    try {
      refuseWhenEnding(request, options.ending?.());
      await check(request, gate, options.loopback);
    } catch (error) {
      refuseBody(request, reply);
      throw error;
    }
  });
}

/** A server that ends takes no change any more, and says so to whoever spreads requests over servers. */
function refuseWhenEnding({ method, url }: FastifyRequest, why: AppError | undefined): void {
  if (why && (WRITES.has(method) || url.split('?')[0] === '/health')) throw why;
}

async function check(request: FastifyRequest, gate: Gate, loopback: boolean): Promise<void> {
  const host = request.headers.host ?? '';
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (loopback && !LOOPBACK_NAMES.includes(name)) {
    throw new AppError(ERRORS.FORBIDDEN, `The Host header '${host.slice(0, 100)}' is not this server.`, {
      hint: 'A server on loopback answers to localhost and 127.0.0.1 only, so that no web page can reach it under another name.',
    });
  }
  checkOrigin(request, host);
  const actor = await gate.authenticate(request.headers.authorization ?? undefined);
  actors.set(request, actor);
  const { endpoint, needs } = request.routeOptions.config as RouteConfig;
  if (endpoint) {
    const place = placeOf(endpoint, request.params as Record<string, string>, request.headers);
    gate.authorize(actor, needOf(endpoint, request.headers), place);
  } else if (needs !== undefined) gate.authorize(actor, needs, 'some');
  else if (!opensPage(request)) gate.authorize(actor, actor.kind === 'anonymous' ? 'view' : 'self', 'some');
}

/** Pages of the UI hold nothing and must open before anybody has signed in. */
export function opensPage(request: FastifyRequest): boolean {
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    !/^\/(ajax-)?api(\/|$)/.test(request.url.split('?')[0] ?? '') &&
    String(request.headers.accept ?? '').includes('text/html')
  );
}

/** What was refused is not read: the connection ends with the answer, unless nothing is left on it to read. */
function refuseBody(request: FastifyRequest, reply: FastifyReply): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding !== undefined || (length !== undefined && length !== '0'))
    void reply.header('connection', 'close');
}

function checkOrigin(request: FastifyRequest, host: string): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const foreign =
    (origin !== undefined && !sameHost(origin, host)) || site === 'cross-site' || site === 'same-site';
  if (!foreign) return;
  const opening = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET';
  if (opening && !request.url.startsWith('/api') && !request.url.startsWith('/ajax-api')) return;
  if (origin === undefined && !WRITES.has(request.method) && site === undefined) return;
  throw new AppError(ERRORS.FORBIDDEN, 'Requests from other web sites are refused.', {
    hint: 'Open the page of this server itself.',
  });
}

function sameHost(origin: string, host: string): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}
