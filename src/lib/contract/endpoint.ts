import type { z } from 'zod';

/**
 * What a caller must be allowed to do, from weakest to strongest. `self` is everybody with a name, about themselves. On loopback
 * `public`, `view` and `track` need no token; everything above makes code run or changes production and does.
 */
export const NEEDS = ['public', 'self', 'view', 'track', 'edit', 'operate', 'admin'] as const;
export type Need = (typeof NEEDS)[number];

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

type Shape = z.ZodObject;
type Kind = 'json' | 'file' | 'upload' | 'events';

/** One endpoint: the single source of its route, validation, OpenAPI entry, typed client method and permission. */
export interface Endpoint<
  P extends Shape | undefined = Shape | undefined,
  Q extends Shape | undefined = Shape | undefined,
  B extends z.ZodType | undefined = z.ZodType | undefined,
  R extends z.ZodType = z.ZodType,
  K extends Kind = Kind,
> {
  method: Method;
  /** `/api/v1/projects/:project/datasets/:name`; `*` as last part takes the rest of the path as parameter `*`. */
  path: string;
  summary: string;
  needs: Need;
  /**
   * The path names no project and the answer is made of things of many: the right must hold in some project, and the handler
   * shows and changes only what is in a project where it holds. Left out, such an endpoint asks for the right over the server.
   */
  across?: true;
  params?: P;
  query?: Q;
  /** JSON body. */
  body?: B;
  response: R;
  /** `json` (default), `file` (the handler returns a FileBody), `upload` (the handler reads the raw stream), `events` (SSE). */
  kind?: K;
  /** Status of a success; 200 when left out. */
  status?: number;
  /** `mlflow` speaks proto JSON under both of MLflow's prefixes and with its errors; `native` when left out. */
  dialect?: 'native' | 'mlflow';
  /** MLflow API versions that serve the path; `['2.0']` when left out. An empty list: `path` is the whole path. */
  versions?: readonly string[];
  /** Further methods that reach the same handler (MLflow serves some searches by GET and POST). */
  also?: readonly Method[];
}

export function endpoint<
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  R extends z.ZodType = z.ZodType,
  K extends Kind = 'json',
>(definition: Endpoint<P, Q, B, R, K>): Endpoint<P, Q, B, R, K> {
  return definition;
}

export type Contract = Record<string, Endpoint>;

type Declared<T> = Exclude<T, undefined>;
type Output<T> = [Declared<T>] extends [never] ? undefined : z.output<Declared<T> & z.ZodType>;

/** What a handler gets: everything parsed, and who asks. */
export interface Call<E extends Endpoint, Actor> {
  params: Output<E['params']>;
  query: Output<E['query']>;
  body: Output<E['body']>;
  actor: Actor;
  request: RequestContext;
}

export interface RequestContext {
  id: string;
  /** Network address of the caller. */
  address: string;
  headers: Record<string, string | string[] | undefined>;
  /** Raw body of an `upload` endpoint. */
  stream?: NodeJS.ReadableStream | undefined;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

/** Answer of a `file` endpoint. `body` is streamed; `size` and `etag` are set when known. */
export interface FileBody {
  body: NodeJS.ReadableStream | Uint8Array | string;
  type: string;
  name?: string;
  size?: number;
  etag?: string;
  /** `inline` only for types that cannot run code; `attachment` when left out. */
  disposition?: 'inline' | 'attachment';
}

const encoder = new TextEncoder();

/** An answer that is JSON already, for example from another thread: it is sent as it is. */
export class JsonBytes {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** In memory of its own, so that it can be handed to another thread as it is. */
  static of(text: string): JsonBytes {
    return JsonBytes.over(encoder.encode(text));
  }

  /** The pieces one behind the other; they are never one text, which costs as much again where they are long. */
  static ofPieces(pieces: readonly string[]): JsonBytes {
    const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0));
    let end = 0;
    for (const piece of pieces) end += bytes.write(piece, end);
    return new JsonBytes(bytes);
  }

  /** Lists, each of them JSON, as one list between `before` and `behind`. */
  static ofLists(before: string, lists: readonly JsonBytes[], behind: string): JsonBytes {
    const full = lists.map(({ bytes }) => bytes.subarray(1, -1)).filter((bytes) => bytes.length > 0);
    const parts = full.flatMap((bytes, at) => (at === 0 ? [bytes] : [Buffer.from(','), bytes]));
    return new JsonBytes(Buffer.concat([Buffer.from(`${before}[`), ...parts, Buffer.from(`]${behind}`)]));
  }

  static over({ buffer, byteOffset, byteLength }: Uint8Array): JsonBytes {
    return new JsonBytes(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));
  }
}

/** An answer in another form than JSON, or of another status, where a protocol wants that of an endpoint. */
export class RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array | string;

  constructor(status: number, type: string, body: Uint8Array | string) {
    this.status = status;
    this.type = type;
    this.body = body;
  }
}

/** Answer of an `events` endpoint: yields until the client leaves. */
export type EventBody = AsyncIterable<{ id?: string; event?: string; data: unknown }>;

/** How an endpoint's answer travels; `json` when it does not say. */
export type KindOf<E extends Endpoint> = Exclude<E['kind'], undefined>;

export type Answer<E extends Endpoint> =
  KindOf<E> extends 'file'
    ? FileBody
    : KindOf<E> extends 'events'
      ? EventBody
      : z.input<E['response']> | JsonBytes | RawAnswer;

export type Handlers<C extends Contract, Actor> = {
  [K in keyof C]: (call: Call<C[K], Actor>) => Promise<Answer<C[K]>> | Answer<C[K]>;
};

/** A contract with its handlers, ready to be mounted. */
export interface Bound<Actor> {
  name: string;
  endpoint: Endpoint;
  handler: (call: Call<Endpoint, Actor>) => unknown;
}

export function bind<C extends Contract, Actor>(contract: C, handlers: Handlers<C, Actor>): Bound<Actor>[] {
  return Object.entries(contract).map(([name, definition]) => ({
    name,
    endpoint: definition,
    handler: handlers[name as keyof C] as Bound<Actor>['handler'],
  }));
}

/** Arguments of a client method: only the parts that the endpoint declares. */
export type Args<E extends Endpoint> = Part<'params', E['params']> &
  OptionalPart<'query', E['query']> &
  Part<'body', E['body']>;
type Part<K extends string, T> = [Declared<T>] extends [never]
  ? unknown
  : { [key in K]: z.input<Declared<T> & z.ZodType> };
type OptionalPart<K extends string, T> = [Declared<T>] extends [never]
  ? unknown
  : { [key in K]?: z.input<Declared<T> & z.ZodType> };

const MLFLOW_PREFIXES = ['/api', '/ajax-api'];

/** The concrete paths of an endpoint: one for native ones, prefix × version for MLflow's. */
export function pathsOf(definition: Endpoint): string[] {
  if (definition.dialect !== 'mlflow') return [definition.path];
  const versions = definition.versions ?? ['2.0'];
  if (versions.length === 0) return [definition.path];
  return MLFLOW_PREFIXES.flatMap((prefix) =>
    versions.map((version) => `${prefix}/${version}${definition.path}`),
  );
}

export function methodsOf(definition: Endpoint): Method[] {
  return [definition.method, ...(definition.also ?? [])];
}
