import { type IncomingHttpHeaders, request } from 'node:http';
import { type Answer, bodyOf, headersOf, ordered } from '../../../src/cli/proxy/answers.ts';
import { addressOf, type Step } from './step.ts';

const TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;
/** A conversation with one server: it fills in what earlier answers named, and takes out of answers what has to differ. */
export class Exchange {
  readonly #url: string;
  readonly #saved = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  async send([, line, given, options = {}]: Step): Promise<Answer> {
    const [method = '', path = ''] = line.split(' ');
    const inQuery = method === 'GET' && typeof given !== 'string' && !Array.isArray(given);
    const query = { ...(inQuery ? (given as Record<string, unknown>) : {}), ...options.query };
    const carried = inQuery ? undefined : given;
    const text = carried === undefined || typeof carried === 'string' ? carried : JSON.stringify(carried);
    const headers = {
      ...(text === undefined ? {} : { 'content-type': options.type ?? 'application/json' }),
      ...this.#filled(options.headers ?? {}),
    };
    const url = `${this.#url}${this.#fill(addressOf(path))}${this.#queryOf(query)}`;
    const body = text === undefined ? undefined : this.#fill(text);
    return this.#read(await exchange(url, method, headers, body), options.save ?? {});
  }

  #read(response: Response, save: Readonly<Record<string, string>>): Answer {
    const { text } = response;
    const body = bodyOf(text, response.headers['content-type']);
    for (const [name, at] of Object.entries(save)) {
      const value = at.split('.').reduce<unknown>((found, key) => (found as never)?.[key], body);
      if (value === undefined || value === null) continue;
      this.#saved.set(name, String(value as string));
    }
    const headers = headersOf(response.headers, (each) => this.#plain(each));
    return { status: response.status, headers, body: this.#normal(body) };
  }

  #fill(text: string): string {
    return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => this.#saved.get(name) ?? whole);
  }

  #filled(headers: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, this.#fill(value)]));
  }

  #queryOf(query: Readonly<Record<string, unknown>>): string {
    const pairs = new URLSearchParams();
    for (const [key, value] of Object.entries(query))
      for (const each of Array.isArray(value) ? value : [value]) pairs.append(key, this.#fill(String(each)));
    return pairs.size === 0 ? '' : `?${pairs}`;
  }

  #normal(value: unknown, key = ''): unknown {
    if (Array.isArray(value))
      return ordered(
        key,
        value.map((each) => this.#normal(each)),
      );
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(
        Object.entries(value).map(([name, each]) => [name, this.#normal(each, name)]),
      );
    if (typeof value === 'number' && Math.abs(value - Date.now()) < DAY_MS) return '<now>';
    if (typeof value !== 'string') return value;
    if (key === 'next_page_token') return '<token>';
    if (key === 'experiment_id' || key === 'experimentId') return this.#experiment(value);
    return this.#plain(value);
  }

  /** Numbers of experiments run on at different pace, because one server refuses what the other takes. */
  #experiment(id: string): string {
    if (id === '0') return id;
    const name = [...this.#saved].find(([, saved]) => saved === id)?.[0];
    return `<${name ?? 'experiment'}>`;
  }

  #plain(text: string): string {
    let plain = text.replaceAll(this.#url, '<server>');
    for (const [name, id] of this.#saved) if (id.length > 8) plain = plain.replaceAll(id, `<${name}>`);
    return plain
      .replace(
        /(mlflow-artifacts:\/)(\d+)/g,
        (_all, scheme: string, id: string) => scheme + this.#experiment(id),
      )
      .replace(/\b[0-9a-f]{32}\b/g, '<id>')
      .replace(/^[a-z]+-[a-z]+-\d{1,3}$/, '<generated name>')
      .replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, (time) =>
        Math.abs(Date.parse(time) - Date.now()) < DAY_MS ? '<now>' : time,
      )
      .replace(/\b1[0-9]{12}\b/g, (time) => (Math.abs(Number(time) - Date.now()) < DAY_MS ? '<now>' : time));
  }
}

interface Response {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** One request exactly as written; a GET may have a body. */
function exchange(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, headers: { ...headers, ...length }, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const sent = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
