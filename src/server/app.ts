import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Gate } from '../domains/identity/gate.ts';
import type { Actor } from '../domains/identity/schema.ts';
import { MLFLOW_VERSION } from '../domains/tracking/schema.ts';
import type { Bound, Contract, Endpoint } from '../lib/contract/index.ts';
import { mlflowFault, mlflowStatus } from '../lib/contract/mlflow.ts';
import { mount } from '../lib/contract/mount.ts';
import { openapi } from '../lib/contract/openapi.ts';
import { AppError, ERRORS, toAppError } from '../lib/errors.ts';
import { actorOf, guard, opensPage, type RouteConfig } from './guard.ts';

export interface AppOptions {
  gate: Gate;
  bound: Bound<Actor>[];
  loopback: boolean;
  version: string;
  /** Built UI; pages are left out when the folder is missing. */
  web: string;
  metrics: () => Promise<string>;
  /** Why this server ends, once it does: from then on it takes no changes. */
  ending?: () => AppError | undefined;
  report: (line: Record<string, unknown>) => void;
  checkAnswers?: boolean;
}

/** Holds the longest field of MLflow, a profile of a dataset of 16,777,215 characters, and what comes with it. */
const BODY_LIMIT = 18_000_000;
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    genReqId: () => randomUUID(),
    requestTimeout: 0,
    routerOptions: { maxParamLength: 2000 },
  });
  // Any web page may send text without asking first; a body is JSON and says so.
  app.removeContentTypeParser('text/plain');
  const parseJson = app.getDefaultJsonParser('error', 'error');
  // Clients name the type of a body they do not send; no body is not a broken one.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parseJson(request, body as string, done);
  });
  guard(app, options.gate, options);
  app.addHook('onSend', async (_request, reply) => void reply.headers(SECURITY_HEADERS));
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, options.report));
  app.setNotFoundHandler((request, reply) => notFoundAnswer(request, reply));
  plainRoutes(app, options);
  const mounting = { actorOf, ...(options.checkAnswers ? { checkAnswers: true } : {}) };
  mount(
    app,
    options.bound.filter((item) => item.endpoint.kind !== 'upload'),
    mounting,
  );
  await app.register(async (uploads) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser('*', { bodyLimit: Number.MAX_SAFE_INTEGER }, (_request, payload, done) =>
      done(null, payload),
    );
    mount(
      uploads,
      options.bound.filter((item) => item.endpoint.kind === 'upload'),
      mounting,
    );
  });
  if (existsSync(options.web)) {
    // From here on only files of the UI become routes, and they are the same for everybody.
    app.addHook('onRoute', (route) => void (route.config = { ...route.config, ...OPEN }));
    await app.register(fastifyStatic, {
      root: options.web,
      wildcard: false,
      index: false,
      cacheControl: false,
    });
  }
  return app;
}

const OPEN: RouteConfig = { needs: 'public' };
const READ: RouteConfig = { needs: 'view' };

function plainRoutes(app: FastifyInstance, options: AppOptions): void {
  let document: string | undefined;
  const contract: Contract = Object.fromEntries(options.bound.map((item) => [item.name, item.endpoint]));
  app.get('/health', { config: OPEN }, async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').send('OK'),
  );
  app.get(
    '/version',
    { config: OPEN },
    async (_request, reply) => reply.type('text/html; charset=utf-8').send(MLFLOW_VERSION), // the type that MLflow gives it
  );
  app.get('/metrics', { config: READ }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await options.metrics()),
  );
  app.get('/api/v1/openapi.json', { config: READ }, async (_request, reply) => {
    document ??= JSON.stringify(openapi([contract], { title: 'Rondo', version: options.version }));
    return reply.type('application/json').send(document);
  });
}

function sendError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  report: AppOptions['report'],
) {
  const error = fromFastify(thrown) ?? toAppError(thrown);
  // What this server does not do is no fault of it.
  if (error.status >= 500 && error.status !== 501)
    report({
      level: 'error',
      request: request.id,
      url: request.url.split('?')[0],
      error: String(thrown),
      stack: (thrown as Error).stack,
    });
  if (error.status === 429 || error.status === 503) reply.header('retry-after', String(waitOf(error)));
  if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="rondo"');
  const endpoint = (request.routeOptions.config as { endpoint?: Endpoint }).endpoint;
  const mlflow = endpoint?.dialect === 'mlflow';
  reply.code(mlflow ? mlflowStatus(error) : error.status).type('application/json; charset=utf-8');
  return reply.send(JSON.stringify(mlflow ? mlflowFault(error) : error.toFault(request.id)));
}

const waitOf = (error: AppError): number =>
  (error.details as { retry_after_s?: number } | undefined)?.retry_after_s ?? 1;

/** Fastify's own refusals (malformed JSON, too large, wrong content type) in our words. */
function fromFastify(thrown: unknown): AppError | undefined {
  const { code, statusCode, message } = thrown as { code?: string; statusCode?: number; message?: string };
  if (thrown instanceof AppError) return undefined;
  if (thrown instanceof SyntaxError || code === 'FST_ERR_CTP_INVALID_JSON_BODY') {
    return new AppError(ERRORS.INVALID, `The body is not valid JSON: ${String(message).slice(0, 200)}.`);
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new AppError(ERRORS.TOO_LARGE, `The body is larger than ${BODY_LIMIT} bytes.`);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new AppError(ERRORS.UNSUPPORTED_MEDIA, 'This content type is not read here.');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new AppError(ERRORS.INVALID, String(message));
  return undefined;
}

/** MLflow's clients take an empty 404 as "this server does not have that route" and fall back. */
function notFoundAnswer(request: FastifyRequest, reply: FastifyReply) {
  const path = request.url.split('?')[0] ?? '';
  if (/^\/(ajax-)?api\/\d\.\d\//.test(path)) return reply.code(404).send('');
  if (opensPage(request) && 'sendFile' in reply) return reply.sendFile('index.html', { cacheControl: false });
  const error = new AppError(ERRORS.NOT_FOUND, `There is no ${request.method} ${path}.`, {
    hint: 'The API is described at /api/v1/openapi.json.',
  });
  return reply
    .code(404)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(error.toFault(request.id)));
}
