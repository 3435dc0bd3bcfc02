import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError, ERRORS } from '../errors.ts';
import {
  type Bound,
  type EventBody,
  type FileBody,
  JsonBytes,
  methodsOf,
  pathsOf,
  RawAnswer,
  type RequestContext,
} from './endpoint.ts';
import { dispositionOf } from './disposition.ts';
import { mlflowInvalid } from './mlflow.ts';

export interface MountOptions<Actor> {
  /** Who asks. The gate before routing has found out and has checked that they may. */
  actorOf(request: FastifyRequest): Actor;
  /** Parse each JSON answer with its schema too: on in tests, off in production. */
  checkAnswers?: boolean;
}

/** Binds endpoints to Fastify: validation and the answer's form. Each route carries its endpoint in `config`, for the gate. */
export function mount<Actor>(
  app: FastifyInstance,
  bound: Bound<Actor>[],
  options: MountOptions<Actor>,
): void {
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  for (const item of bound) {
    for (const url of pathsOf(item.endpoint)) {
      app.route({
        method: methodsOf(item.endpoint),
        url,
        config: { endpoint: item.endpoint },
        handler: (request, reply) => handle(item, request, reply, options, closing.signal),
      });
    }
  }
}

async function handle<Actor>(
  item: Bound<Actor>,
  request: FastifyRequest,
  reply: FastifyReply,
  options: MountOptions<Actor>,
  closing: AbortSignal,
) {
  const { endpoint } = item;
  const actor = options.actorOf(request);
  const params = request.params as Record<string, string>;
  const context = contextOf(request, reply, endpoint.kind === 'events' ? closing : undefined);
  // An upload without a body is an empty file.
  if (endpoint.kind === 'upload')
    context.stream = (request.body as NodeJS.ReadableStream | undefined) ?? Readable.from([]);
  const mlflow = endpoint.dialect === 'mlflow';
  const isGet = mlflow && request.method === 'GET';
  const given = isGet ? await argumentsOfGet(request) : bodyOf(request, mlflow);
  const isInBody = isGet || (mlflow && endpoint.kind !== 'upload' && hasBody(request));
  const from = (schema: z.ZodType | undefined) => (isGet ? firstValues(schema, given) : given);
  const answer = await item.handler({
    params: parse(endpoint.params, params, 'path', mlflow),
    query: parse(endpoint.query, isInBody ? from(endpoint.query) : request.query, 'query', mlflow),
    body: endpoint.kind === 'upload' ? undefined : parse(endpoint.body, from(endpoint.body), 'body', mlflow),
    actor,
    request: context,
  });
  if (endpoint.kind === 'file') return sendFile(reply, answer as FileBody);
  if (endpoint.kind === 'events') return sendEvents(reply, answer as EventBody, context.signal);
  const status = endpoint.status ?? 200;
  if (status === 204) return reply.code(204).send();
  if (answer instanceof RawAnswer) return reply.code(answer.status).type(answer.type).send(answer.body);
  if (answer instanceof JsonBytes) {
    if (options.checkAnswers) endpoint.response.parse(JSON.parse(answer.bytes.toString()));
    return reply.code(status).type('application/json; charset=utf-8').send(answer.bytes);
  }
  const body = options.checkAnswers ? endpoint.response.parse(answer) : answer;
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body ?? {}));
}

/**
 * The signal is made when somebody asks for it: most requests end before they could be given up. `closing` ends what
 * would otherwise go on for as long as the client listens, and keep the server from ending.
 */
function contextOf(request: FastifyRequest, reply: FastifyReply, closing?: AbortSignal): RequestContext {
  let signal: AbortSignal | undefined;
  return {
    id: request.id,
    address: request.ip,
    headers: request.headers,
    get signal() {
      if (signal) return signal;
      const aborted = new AbortController();
      if (reply.raw.destroyed) aborted.abort();
      else reply.raw.once('close', () => aborted.abort());
      signal = closing ? AbortSignal.any([aborted.signal, closing]) : aborted.signal;
      return signal;
    },
  };
}

/** MLflow: an empty body is `{}`, and a JSON string that itself holds JSON is decoded once more. */
function bodyOf(request: FastifyRequest, mlflow: boolean): unknown {
  if (!mlflow) return request.body;
  if (request.body === undefined || request.body === null) return {};
  if (typeof request.body === 'string') return JSON.parse(request.body) as unknown;
  return request.body;
}

const MOST_OF_GET = 1_000_000;

/** MLflow: the arguments of a GET are its query; without one they may be a JSON body, which Fastify leaves unread. */
async function argumentsOfGet({ query, raw }: FastifyRequest): Promise<unknown> {
  const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers;
  const isBare = (length === undefined || length === '0') && encoding === undefined;
  if (isBare || Object.keys(query as object).length > 0) return query;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of raw as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_OF_GET)
      throw new AppError(ERRORS.TOO_LARGE, `The body of a GET is larger than ${MOST_OF_GET} bytes.`);
    chunks.push(chunk);
  }
  const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as unknown;
  return typeof body === 'string' ? (JSON.parse(body) as unknown) : body;
}

/** MLflow: of a parameter that stands in the query more than once where one is wanted, the first counts. */
function firstValues(schema: z.ZodType | undefined, query: unknown): unknown {
  if (!schema || !Object.values(query ?? {}).some(Array.isArray)) return query;
  const wrong = new Set(schema.safeParse(query).error?.issues.map(({ path }) => path[0]));
  return Object.fromEntries(
    Object.entries(query as object).map(([key, value]: [string, unknown]) => [
      key,
      wrong.has(key) && Array.isArray(value) ? value[0] : value,
    ]),
  );
}

const hasBody = ({ body }: FastifyRequest) => body !== undefined && body !== null;

function parse(schema: z.ZodType | undefined, value: unknown, where: string, mlflow: boolean): never {
  if (!schema) return undefined as never;
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data as never;
  if (mlflow) throw mlflowInvalid(result.error.issues, value);
  const lines = result.error.issues.map((issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`);
  throw new AppError(ERRORS.INVALID, lines.slice(0, 5).join('; '), {
    hint: 'The expected shape is at /api/v1/openapi.json.',
    details: result.error.issues
      .slice(0, 20)
      .map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  });
}

function sendFile(reply: FastifyReply, file: FileBody) {
  reply
    .header('content-type', file.type)
    .header('content-disposition', dispositionOf(file.disposition ?? 'attachment', file.name ?? 'file'))
    .header('x-content-type-options', 'nosniff');
  if (file.size !== undefined) reply.header('content-length', file.size);
  if (file.etag !== undefined) reply.header('etag', `"${file.etag}"`);
  return reply.send(file.body);
}

function sendEvents(reply: FastifyReply, events: EventBody, signal: AbortSignal) {
  async function* lines() {
    yield ': connected\n\n';
    for await (const event of events) {
      if (signal.aborted) return;
      const id = event.id === undefined ? '' : `id: ${event.id}\n`;
      const name = event.event === undefined ? '' : `event: ${event.event}\n`;
      yield `${id}${name}data: ${JSON.stringify(event.data)}\n\n`;
    }
  }
  return reply
    .header('content-type', 'text/event-stream')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .header('connection', 'close')
    .send(Readable.from(lines()));
}
