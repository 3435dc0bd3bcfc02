import { randomUUID } from 'node:crypto';
import { createWriteStream, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bodyOf } from './answers.ts';
import { type Body, takeBody } from './body.ts';
import { type Peers, parsed, type ReadTask } from './deliver.ts';
import type { Mirror } from './mirror.ts';
import { endToEnd, type Headers, isTimeout, Taste, tasted, wasSent } from './outlet.ts';
import { Overlaps } from './overlaps.ts';
import type { Report } from './report.ts';
import { laneOf, madeBy, type Route, routeOf } from './routes.ts';
import type { KeptAnswer, ProxyState, Side } from './state.ts';

/** Bodies up to here are held in memory; larger ones go through a file on their way to the other side. */
const BODY_MOST = 262_144;
/** A read with a larger body is not compared. */
const READ_BODY_MOST = 1_000_000;
/** What the other side hears of the headers. Who the client is is not written down. */
const KEPT_HEADERS = [
  'content-type',
  'content-encoding',
  'accept',
  'x-mlflow-workspace',
  'x-mlflow-experiment-id',
];

/** Answers clients with what the first side says, and leaves to the mirror what the other side has to hear. */
export class Front {
  readonly #state: ProxyState;
  readonly #peers: Peers;
  readonly #mirror: Mirror;
  readonly #report: Report;
  readonly #sample: number;
  readonly #overlaps = new Overlaps();
  #sampled = 0;
  /** Why writes could not be kept for the other side: from then on it is not whole. */
  broken: string | undefined;

  constructor(state: ProxyState, peers: Peers, mirror: Mirror, report: Report, sample: number) {
    this.#state = state;
    this.#peers = peers;
    this.#mirror = mirror;
    this.#report = report;
    this.#sample = sample;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const primary = this.#state.primary;
    const url = new URL(request.url ?? '/', 'http://proxy');
    const route = routeOf(request.method ?? 'GET', url.pathname);
    try {
      if (route.kind === 'write') await this.#write(primary, route, url, request, response);
      else await this.#read(primary, route, url, request, response);
    } catch (error) {
      if (response.destroyed) return;
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const [status, message] = this.#trouble(primary, error);
      const body = JSON.stringify({ error_code: 'TEMPORARILY_UNAVAILABLE', message });
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(body);
    }
  }

  #trouble(primary: Side, error: unknown): [number, string] {
    const name = primary === 'upstream' ? 'MLflow' : 'Rondo';
    const where = this.#peers[primary].outlet.url.origin;
    if (isTimeout(error)) return [504, `${name} at ${where} did not answer in time. (rondo proxy)`];
    return [502, `${name} at ${where} cannot be reached: ${(error as Error).message}. (rondo proxy)`];
  }

  async #read(primary: Side, route: Route, url: URL, request: IncomingMessage, response: ServerResponse) {
    const body = await takeBody(request, READ_BODY_MOST);
    const json = body.rest ? undefined : parsed(body.head);
    const lane = laneOf(route, url, json as never);
    const span = this.#overlaps.read(lane);
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    try {
      const began = performance.now();
      const answer = await this.#ask(primary, request, body, json, gone.signal);
      const isCompared = primary === 'upstream' && route.kind === 'read' && !body.rest && this.#isSampled();
      const kept = await this.#passOn(primary, answer, request, response, isCompared);
      this.#report.took(route.name, primary, performance.now() - began);
      const overlapped = span.end();
      if (!kept || [401, 403, 502, 503, 504].includes(kept.status)) {
        this.#report.count(route.name, route.kind === 'outside' ? 'outside' : 'skipped');
        return;
      }
      const task: ReadTask = {
        to: 'rondo',
        route,
        lane,
        method: request.method ?? 'GET',
        url: url.pathname + url.search,
        headers: keptHeaders(request.headers),
        body: body.head.length > 0 ? body.head : undefined,
        answer: kept,
        bytes: (kept.text?.length ?? 0) + body.head.length + 1000,
        isPage: url.searchParams.has('page_token') || Boolean((json as never)?.['page_token']),
        overlapped: () => overlapped,
      };
      this.#mirror.add(task);
    } finally {
      span.end();
    }
  }

  #isSampled(): boolean {
    this.#sampled += this.#sample;
    if (this.#sampled < 1) return false;
    this.#sampled -= 1;
    return true;
  }

  async #write(primary: Side, route: Route, url: URL, request: IncomingMessage, response: ServerResponse) {
    const body = await takeBody(request, BODY_MOST);
    const json = body.rest || request.headers['content-encoding'] ? undefined : parsed(body.head);
    const lane = laneOf(route, url, json as never);
    const span = this.#overlaps.write(lane);
    const note = { intent: undefined as number | undefined };
    const intend = (file: string | null) => {
      note.intent = this.#keep(() =>
        this.#state.intend(primary === 'upstream' ? 'rondo' : 'upstream', lane, {
          method: request.method ?? 'POST',
          url: url.pathname + url.search,
          headers: keptHeaders(request.headers),
          body: file === null && body.head.length > 0 ? body.head : null,
          file,
        }),
      );
    };
    try {
      if (!body.rest) intend(null);
      const began = performance.now();
      const answer = await this.#ask(primary, request, body, json, undefined, intend);
      const taste = new Taste(answer);
      const chunks: Buffer[] = [];
      for await (const chunk of answer) {
        chunks.push(chunk as Buffer);
        await taste.write(chunk as Buffer);
      }
      const kept = await taste.end();
      this.#report.took(route.name, primary, performance.now() - began);
      this.#settle(primary, route, url, json, lane, note.intent, kept);
      note.intent = undefined;
      this.#send(primary, answer, request, response, Buffer.concat(chunks), kept);
    } catch (error) {
      const { intent } = note;
      if (intent !== undefined)
        this.#keep(() => {
          // What makes something new is not asked for again: nobody knows the id that it may have got.
          if (wasSent(error) && !route.creates) this.#state.answered(intent, lane, null);
          else this.#state.forget(intent);
        });
      this.#report.count(route.name, wasSent(error) && intent !== undefined ? 'in doubt' : 'refused');
      this.#mirror.wake();
      throw error;
    } finally {
      span.end();
    }
  }

  /** Before the client hears the answer, it is noted for the other side; what was refused is not done there either. */
  #settle(
    primary: Side,
    route: Route,
    url: URL,
    json: unknown,
    lane: string | undefined,
    intent: number | undefined,
    kept: KeptAnswer,
  ): void {
    if (kept.status >= 400) {
      if (intent !== undefined) this.#keep(() => this.#state.forget(intent));
      return this.#report.count(route.name, 'refused');
    }
    const isKept = this.#keep(() => {
      if (intent === undefined) return false;
      const said = this.#peers[primary].translation.fromSide(
        bodyOf(kept.text ?? '', kept.headers['content-type']),
      );
      for (const thing of madeBy(route, json, said)) this.#state.noteMade(thing);
      this.#state.answered(intent, lane ?? laneOf(route, url, json as never, said as never), kept);
      return true;
    });
    if (!isKept) this.#report.count(route.name, 'lost');
    this.#mirror.wake();
  }

  /** The state must not break the client: what cannot be kept is said in the report. */
  #keep<T>(body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      this.#fail(error as Error);
      return undefined;
    }
  }

  #fail({ message }: Error): void {
    if (this.broken === undefined)
      console.error(`Writes could not be kept for the other side: ${message}. It is not whole from now on.`);
    this.broken = `Writes could not be kept: ${message}.`;
  }

  #ask(
    primary: Side,
    request: IncomingMessage,
    body: Body,
    json: unknown,
    signal?: AbortSignal,
    intend?: (file: string | null) => void,
  ): Promise<IncomingMessage> {
    const { outlet, translation, authorization } = this.#peers[primary];
    const headers: Headers = endToEnd(request.headers);
    delete headers.host;
    delete headers.expect;
    delete headers['x-rondo-given-id'];
    headers['x-forwarded-for'] = [request.headers['x-forwarded-for'], request.socket.remoteAddress]
      .filter(Boolean)
      .join(', ');
    if (headers.origin === `http://${request.headers.host}`) headers.origin = outlet.url.origin;
    // As open as the upstream was: who needed no name there needs none here.
    if (primary === 'rondo' && headers.authorization === undefined && this.#state.fact('open') === 'yes')
      headers.authorization = authorization;
    const outgoing = {
      method: request.method ?? 'GET',
      url: translation.url(request.url ?? '/'),
      headers,
      ...(signal ? { signal } : {}),
    };
    if (body.rest) return outlet.send({ ...outgoing, body: this.#through(body, intend) });
    const bytes =
      translation.isEmpty || json === undefined
        ? body.head
        : Buffer.from(JSON.stringify(translation.toSide(json)));
    if (bytes.length > 0 || request.headers['content-length'] !== undefined)
      headers['content-length'] = String(bytes.length);
    return outlet.send({ ...outgoing, body: bytes.length > 0 ? bytes : undefined });
  }

  /** A large body as it comes, and into a file when the other side needs it; the file is whole before the last piece goes out. */
  #through(body: Body, intend?: (file: string | null) => void): Readable {
    const file = intend ? randomUUID() : undefined;
    const out = file && createWriteStream(this.#state.bodyFile(file), { mode: 0o600 });
    let failed: Error | undefined;
    if (out)
      out.on('error', (error) => {
        failed = error;
        this.#fail(error);
      });
    const put = async (chunk: Buffer) => {
      if (!out || failed || out.write(chunk)) return;
      await new Promise<void>((resolve) => {
        const go = () => {
          out.off('drain', go).off('error', go);
          resolve();
        };
        out.once('drain', go).once('error', go);
      });
    };
    const next = async function* (rest: AsyncIterator<Buffer>) {
      for (;;) {
        const { value, done } = await rest.next();
        if (done) return;
        yield value;
      }
    };
    const pieces = async function* () {
      let isWhole = false;
      try {
        let held = body.head;
        for await (const chunk of next(body.rest as AsyncIterator<Buffer>)) {
          await put(held);
          yield held;
          held = chunk;
        }
        await put(held);
        if (out && !failed) await new Promise<void>((resolve) => out.end(() => resolve()));
        if (file && !failed) intend?.(file);
        isWhole = true;
        yield held;
      } finally {
        if (!isWhole && out && file) {
          out.destroy();
          rmSync(out.path, { force: true });
        }
      }
    };
    return Readable.from(pieces());
  }

  /** Streams an answer to the client, and keeps what is compared. */
  async #passOn(
    primary: Side,
    answer: IncomingMessage,
    request: IncomingMessage,
    response: ServerResponse,
    isKept: boolean,
  ): Promise<KeptAnswer | undefined> {
    const isJson = String(answer.headers['content-type'] ?? '').startsWith('application/json');
    if (!this.#peers[primary].translation.isEmpty && isJson) {
      const kept = await tasted(answer);
      if (kept.text !== null) {
        this.#send(primary, answer, request, response, Buffer.alloc(0), kept);
        return isKept ? kept : undefined;
      }
    }
    this.#head(primary, answer, request, response);
    if (!isKept) {
      await pipeline(answer, response);
      return undefined;
    }
    const taste = new Taste(answer);
    const reading = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        taste.write(chunk).then(() => done(null, chunk), done);
      },
    });
    await pipeline(answer, reading, response);
    return taste.end();
  }

  /** A whole answer, with the names that clients know. */
  #send(
    primary: Side,
    answer: IncomingMessage,
    request: IncomingMessage,
    response: ServerResponse,
    raw: Buffer,
    kept: KeptAnswer,
  ): void {
    const { translation } = this.#peers[primary];
    const said = translation.isEmpty ? undefined : bodyOf(kept.text ?? '', kept.headers['content-type']);
    if (typeof said !== 'object' || said === null) {
      this.#head(primary, answer, request, response);
      response.end(raw.length > 0 || kept.text === null ? raw : kept.text);
      return;
    }
    const bytes = Buffer.from(JSON.stringify(translation.fromSide(said)));
    this.#head(primary, answer, request, response, bytes.length);
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }

  #head(
    primary: Side,
    answer: IncomingMessage,
    request: IncomingMessage,
    response: ServerResponse,
    length?: number,
  ): void {
    const headers = endToEnd(answer.headers);
    const { origin } = this.#peers[primary].outlet.url;
    if (typeof headers.location === 'string')
      headers.location = headers.location.replace(origin, `http://${request.headers.host}`);
    if (length !== undefined) {
      headers['content-length'] = String(length);
      delete headers['content-encoding'];
    }
    const status = answer.statusCode ?? 502;
    const isOpen = primary === 'upstream' && status < 300 && request.headers.authorization === undefined;
    if (isOpen && request.url?.includes('/mlflow') && this.#state.fact('open') !== 'yes')
      this.#keep(() => this.#state.setFact('open', 'yes'));
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined) response.setHeader(name, value);
    response.statusCode = status;
  }
}

const keptHeaders = (headers: Headers): Record<string, string> =>
  Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
