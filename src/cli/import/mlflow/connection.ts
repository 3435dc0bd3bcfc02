import type { KeyValue } from '../../../domains/tracking/schema.ts';
import { AppError } from '../../../lib/errors.ts';
import { retry } from '../../../lib/retry.ts';
import { Unreachable } from '../source.ts';
import { text } from './words.ts';

export type Loose = Record<string, unknown>;

export interface Credentials {
  token?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
}

const ATTEMPTS = 6;
type Page = (token: string | undefined) => Promise<Loose>;

/** What an MLflow server answers, asked with patience. */
export class Connection {
  readonly name: string;
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor(address: string, workspace: string | undefined, { token, username, password }: Credentials) {
    const url = new URL(address);
    const user = username ?? (decodeURIComponent(url.username) || undefined);
    const secret = password ?? decodeURIComponent(url.password);
    url.username = '';
    url.password = '';
    this.#base = url.href.replace(/\/+$/, '');
    this.name = this.#base;
    const basic = Buffer.from(`${user}:${secret}`).toString('base64');
    this.#headers = {
      ...(user === undefined ? {} : { authorization: `Basic ${basic}` }),
      ...(token === undefined || user !== undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(workspace === undefined ? {} : { 'x-mlflow-workspace': workspace }),
    };
  }

  async json(method: 'GET' | 'POST', path: string, given: Loose): Promise<Loose> {
    const response = await this.#send(method, path, given);
    // MLflow's proto JSON writes NaN and the infinities as texts; some proxies leave them bare.
    return JSON.parse((await response.text()) || '{}') as Loose;
  }

  /** One page after the other of a list that is asked for by POST. */
  posted(path: string, body: Loose, field: string): AsyncGenerator<Loose> {
    return paged(
      (page_token) =>
        this.json('POST', path, { ...body, ...(page_token === undefined ? {} : { page_token }) }),
      field,
    );
  }

  listed(path: string, query: Loose, field: string): AsyncGenerator<Loose> {
    return paged((page_token) => this.json('GET', path, { ...query, page_token }), field);
  }

  async text(path: string, query: Loose): Promise<string> {
    return (await this.#send('GET', path, query)).text();
  }

  /** A file; throws `Unreachable` where the server says that it cannot give it. */
  async bytes(path: string, query: Loose): Promise<AsyncIterable<Uint8Array>> {
    try {
      const { body } = await this.#send('GET', path, query);
      return (body ?? []) as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (error instanceof AppError && error.status <= 500) throw new Unreachable(error.message);
      throw error;
    }
  }

  #send(method: 'GET' | 'POST', path: string, given: Loose): Promise<Response> {
    const query = method === 'GET' ? queryOf(given) : '';
    const init: RequestInit =
      method === 'GET'
        ? { headers: this.#headers }
        : {
            method,
            headers: { ...this.#headers, 'content-type': 'application/json' },
            body: JSON.stringify(given),
          };
    return retry(
      async () => {
        const response = await fetch(this.#base + path + query, init).catch((cause: unknown) => {
          throw new AppError({ code: 'UNREACHABLE', status: 503 }, `No answer from ${this.#base}.`, {
            cause,
          });
        });
        if (response.ok) return response;
        const said = (await response.text()).slice(0, 500);
        throw new AppError(
          { code: 'MLFLOW_REFUSED', status: response.status },
          `${this.#base} answered ${response.status} to ${method} ${path}: ${said}`,
        );
      },
      {
        attempts: ATTEMPTS,
        when: (error) => error instanceof AppError && (error.status >= 502 || error.status === 429),
        baseMs: 300,
      },
    );
  }
}

function queryOf(given: Loose): string {
  const list = new URLSearchParams();
  for (const [key, value] of Object.entries(given)) if (value !== undefined) list.append(key, text(value));
  return `?${list.toString()}`;
}

async function* paged(read: Page, field: string): AsyncGenerator<Loose> {
  let token: string | undefined;
  do {
    const page = await read(token);
    yield* listOf(page[field]);
    token = text(page.next_page_token) || undefined;
  } while (token !== undefined);
}

/** Servers of older versions lack some routes. */
export const isAbsent = (error: unknown): boolean =>
  error instanceof AppError && [404, 405, 501].includes(error.status);

/** What servers of older versions do not have is not there. */
export async function* orNone<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

export const listOf = (value: unknown): Loose[] => (Array.isArray(value) ? (value as Loose[]) : []);
export const pairsIn = (value: unknown): KeyValue[] =>
  listOf(value).map(({ key, value: of }) => ({ key: text(key), value: text(of) }));
