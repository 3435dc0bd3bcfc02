import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Actor } from '../domains/identity/schema.ts';
import type { IdentityService } from '../domains/identity/service.ts';
import { AppError, ERRORS } from '../lib/errors.ts';

const actors = new WeakMap<FastifyRequest, Actor>();

export const actorOf = (request: FastifyRequest): Actor => actors.get(request) as Actor;

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Checks every request once, before routing decides anything: Host, Origin, cross-site writes, then who asks. */
export function guard(
  app: FastifyInstance,
  identity: IdentityService,
  options: { host: string; loopback: boolean },
): void {
  app.addHook('onRequest', async (request) => {
    const host = request.headers.host ?? '';
    const name = host.replace(/:\d+$/, '').toLowerCase();
    if (options.loopback && !LOOPBACK_NAMES.includes(name)) {
      throw new AppError(ERRORS.FORBIDDEN, `The Host header '${host.slice(0, 100)}' is not this server.`, {
        hint: 'A server on loopback answers to localhost and 127.0.0.1 only, so that no web page can reach it under another name.',
      });
    }
    checkOrigin(request, host);
    actors.set(request, await identity.authenticate(request.headers.authorization ?? undefined));
  });
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
