import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { AppError, ERRORS, invalid, notFound, toAppError } from '../../../lib/errors.ts';
import { VERSION } from '../../../lib/version.ts';
import { EventTime } from '../schema/route.ts';
import { mediaType, readBody } from './body.ts';
import type { LiveEndpoint } from './endpoint.ts';
import { acceptFeedback } from './feedback.ts';
import { Guard, type Rights } from './guard.ts';
import { invocationAnswer, parseInvocation } from './invocations.ts';
import type { EndpointMetrics } from './metrics.ts';
import { checkOutputs, inferAnswer, modelMetadata, parseInfer } from './oip.ts';
import { type Dialect, JSON_TYPE, send, sendError } from './replies.ts';
import type { Routes, ServingParts } from './routes.ts';

export interface DataPlane {
  server: Server;
  /** From now on every answer closes its connection, so that clients move to the next worker. */
  drain(): void;
}

export interface DataPlaneOptions {
  /** Bound to this machine only: then no token is asked for. */
  loopback: boolean;
  /** Ready for traffic: routes have been loaded once. */
  ready(): boolean;
  /** Longest time a client may take for its whole request. */
  requestTimeoutMs?: number;
}

/** An address after parsing. */
type Target =
  | { kind: 'infer' | 'invocations'; endpoint: string; version: string | undefined }
  | { kind: 'metadata' | 'model-ready'; endpoint: string; version: string | undefined }
  | { kind: 'server' | 'live' | 'ready' | 'ping' | 'version' | 'metrics' | 'feedback' };

const FIXED: Record<string, Target> = {
  '/v2': { kind: 'server' },
  '/v2/': { kind: 'server' },
  '/v2/health/live': { kind: 'live' },
  '/v2/health/ready': { kind: 'ready' },
  '/ping': { kind: 'ping' },
  '/health': { kind: 'ping' },
  '/version': { kind: 'version' },
  '/metrics': { kind: 'metrics' },
  '/api/v1/feedback': { kind: 'feedback' },
};

const POSTS = new Set(['infer', 'invocations', 'feedback']);
const OPEN = new Set(['live', 'ready', 'ping']);
const unknown = (name: string) =>
  notFound(`Endpoint ${name}`, 'rondo endpoints list shows what is deployed.');
const ERRORS_PER_SECOND = 200;

/** The HTTP face of the gateway: Open Inference v2, MLflow scoring, feedback, health and metrics. */
export function createDataPlane(parts: ServingParts, routes: Routes, options: DataPlaneOptions): DataPlane {
  const guard = new Guard(options.loopback, () => routes.admission);
  const addresses = new Map<string, Target>();
  let draining = false;
  let errorBudget = ERRORS_PER_SECOND;
  let errorSecond = 0;
  routes.onSwitch(() => {
    guard.reset();
    addresses.clear();
  });

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const started = performance.now();
    const url = request.url ?? '/';
    if (draining) response.setHeader('connection', 'close');
    let dialect: Dialect = url.startsWith('/v2') ? 'oip' : 'native';
    try {
      const target = addresses.get(url) ?? parse(url);
      if (target.kind === 'invocations') dialect = 'mlflow';
      const rights = guard.check(request, OPEN.has(target.kind));
      const wanted = POSTS.has(target.kind) ? 'POST' : 'GET';
      if (request.method !== wanted && !(wanted === 'GET' && request.method === 'HEAD')) {
        response.setHeader('allow', wanted);
        throw new AppError(METHOD, `This address takes ${wanted}.`);
      }
      if ('endpoint' in target) assertMay(rights, 'score', target.endpoint);
      if (target.kind === 'metrics' && rights('') === 'none')
        throw new AppError(ERRORS.FORBIDDEN, 'This token is for single projects; metrics tell of all.');
      if (target.kind === 'infer' || target.kind === 'invocations') score(target, request, response, started);
      else if (target.kind === 'feedback') feedback(request, response, rights);
      else answer(target, response);
    } catch (error) {
      sendError(response, dialect, toAppError(error));
      discard(request);
    }
  }

  /** Valid addresses are remembered until the routes change. */
  function parse(url: string): Target {
    const target = parseAddress(url);
    if ('endpoint' in target && routes.find(target.endpoint) && addresses.size < 10_000)
      addresses.set(url, target);
    return target;
  }

  function endpointOf(name: string): LiveEndpoint {
    const found = routes.find(name);
    if (!found) throw unknown(name);
    return found;
  }

  /** An endpoint of a project where the caller may nothing is as if it were not there. */
  function assertMay(rights: Rights, what: 'score' | 'feedback', name: string): void {
    const found = routes.find(name);
    if (!found) return;
    const right = rights(found.route.project);
    if (right === 'none') throw unknown(name);
    if (what === 'feedback' && right !== 'feedback')
      throw new AppError(
        ERRORS.FORBIDDEN,
        `This token may ask ${name} for predictions, not send their truth.`,
        {
          hint: 'Feedback takes the role editor in the project of the endpoint.',
        },
      );
  }

  function score(
    target: Extract<Target, { kind: 'infer' | 'invocations' }>,
    request: IncomingMessage,
    response: ServerResponse,
    started: number,
  ): void {
    const { headers } = request;
    const mlflow = target.kind === 'invocations';
    const known = routes.find(target.endpoint);
    const metrics = known && parts.metrics.endpoint(target.endpoint);
    const fail = (error: AppError) => {
      if (known) logError(known, target.version, error);
      count(metrics, mlflow && error.status === 422 ? 400 : error.status, started);
      sendError(response, mlflow ? 'mlflow' : 'oip', error);
      discard(request);
    };
    let media: ReturnType<typeof mediaType>;
    try {
      endpointOf(target.endpoint);
      media = mediaType(headers['content-type']);
      if (media === (mlflow ? 'binary' : 'csv'))
        throw new AppError(ERRORS.UNSUPPORTED_MEDIA, 'This address does not take this Content-Type.');
    } catch (error) {
      fail(toAppError(error));
      return;
    }
    readBody(request, (error, body) => {
      if (error) {
        fail(error);
        return;
      }
      try {
        // The endpoint is looked up once the body is whole: a swap while it came in must not hit a drained model.
        const endpoint = endpointOf(target.endpoint);
        const eventTime = eventTimeOf(headers['x-rondo-event-time']);
        const infer = mlflow
          ? undefined
          : parseInfer(endpoint, body, headerOf(headers['inference-header-content-length']));
        const parsed = infer ?? parseInvocation(endpoint, body, media === 'csv');
        if (infer) checkOutputs(endpoint, infer);
        const keys = parsed.keys ?? keysOf(headers['idempotency-key'], parsed.rows.n);
        endpoint.predict(
          { rows: parsed.rows, eventTime, keys, version: target.version, started },
          (answers) => {
            const [first] = answers;
            const extra: Record<string, string> = {};
            if (first) extra['x-rondo-prediction-id'] = first.id;
            if (infer) {
              const { body: text, headerLength } = inferAnswer(endpoint, infer, answers);
              if (headerLength !== undefined) extra['inference-header-content-length'] = String(headerLength);
              send(
                response,
                200,
                headerLength === undefined ? JSON_TYPE : 'application/octet-stream',
                text,
                extra,
              );
            } else send(response, 200, JSON_TYPE, invocationAnswer(endpoint, answers), extra);
            count(metrics, 200, started);
          },
          fail,
        );
      } catch (thrown) {
        fail(toAppError(thrown));
      }
    });
  }

  function logError(endpoint: LiveEndpoint, version: string | undefined, error: AppError): void {
    const now = Date.now();
    if (now - errorSecond >= 1_000) {
      errorSecond = now;
      errorBudget = ERRORS_PER_SECOND;
    }
    if (errorBudget-- <= 0) {
      parts.log.skip('errors_skipped');
      return;
    }
    const live =
      version === undefined
        ? undefined
        : endpoint.deployments.find(({ route }) => route.model.version === version);
    const record = {
      kind: 'error',
      endpoint: endpoint.route.name,
      deployment: live?.route.id ?? null,
      wall_time: now,
      status: error.status,
      code: error.code,
      message: error.message.slice(0, 500),
    };
    parts.log.append(`${JSON.stringify(record)}\n`);
  }

  function feedback(request: IncomingMessage, response: ServerResponse, rights: Rights): void {
    const fail = (error: unknown) => {
      sendError(response, 'native', toAppError(error));
      discard(request);
    };
    if (mediaType(request.headers['content-type']) !== 'json')
      throw new AppError(ERRORS.UNSUPPORTED_MEDIA, 'Feedback is JSON.');
    readBody(request, (error, body) => {
      if (error) {
        fail(error);
        return;
      }
      acceptFeedback(body, parts.log, (endpoint) => assertMay(rights, 'feedback', endpoint)).then(
        (accepted) => {
          parts.metrics.feedback += accepted;
          send(response, 200, JSON_TYPE, JSON.stringify({ accepted }));
        },
        fail,
      );
    });
  }

  function answer(target: Target, response: ServerResponse): void {
    switch (target.kind) {
      case 'server':
        return json(response, { name: 'rondo', version: VERSION, extensions: ['binary_tensor_data'] });
      case 'live':
        return json(response, { live: true });
      case 'ready':
        return json(response, { ready: options.ready() }, options.ready() ? 200 : 503);
      case 'ping':
        return send(response, routes.list().length > 0 ? 200 : 404, 'text/plain', '\n');
      case 'version':
        return send(response, 200, 'text/plain', VERSION);
      case 'metrics':
        return send(
          response,
          200,
          'text/plain; version=0.0.4; charset=utf-8',
          parts.metrics.render(gauges()),
        );
      case 'metadata':
      case 'model-ready': {
        const endpoint = endpointOf(target.endpoint);
        const live =
          target.version === undefined ? endpoint.deployments[0] : endpoint.versioned(target.version);
        if (target.kind === 'model-ready') return json(response, { name: target.endpoint, ready: true });
        return json(response, modelMetadata(endpoint, live as LiveEndpoint['deployments'][number]));
      }
      default:
        throw notFound('This address');
    }
  }

  function gauges(): Record<string, number> {
    const { counts } = parts.log;
    const waiting = routes.list().flatMap(({ deployments }) => deployments.map((live) => live.waiting));
    return {
      rondo_gateway_queue_rows: waiting.reduce((sum, rows) => sum + rows, 0),
      rondo_gateway_log_bytes_total: counts.bytes,
      rondo_gateway_log_writes_total: counts.writes,
      rondo_gateway_log_failures_total: counts.failures,
      rondo_gateway_log_lost_total: counts.lost,
      rondo_gateway_route_revision: routes.revision,
      rondo_gateway_resident_memory_bytes: process.memoryUsage.rss(),
    };
  }

  const server = createServer(
    {
      requestTimeout: options.requestTimeoutMs ?? 30_000,
      headersTimeout: Math.min(10_000, options.requestTimeoutMs ?? 10_000),
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 65_000,
    },
    handle,
  );
  return {
    server,
    drain: () => {
      draining = true;
    },
  };
}

const METHOD = { code: 'METHOD_NOT_ALLOWED', status: 405 };

const json = (response: ServerResponse, value: unknown, status = 200) =>
  send(response, status, JSON_TYPE, JSON.stringify(value));

/** Takes an address apart; 404 for an unknown one, 400 for one that does not decode to plain names. */
export function parseAddress(url: string): Target {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  const fixed = FIXED[path];
  if (fixed && Object.hasOwn(FIXED, path)) return fixed;
  const parts = path.split('/').slice(1).map(decodeName);
  const [root, noun, name = '', ...rest] = parts;
  if (root === 'endpoints' && noun && name === 'invocations' && rest.length === 0)
    return { kind: 'invocations', endpoint: noun, version: undefined };
  if (root !== 'v2' || noun !== 'models' || name === '') throw notFound('This address');
  const version = rest[0] === 'versions' ? rest[1] : undefined;
  const [verb, ...more] = rest[0] === 'versions' ? rest.slice(2) : rest;
  if (more.length > 0 || (rest[0] === 'versions' && !version)) throw notFound('This address');
  if (verb === 'infer') return { kind: 'infer', endpoint: name, version };
  if (verb === 'ready') return { kind: 'model-ready', endpoint: name, version };
  if (verb === undefined) return { kind: 'metadata', endpoint: name, version };
  throw notFound('This address');
}

function decodeName(text: string): string {
  let name: string;
  try {
    name = decodeURIComponent(text);
  } catch {
    throw invalid('The address is not valid.');
  }
  if (/[/\\\0%;]|^\.\.?$/.test(name)) throw invalid('The address is not valid.');
  return name;
}

function eventTimeOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const text = String(header);
  const parsed = EventTime.safeParse(/^-?\d+$/.test(text) ? Number(text) : text);
  if (!parsed.success)
    throw invalid('x-rondo-event-time is no time.', 'Send epoch milliseconds or ISO 8601 with an offset.');
  return parsed.data;
}

/** One key for a single row; for several, the key and the row's number. */
function keysOf(header: string | string[] | undefined, n: number): string[] | undefined {
  if (header === undefined) return undefined;
  const key = String(header);
  if (key === '' || key.length > 256) throw invalid('idempotency-key has 1 to 256 characters.');
  return n === 1 ? [key] : Array.from({ length: n }, (_, row) => `${key}#${row}`);
}

const headerOf = (header: string | string[] | undefined) =>
  Array.isArray(header) ? header.join(',') : header;

function count(metrics: EndpointMetrics | undefined, status: number, started: number): void {
  if (!metrics) return;
  metrics.statuses.set(status, (metrics.statuses.get(status) ?? 0) + 1);
  metrics.latency.observe((performance.now() - started) / 1000);
}

/** Reads on for a moment, so that the client sees the answer, then hangs up on one who keeps sending. */
function discard(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  request.removeAllListeners('data');
  request.resume();
  const timer = setTimeout(() => request.destroy(), 1_000).unref();
  request.once('close', () => clearTimeout(timer));
}
