import { randomBytes, timingSafeEqual } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AppError, conflict, ERRORS, invalid, toAppError } from '../../lib/errors.ts';
import { WhoAmI } from '../../domains/identity/schema.ts';
import { Delivery, type Peers } from './deliver.ts';
import { Front } from './front.ts';
import { Gate } from './gate.ts';
import { Mirror } from './mirror.ts';
import { Outlet, tasted } from './outlet.ts';
import { type ProxyReport, Report, reportText } from './report.ts';
import { routeOf } from './routes.ts';
import { ProxyState, type Side } from './state.ts';
import { Translation } from './translate.ts';

export interface ProxySettings {
  /** Address of the MLflow server that is there. */
  upstream: string;
  rondo: string;
  rondoToken?: string | undefined;
  /** PEM of the authorities that sign MLflow's certificate, where the well-known ones do not. */
  upstreamCa?: string | undefined;
  /** For writes that MLflow gets after the cut-over. */
  upstreamAuthorization?: string | undefined;
  folder: string;
  host: string;
  port: number;
  /** How long an answer may take to begin. */
  timeoutMs: number;
  /** Share of reads that both sides are asked. */
  sample: number;
}

export interface Proxy {
  url: string;
  report(): ProxyReport;
  /** Rondo answers clients from now on, or with `upstream` MLflow does again. Throws CONFLICT with the reasons against it unless forced. */
  switchTo(side: Side, options?: { force?: boolean; waitMs?: number }): Promise<ProxyReport>;
  /** Settles when the other side has got everything; `false` after that long. */
  drained(withinMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export const CONTROL_FILE = 'control.json';
export const SECRET_HEADER = 'x-rondo-proxy-secret';
const OWN = '/-/proxy';
const WAIT_MS = 30_000;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

export async function startProxy(settings: ProxySettings): Promise<Proxy> {
  for (const [name, url] of [
    ['--upstream', settings.upstream],
    ['--url', settings.rondo],
  ] as const)
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw invalid(`${name} takes the address of a server.`);
  const state = new ProxyState(settings.folder);
  try {
    return await start(settings, state);
  } catch (error) {
    state.close();
    throw error;
  }
}

async function start(settings: ProxySettings, state: ProxyState): Promise<Proxy> {
  for (const name of ['upstream', 'rondo'] as const) {
    const before = state.fact(name);
    if (before !== undefined && before !== settings[name])
      throw conflict(
        `${settings.folder} belongs to ${name} ${before}, not to ${settings[name]}.`,
        'Name another folder with --state.',
      );
    state.setFact(name, settings[name]);
  }
  if (state.fact('since') === undefined) state.setFact('since', new Date().toISOString());
  const report = new Report(state);
  const peers: Peers = {
    upstream: {
      outlet: new Outlet(settings.upstream, settings.timeoutMs, settings.upstreamCa),
      translation: new Translation(state, 'upstream'),
      authorization: settings.upstreamAuthorization,
    },
    rondo: {
      outlet: new Outlet(settings.rondo, settings.timeoutMs),
      translation: new Translation(state, 'rondo'),
      authorization: settings.rondoToken && `Bearer ${settings.rondoToken}`,
    },
  };
  await assertOperates(peers.rondo);
  const mirror = new Mirror(state, new Delivery(state, peers, report), (task) =>
    report.count(task.route.name, 'skipped'),
  );
  const front = new Front(state, peers, mirror, report, settings.sample);
  const gate = new Gate();
  const secret = randomBytes(24).toString('base64url');

  const read = () =>
    report.read({
      upstream: settings.upstream,
      rondo: settings.rondo,
      trouble: [front.broken, mirror.trouble].filter(Boolean).join(' ') || undefined,
    });

  async function switchTo(side: Side, { force = false, waitMs = WAIT_MS } = {}): Promise<ProxyReport> {
    if (state.primary === side)
      throw conflict(`${side === 'rondo' ? 'Rondo' : 'MLflow'} answers clients already.`);
    const { counts, trouble } = read();
    const against: string[] = [];
    if (trouble) against.push(trouble);
    if (counts.different) against.push(`${counts.different} answers differ without a known reason.`);
    if (counts.lost) against.push(`${counts.lost} writes could not be kept for the other side.`);
    refuse(against, force);
    gate.close();
    try {
      const until = Date.now() + waitMs;
      const quiet = await gate.quiet(waitMs);
      const isEmpty = quiet && (force && trouble ? false : await mirror.drained(until - Date.now()));
      if (!isEmpty) refuse([`${state.waiting} writes still wait for the other side.`], force);
      const found = read().counts.different ?? 0;
      if (found > (counts.different ?? 0)) refuse([`${found} answers differ without a known reason.`], force);
      state.setFact('primary', side);
      return read();
    } finally {
      gate.open();
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (!isHere(request, settings.host)) {
      request.resume();
      return fail(response, new AppError(ERRORS.FORBIDDEN, 'This Host header is not that of the proxy.'));
    }
    if (path === OWN || path.startsWith(`${OWN}/`)) return own(path, request, response);
    const isWrite = routeOf(request.method ?? 'GET', path).kind === 'write';
    await gate.pass();
    if (isWrite) gate.begin();
    try {
      await front.serve(request, response);
    } finally {
      if (isWrite) gate.end();
    }
  }

  async function own(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const isOwner = sameText(String(request.headers[SECRET_HEADER] ?? ''), secret);
    try {
      if (request.method === 'GET' && (isOwner || isFromHere(request))) {
        if (path === OWN) return say(response, 200, 'text/plain', `${reportText(read())}\n`);
        if (path === `${OWN}/report`) return say(response, 200, 'application/json', JSON.stringify(read()));
      }
      if (request.method === 'POST' && isOwner && path === `${OWN}/cutover`) {
        const query = new URL(request.url ?? '/', 'http://proxy').searchParams;
        const made = await switchTo(query.has('back') ? 'upstream' : 'rondo', { force: query.has('force') });
        return say(response, 200, 'application/json', JSON.stringify(made));
      }
      throw new AppError(ERRORS.NOT_FOUND, 'There is no such page here, or it is not for you.', {
        hint: 'The report is for callers on this machine.',
      });
    } catch (error) {
      fail(response, error);
    }
  }

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 65_000 }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  const url = await listening(server, settings);
  const control = join(settings.folder, CONTROL_FILE);
  writeFileSync(`${control}.new`, JSON.stringify({ url, secret }), { mode: 0o600 });
  renameSync(`${control}.new`, control);
  mirror.wake();
  return {
    url,
    report: read,
    switchTo,
    drained: (withinMs) => mirror.drained(withinMs),
    async close() {
      mirror.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      for (const { outlet } of Object.values(peers)) outlet.close();
      await mirror.ended();
      state.close();
    },
  };
}

/** Things keep the ids that MLflow gave them, which only who may `operate` can choose. Whether Rondo is there is not asked here. */
async function assertOperates({ outlet, authorization }: Peers['rondo']): Promise<void> {
  const { origin } = outlet.url;
  const hint = 'Name the token of an operator with --token or RONDO_TOKEN.';
  const headers = authorization ? { authorization } : {};
  const asked = outlet.send({ method: 'GET', url: '/api/v1/me?project=default', headers });
  const answer = await asked.then(tasted, () => undefined);
  if (answer?.status === 401)
    throw new AppError(ERRORS.UNAUTHENTICATED, `Rondo at ${origin} does not know the token of the proxy.`, {
      hint,
    });
  if (answer?.status !== 200) return;
  const { name, may } = WhoAmI.parse(JSON.parse(answer.text ?? ''));
  if (may.includes('operate')) return;
  throw new AppError(
    ERRORS.FORBIDDEN,
    `'${name}' may not operate on Rondo at ${origin}, so that things could not keep the ids that MLflow gives them.`,
    { hint },
  );
}

function refuse(against: readonly string[], force: boolean): void {
  if (against.length === 0 || force) return;
  throw conflict(
    `Nothing was changed: ${against.join(' ')}`,
    '`rondo proxy report` has the details; --force does it all the same.',
  );
}

function listening(server: Server, { host, port }: ProxySettings): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const { port: bound } = server.address() as AddressInfo;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
    });
  });
}

const nameOf = (request: IncomingMessage): string =>
  (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();

/** On loopback no web page may reach the proxy under another name: it speaks to the servers under theirs. */
const isHere = (request: IncomingMessage, host: string): boolean =>
  !LOOPBACK_NAMES.includes(host.includes(':') ? `[${host}]` : host) ||
  LOOPBACK_NAMES.includes(nameOf(request));

const isFromHere = (request: IncomingMessage): boolean =>
  LOOPBACK.has(request.socket.remoteAddress ?? '') && LOOPBACK_NAMES.includes(nameOf(request));

const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

function say(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function fail(response: ServerResponse, thrown: unknown): void {
  const error = toAppError(thrown);
  say(response, error.status, 'application/json', JSON.stringify(error.toFault()));
}
