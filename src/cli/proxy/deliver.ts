import { createReadStream, statSync } from 'node:fs';
import { bodyOf } from './answers.ts';
import { comparable, findings, namedBy, thingsIn } from './judge.ts';
import type { Deliveries } from './mirror.ts';
import { type Headers, type Outgoing, type Outlet, tasted, wasSent } from './outlet.ts';
import type { Report } from './report.ts';
import { at, type Route, routeOf } from './routes.ts';
import type { Entry, KeptAnswer, ProxyState, Side } from './state.ts';
import type { Translation } from './translate.ts';

/** A read that the first side has answered. */
export interface ReadTask {
  to: Side;
  route: Route;
  lane: string | undefined;
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
  answer: KeptAnswer;
  bytes: number;
  /** It goes on where an earlier answer ended. */
  isPage: boolean;
  /** Writes were under way when it was answered, so that its place among them is not known. */
  overlapped(): boolean;
}

export interface Peer {
  outlet: Outlet;
  translation: Translation;
  /** For requests that the proxy sends by itself. */
  authorization: string | undefined;
}

export type Peers = Readonly<Record<Side, Peer>>;

const BUSY = new Set([401, 429, 502, 503, 504]);
/** How often a request may end in an internal error of the other side before that is its answer. */
const MOST_FAULTS = 5;
/** Answers of a request that was carried out before, when nobody heard it. */
const DONE_BEFORE = new Set(['RESOURCE_ALREADY_EXISTS', 'RESOURCE_DOES_NOT_EXIST', 'INVALID_STATE']);
const PAGE_TOKEN = 'page_token';

/** Sends a request to the other side and judges its answer. */
export class Delivery implements Deliveries {
  readonly #state: ProxyState;
  readonly #peers: Peers;
  readonly #report: Report;
  readonly #faults = new Map<number, number>();

  constructor(state: ProxyState, peers: Peers, report: Report) {
    this.#state = state;
    this.#peers = peers;
    this.#report = report;
  }

  async write(entry: Entry): Promise<void> {
    const route = routeOf(entry.method, pathOf(entry.url));
    if (!entry.answer && route.creates) {
      // The client never learned of it: it will ask again, and what MLflow made meanwhile has an id that nobody knows.
      this.#report.count(route.name, 'in doubt');
      return this.#state.done(entry);
    }
    const first = entry.answer && this.#bodyOfFirst(entry);
    const known = route.creates && first ? at(first, route.creates.id) : undefined;
    const id = typeof known === 'string' ? known : undefined;
    this.#state.sending(entry.seq);
    let answer: KeptAnswer;
    try {
      answer = await this.#create(entry, route, first, id);
    } catch (error) {
      entry.again ||= wasSent(error);
      throw error;
    }
    this.#faults.delete(entry.seq);
    const code = (jsonOf(answer) as { error_code?: string } | undefined)?.error_code;
    if (!entry.answer) this.#report.count(route.name, 'in doubt');
    else if (entry.again && answer.status >= 400 && DONE_BEFORE.has(code ?? ''))
      this.#report.count(route.name, 'repeated');
    else this.#judge(entry.to, route, entry, entry.answer, answer, false);
    try {
      this.#state.done(entry);
    } catch (error) {
      entry.again = true;
      throw error;
    }
  }

  async read(task: ReadTask): Promise<void> {
    const { translation } = this.#peers[task.to];
    const given = { ...task, file: null, body: task.body ?? null };
    const token = task.isPage ? pageTokenOf(task) : undefined;
    if (token !== undefined) {
      const there = translation.token(token);
      if (there === undefined) return this.#report.count(task.route.name, 'skipped');
      given.url = given.url.replace(encodeURIComponent(token), encodeURIComponent(there));
      given.body = given.body && Buffer.from(given.body.toString().replace(token, there));
    }
    const answer = await this.#ask(task.to, given);
    this.#judge(task.to, task.route, task, task.answer, answer, task.overlapped());
    const [theirs, ours] = [task.answer, answer].map((each) => at(jsonOf(each), ['next_page_token']));
    if (typeof theirs === 'string' && typeof ours === 'string') translation.noteToken(theirs, ours);
  }

  /** A request that makes something is sent with the id that the first side gave; MLflow chooses its own, which is noted. */
  async #create(entry: Entry, route: Route, first: unknown, id: string | undefined): Promise<KeptAnswer> {
    if (!route.creates || id === undefined) return this.#ask(entry.to, entry);
    const { translation } = this.#peers[entry.to];
    const filled = { ...entry, body: filledIn(entry, route, first) };
    const made = await this.#ask(entry.to, filled, entry.to === 'rondo' ? id : undefined);
    const { kind } = route.creates;
    const there = at(jsonOf(made), route.creates.id);
    if (typeof there === 'string') {
      if (kind !== 'version') translation.note(kind === 'experiment' ? 'experiment' : 'id', id, there);
      return made;
    }
    const code = (jsonOf(made) as { error_code?: string } | undefined)?.error_code;
    if (kind !== 'experiment' || code !== 'RESOURCE_ALREADY_EXISTS') return made;
    const named = await this.#experimentNamed(entry);
    if (named !== undefined) {
      translation.note('experiment', id, named);
      return { ...made, status: 200, text: JSON.stringify({ experiment_id: named }) };
    }
    const other = await this.#ask(entry.to, entry);
    const number = at(jsonOf(other), ['experiment_id']);
    if (typeof number === 'string') translation.note('experiment', id, number);
    return other;
  }

  /** The experiment that has the name which the request asks for. */
  async #experimentNamed(entry: Entry): Promise<string | undefined> {
    const name = (parsed(entry.body) as { name?: string } | undefined)?.name ?? '';
    const found = await this.#ask(entry.to, {
      method: 'GET',
      url: `/api/2.0/mlflow/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`,
      headers: entry.headers,
      body: null,
      file: null,
    });
    const id = at(jsonOf(found), ['experiment', 'experiment_id']);
    return typeof id === 'string' ? id : undefined;
  }

  /** Rejects where it makes sense to ask again later. */
  async #ask(
    to: Side,
    given: Pick<Entry, 'method' | 'url' | 'headers' | 'body' | 'file'> & { seq?: number },
    id?: string,
  ): Promise<KeptAnswer> {
    const { outlet, translation, authorization } = this.#peers[to];
    const headers: Headers = { ...given.headers, 'accept-encoding': 'identity' };
    if (authorization) headers.authorization = authorization;
    if (id !== undefined) headers['x-rondo-given-id'] = id;
    const experiment = headers['x-mlflow-experiment-id'];
    if (typeof experiment === 'string')
      headers['x-mlflow-experiment-id'] = (
        translation.toSide({ experiment_id: experiment }) as { experiment_id: string }
      ).experiment_id;
    const outgoing: Outgoing = { method: given.method, url: translation.url(given.url), headers };
    if (given.file !== null) {
      const file = this.#state.bodyFile(given.file);
      headers['content-length'] = String(statSync(file).size);
      outgoing.body = createReadStream(file);
    } else if (given.body !== null) {
      const json = translation.isEmpty ? undefined : parsed(given.body);
      const body = json === undefined ? given.body : Buffer.from(JSON.stringify(translation.toSide(json)));
      headers['content-length'] = String(body.length);
      outgoing.body = body;
    } else if (given.method !== 'GET') headers['content-length'] = '0';
    const began = performance.now();
    const answer = await tasted(await outlet.send(outgoing));
    this.#report.took(routeOf(given.method, pathOf(given.url)).name, to, performance.now() - began);
    const name = to === 'rondo' ? 'Rondo' : 'The upstream';
    const refusesIds = answer.status === 403 && id !== undefined;
    if (BUSY.has(answer.status) || refusesIds)
      throw new Error(`${name} answers ${answer.status}: ${(answer.text ?? '').slice(0, 300)}`);
    if (answer.status === 500 && given.seq !== undefined) {
      const faults = (this.#faults.get(given.seq) ?? 0) + 1;
      this.#faults.set(given.seq, faults);
      if (faults < MOST_FAULTS) throw new Error(`${name} answers 500: ${(answer.text ?? '').slice(0, 300)}`);
    }
    return answer;
  }

  #bodyOfFirst(entry: Entry): unknown {
    const from = entry.to === 'rondo' ? 'upstream' : 'rondo';
    return this.#peers[from].translation.fromSide(entry.answer && jsonOf(entry.answer));
  }

  #judge(
    to: Side,
    route: Route,
    request: Pick<Entry, 'method' | 'url'> & { body?: Buffer | null | undefined },
    first: KeptAnswer,
    second: KeptAnswer,
    overlapped: boolean,
  ): void {
    const [upstream, rondo] = to === 'rondo' ? [first, second] : [second, first];
    const [mlflow, ours] = (['upstream', 'rondo'] as const).map((side) => {
      const { outlet, translation } = this.#peers[side];
      const [kept, other] = side === 'upstream' ? [upstream, rondo] : [rondo, upstream];
      const answer = comparable(kept, other, outlet.url.origin);
      return { ...answer, body: translation.fromSide(answer.body) };
    });
    if (!mlflow || !ours) return;
    const found = findings(route.name, mlflow, ours);
    const body = parsed(request.body ?? null);
    const isMissing = () => {
      const absent =
        ours.status >= 400
          ? namedBy(new URL(request.url, 'http://proxy'), body)
          : missingIn(thingsIn(ours.body), thingsIn(mlflow.body));
      return to === 'rondo' && [...absent].some((thing) => !this.#state.wasMade(thing));
    };
    this.#report.judged(route.name, { ...request, body }, found, overlapped, isMissing);
  }
}

const missingIn = (there: ReadonlySet<string>, wanted: ReadonlySet<string>): string[] =>
  [...wanted].filter((thing) => !there.has(thing));

const pathOf = (url: string): string => url.split('?')[0] ?? '';

const jsonOf = (answer: KeptAnswer): unknown => {
  const body = bodyOf(answer.text ?? '', answer.headers['content-type']);
  return typeof body === 'string' ? undefined : body;
};

export function parsed(body: Buffer | null): unknown {
  if (body === null || body.length === 0) return undefined;
  try {
    const value = JSON.parse(body.toString()) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The request with what the first side chose where it left something open. */
function filledIn(entry: Entry, route: Route, first: unknown): Buffer | null {
  const body = parsed(entry.body) as Record<string, unknown> | undefined;
  const open = Object.entries(route.creates?.filled ?? {})
    .filter(([field]) => !body?.[field])
    .map(([field, path]) => [field, at(first, path)])
    .filter(([, value]) => Boolean(value));
  if (!body || open.length === 0) return entry.body;
  return Buffer.from(JSON.stringify({ ...body, ...(Object.fromEntries(open) as object) }));
}

function pageTokenOf(task: ReadTask): string | undefined {
  const token =
    new URL(task.url, 'http://proxy').searchParams.get(PAGE_TOKEN) ??
    (parsed(task.body ?? null) as Record<string, unknown> | undefined)?.[PAGE_TOKEN];
  return typeof token === 'string' && token !== '' ? token : undefined;
}
