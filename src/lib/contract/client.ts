import type { z } from 'zod';
import { AppError, type Fault } from '../errors.ts';
import { type Args, type Contract, type Endpoint, type KindOf, pathsOf } from './endpoint.ts';

export interface ClientOptions {
  /** For example `http://127.0.0.1:7070`; empty in the browser. */
  url: string;
  token?: string | undefined;
  fetch?: typeof fetch;
  headers?: Record<string, string>;
}

export interface CallOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

export type Client<C extends Contract> = {
  [K in keyof C]: KindOf<C[K]> extends 'file' | 'events'
    ? (args: Args<C[K]>, options?: CallOptions) => Promise<Response>
    : KindOf<C[K]> extends 'upload'
      ? (args: Args<C[K]>, options: CallOptions & { stream: BodyInit }) => Promise<z.output<C[K]['response']>>
      : (args: Args<C[K]>, options?: CallOptions) => Promise<z.output<C[K]['response']>>;
};

interface AnyArgs {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

/** What a call of one JSON endpoint answers. */
export type AnswerOf<E extends Endpoint> = z.output<E['response']>;

/** Calls one JSON endpoint; failures are thrown as AppError. */
export function callEndpoint<E extends Endpoint>(
  definition: E,
  args: Args<E>,
  options: ClientOptions,
  call: CallOptions = {},
): Promise<AnswerOf<E>> {
  return send(definition, args as AnyArgs, call, options) as Promise<AnswerOf<E>>;
}

/** A typed client of a contract over `fetch`; runs in Node and in the browser. Failures are thrown as AppError. */
export function createClient<C extends Contract>(contract: C, options: ClientOptions): Client<C> {
  const methods = Object.entries(contract).map(([name, definition]) => {
    const method = (args: AnyArgs = {}, call: CallOptions & { stream?: BodyInit } = {}) =>
      send(definition, args, call, options);
    return [name, method];
  });
  return Object.fromEntries(methods) as Client<C>;
}

async function send(
  definition: Endpoint,
  args: AnyArgs,
  call: CallOptions & { stream?: BodyInit },
  options: ClientOptions,
) {
  const headers: Record<string, string> = { ...options.headers, ...call.headers };
  if (options.token) headers.authorization = `Bearer ${options.token}`;
  const init: RequestInit & { duplex?: 'half' } = { method: definition.method, headers };
  if (call.signal) init.signal = call.signal;
  if (call.stream !== undefined) {
    init.body = call.stream;
    init.duplex = 'half';
    // Else Node keeps a second copy of all that is sent, for a redirect that it could follow.
    init.redirect = 'error';
    init.window = null;
    headers['content-type'] ??= 'application/octet-stream';
  } else if (args.body !== undefined) {
    init.body = JSON.stringify(args.body);
    headers['content-type'] = 'application/json';
  }
  const url = options.url + fill(pathsOf(definition)[0] ?? definition.path, args.params) + search(args.query);
  const response = await (options.fetch ?? fetch)(url, init).catch((cause: unknown) => {
    if (call.signal?.aborted) throw cause;
    throw new AppError(
      { code: 'UNREACHABLE', status: 503 },
      `No answer from ${options.url || 'the server'}.`,
      {
        hint: options.url
          ? 'Is the server running? `rondo server` starts it; RONDO_URL says where it is.'
          : 'Is the server running? `rondo server` starts it; this page goes on by itself once it answers.',
        cause,
      },
    );
  });
  if (!response.ok) throw await toError(response);
  if (definition.kind === 'file' || definition.kind === 'events') return response;
  if (response.status === 204) return undefined;
  return definition.response.parse(await response.json());
}

function fill(path: string, params: Record<string, unknown> = {}): string {
  return path.replace(/:(\w+)|\*/g, (part, name?: string) => {
    const value = String(params[name ?? '*'] ?? '');
    return part === '*' ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
  });
}

function search(query: Record<string, unknown> = {}): string {
  const list = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    for (const item of Array.isArray(value) ? value : [value]) list.append(key, String(item));
  }
  const text = list.toString();
  return text ? `?${text}` : '';
}

async function toError(response: Response): Promise<AppError> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as Partial<Fault> & { error_code?: string };
    const code = body.code ?? body.error_code ?? 'UNKNOWN';
    return new AppError({ code, status: response.status }, body.message ?? text, {
      hint: body.hint,
      details: body.details,
      requestId: body.request_id,
    });
  } catch {
    return new AppError(
      { code: 'UNKNOWN', status: response.status },
      `${response.status} ${response.statusText}`.trim(),
    );
  }
}
