import { lookup } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { AppError, ERRORS, invalid } from '../errors.ts';
import { ALLOW_NONE, type AllowList, isListed, isPublic } from './addresses.ts';

export interface Outbound {
  /** Whether webhooks may go there now. Throws INVALID, in MLflow's words, for an address that may not be called. */
  check(url: string): Promise<void>;
  /**
   * Posts to a web address after the same check, and connects to exactly the addresses that were checked. Redirects are not
   * followed, proxies not used. Throws INVALID for an address that may not be called, UNAVAILABLE when nothing answered.
   */
  post(url: string, message: OutboundMessage): Promise<OutboundAnswer>;
}

export interface OutboundMessage {
  headers: Readonly<Record<string, string>>;
  body: string;
  timeoutMs?: number;
  /** Gives up when it is aborted. */
  signal?: AbortSignal;
}

export interface OutboundAnswer {
  status: number;
  /** At most the first 64 KB. */
  body: string;
  /** What the answer asks to wait, when it does. */
  retryAfterMs: number | undefined;
}

interface Resolved {
  address: string;
  family: number;
}

export type Resolve = (host: string) => Promise<Resolved[]>;

const BODY_LIMIT = 65_536;
const TIMEOUT_MS = 10_000;
const HINT =
  'Webhooks go to public addresses by https. The setting RONDO_WEBHOOK_ALLOW names hosts and networks that may be called all the same.';

const bySystem: Resolve = (host) => lookup(host, { all: true });

/** The one way out for webhooks: nobody can make this server call what only this server can reach. */
export function createOutbound(allow: AllowList = ALLOW_NONE, resolve: Resolve = bySystem): Outbound {
  /** The checked addresses of a host. */
  async function addressesOf({ protocol, hostname }: URL, written: string): Promise<Resolved[]> {
    const host = hostname.replace(/^\[|\]$/g, '');
    const found = isIP(host) === 0 ? await resolve(host) : [{ address: host, family: isIP(host) }];
    const closed = found.filter(({ address }) => !isListed(allow, host, address));
    const [inner] = closed.filter(({ address }) => !isPublic(address));
    if (found.length === 0) throw new Error('it has no address');
    if (protocol === 'http:' && closed.length > 0) throw schemeFault('http');
    if (inner) {
      const message = `Webhook URL must not resolve to a non-public IP address. '${written}' resolves to ${inner.address}.`;
      throw invalid(message, HINT);
    }
    return found;
  }

  return {
    async check(text) {
      const { url, host } = parseTarget(text);
      try {
        await addressesOf(url, host);
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        throw invalid(`Cannot resolve Webhook URL hostname '${host}': ${reasonOf(cause)}`, HINT);
      }
    },

    async post(text, { headers, body, timeoutMs = TIMEOUT_MS, signal }) {
      const { url, host } = parseTarget(text);
      const ended = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
      try {
        const addresses = await until(addressesOf(url, host), ended);
        return await send(url, addresses, { headers, body }, ended);
      } catch (cause) {
        if (cause instanceof AppError) throw cause;
        const why = ended.aborted && !signal?.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause);
        throw new AppError(ERRORS.UNAVAILABLE, `The webhook at ${url.host} did not answer: ${why}.`, {
          cause,
        });
      }
    },
  };
}

const schemeFault = (scheme: string) =>
  invalid(`Invalid webhook URL scheme: '${scheme}'. Allowed schemes are: https.`, HINT);

/** The address, and its host as it was written. */
function parseTarget(text: string): { url: URL; host: string } {
  if (text.trim() === '') throw invalid(`Webhook URL cannot be empty or just whitespace: '${text}'`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? '';
  if (scheme !== 'https' && scheme !== 'http') throw schemeFault(scheme);
  const host = /^https?:\/\/(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^/?#:]*)/i.exec(text)?.[1]?.replace(/^\[|\]$/g, '');
  if (!host) throw invalid(`Webhook URL must include a hostname: '${text}'`);
  try {
    return { url: new URL(text), host };
  } catch {
    throw invalid(`Invalid webhook URL '${text}'`);
  }
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);

function until<T>(work: Promise<T>, ended: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(ended.reason as Error);
    ended.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => ended.removeEventListener('abort', stop));
  });
}

/** The names of hosts are not asked for a second time: that answer could be another one. */
const pinned = (addresses: readonly Resolved[]): LookupFunction =>
  ((_host, options, callback) => {
    const first = addresses[0] as Resolved;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  }) as LookupFunction;

function send(
  url: URL,
  addresses: readonly Resolved[],
  { headers, body }: Pick<OutboundMessage, 'headers' | 'body'>,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const bytes = Buffer.from(body);
    const call = request(
      url,
      {
        method: 'POST',
        agent: false,
        lookup: pinned(addresses),
        signal,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'rondo',
          ...headers,
          'content-length': bytes.length,
        },
      },
      (answer) => {
        read(answer)
          .then((text) => {
            const { 'retry-after': after } = answer.headers;
            resolve({ status: answer.statusCode ?? 0, body: text, retryAfterMs: waitOf(after) });
          })
          .catch(reject)
          .finally(() => call.destroy());
      },
    );
    call.once('error', reject);
    call.end(bytes);
  });
}

async function read(answer: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size >= BODY_LIMIT) break;
  }
  return Buffer.concat(parts).subarray(0, BODY_LIMIT).toString('utf8');
}

/** Seconds or an HTTP date. */
function waitOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
