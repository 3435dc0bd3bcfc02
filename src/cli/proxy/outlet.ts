import { createHash } from 'node:crypto';
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { KeptAnswer } from './state.ts';

/** Idle connections end before servers end them (uvicorn does after 5 s), so that no request meets a closed one. */
const IDLE_MS = 3000;
const MOST_SOCKETS = 256;
/** What of an answer is kept for comparison; larger ones are compared by digest. */
const TEXT_MOST = 2_000_000;
/** Faults of a request that has not reached the server. */
const UNREACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT_CONNECT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
]);
/** Nobody that this process trusts has signed the certificate. */
const UNSIGNED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export type Headers = Record<string, string | string[] | undefined>;

export interface Outgoing {
  method: string;
  /** Path and query. */
  url: string;
  headers: Headers;
  body?: Buffer | Readable | undefined;
  signal?: AbortSignal;
}

/** One of the two servers, with its pool of connections. */
export class Outlet {
  readonly url: URL;
  readonly #timeoutMs: number;
  readonly #agent: HttpAgent;

  /** `ca`: PEM of authorities that sign its certificate, besides those that everybody trusts. */
  constructor(url: string, timeoutMs: number, ca?: string) {
    this.url = new URL(url);
    this.#timeoutMs = timeoutMs;
    const options = {
      keepAlive: true,
      timeout: IDLE_MS,
      maxSockets: MOST_SOCKETS,
      scheduling: 'lifo' as const,
    };
    this.#agent =
      this.url.protocol === 'https:'
        ? new HttpsAgent({ ...options, ...(ca ? { ca: [...rootCertificates, ca] } : {}) })
        : new HttpAgent(options);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The answer, whose body is still to be read. Rejects with an error for which `wasSent` says whether the server can have acted. */
  async send(given: Outgoing, again = true): Promise<IncomingMessage> {
    const { body } = given;
    try {
      return await this.#send(given);
    } catch (error) {
      const isStale = (error as { stale?: boolean }).stale === true;
      if (again && isStale && (body === undefined || Buffer.isBuffer(body))) return this.send(given, false);
      throw error;
    }
  }

  #send({ method, url, headers, body, signal }: Outgoing): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const ask = this.url.protocol === 'https:' ? httpsRequest : httpRequest;
      const options = {
        method,
        agent: this.#agent,
        host: this.url.hostname.replace(/^\[|\]$/g, ''),
        port: this.url.port || undefined,
        path: this.url.pathname.replace(/\/$/, '') + url,
        headers: { ...headers, host: this.url.host },
        ...(signal ? { signal } : {}),
      };
      const sent: ClientRequest = ask(options, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      const timer = setTimeout(() => {
        const seconds = this.#timeoutMs / 1000;
        sent.destroy(Object.assign(new Error(`No answer within ${seconds} s.`), { code: 'TIMEOUT' }));
      }, this.#timeoutMs);
      sent.on('error', (error: Error & { code?: string; stale?: boolean }) => {
        clearTimeout(timer);
        error.stale = sent.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
        if (UNSIGNED.has(error.code ?? ''))
          error.message = `nobody that is trusted here has signed its certificate (${error.code}); name the authority with --upstream-ca`;
        reject(error);
      });
      if (body === undefined || Buffer.isBuffer(body)) sent.end(body);
      else pipeline(body, sent).catch((error: Error) => sent.destroy(error));
    });
  }
}

/** Whether a server can have acted on a request that ended with this error. */
export function wasSent(error: unknown): boolean {
  const { code = '' } = error as { code?: string };
  return !UNREACHED.has(code) && !UNSIGNED.has(code);
}

export const isTimeout = (error: unknown): boolean => (error as { code?: string }).code === 'TIMEOUT';

/** Headers that go through: what concerns one connection alone is left out. */
export function endToEnd(headers: Headers): Headers {
  const named = String(headers.connection ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !named.includes(name)),
  );
}

/** Reads along with an answer that passes: its digest, and its text while that is small. Memory does not grow with the answer. */
export class Taste {
  readonly #status: number;
  readonly #headers: Headers;
  readonly #decoder: NodeJS.ReadWriteStream | undefined;
  readonly #decoded: Promise<void>;
  readonly #hash = createHash('sha256');
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isBroken = false;

  constructor({ statusCode, headers }: IncomingMessage) {
    this.#status = statusCode ?? 0;
    this.#headers = headers;
    this.#decoder = decoderOf(headers['content-encoding'] as string | undefined);
    this.#decoded = new Promise((resolve) => {
      if (!this.#decoder) return resolve();
      this.#decoder.on('data', (chunk: Buffer) => this.#take(chunk));
      this.#decoder.on('end', resolve);
      this.#decoder.on('error', () => {
        this.#isBroken = true;
        resolve();
      });
    });
  }

  async write(chunk: Buffer): Promise<void> {
    if (!this.#decoder) return this.#take(chunk);
    if (this.#isBroken || this.#decoder.write(chunk)) return;
    const drained = new Promise<void>((resolve) => this.#decoder?.once('drain', resolve));
    await Promise.race([drained, this.#decoded]);
  }

  async end(): Promise<KeptAnswer> {
    if (this.#decoder && !this.#isBroken) this.#decoder.end();
    await this.#decoded;
    const isText = this.#bytes <= TEXT_MOST && isReadable(String(this.#headers['content-type'] ?? ''));
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#headers))
      if (!['set-cookie', 'www-authenticate'].includes(name) && value !== undefined)
        headers[name] = String(value as string | string[]);
    return {
      status: this.#status,
      headers,
      text: isText ? Buffer.concat(this.#chunks).toString() : null,
      sha256: this.#hash.digest('hex'),
      bytes: this.#bytes,
    };
  }

  #take(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= TEXT_MOST) this.#chunks.push(chunk);
    else this.#chunks = [];
  }
}

/** JSON and what says nothing; the bytes of files are compared by digest. */
const isReadable = (type: string): boolean => type === '' || /^(application\/json|text\/html)/.test(type);

function decoderOf(encoding: string | undefined) {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  if (encoding === 'br') return createBrotliDecompress();
  return undefined;
}

/** An answer read to its end, in memory no more than what is kept of it. */
export async function tasted(answer: IncomingMessage): Promise<KeptAnswer> {
  const taste = new Taste(answer);
  for await (const chunk of answer) await taste.write(chunk as Buffer);
  return taste.end();
}
