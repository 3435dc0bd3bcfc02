import { createWriteStream, openAsBlob, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { answeredIn } from '../../lib/answered-in.ts';
import type { Chunk, EndReport, LaunchFile, StepSpec } from '../protocol.ts';

/** The attempt is no longer ours: another one holds the step, or it was cancelled. */
export class Lost extends Error {}

/** A request without an answer for so long is asked again; `fetch` may have lost it while the server was away. */
const ANSWER_MS = 60_000;
/** Bytes of outputs go up before the answer begins. */
const UPLOAD_ANSWER_MS = 6 * 3_600_000;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;

/** The attempt's side of the protocol. While the server is away every call but `beat` waits for it to come back. */
export class AttemptApi {
  readonly #launch: LaunchFile;

  constructor(launch: LaunchFile) {
    this.#launch = launch;
  }

  /** Read each time, because a restarted server may listen elsewhere. */
  get url(): string {
    return readFileSync(this.#launch.url_file, 'utf8').trim();
  }

  async start(hello: { pid: number; born: string; host: string }): Promise<StepSpec> {
    return (await this.#retried('POST', 'start', json(hello))).json() as Promise<StepSpec>;
  }

  /** Sends log chunks; answers with the number of the one the server wants next. */
  async log(chunks: Chunk[]): Promise<number> {
    const response = await this.#retried('POST', 'log', json({ chunks }));
    return ((await response.json()) as { next: number }).next;
  }

  /** One try only: the next beat comes soon. */
  async beat(progress: { progress: number | null; text: string | null }): Promise<void> {
    await this.#once('POST', 'beat', json(progress));
  }

  async download(digest: string, target: string): Promise<void> {
    const part = `${target}.${randomUUID()}`;
    for (;;) {
      const response = await this.#retried('GET', `blobs/${digest}`, {});
      try {
        await pipeline(Readable.fromWeb(response.body as WebStream), createWriteStream(part));
        break;
      } catch {
        // The server went away in the middle; asked again from the start.
      }
    }
    await rename(part, target);
  }

  async upload(file: string): Promise<{ digest: string; size: number }> {
    const body = await openAsBlob(file);
    const init = { body, headers: { 'content-type': 'application/octet-stream' } };
    return (await this.#retried('POST', 'blobs', init)).json() as Promise<{ digest: string; size: number }>;
  }

  async end(report: EndReport): Promise<void> {
    await this.#retried('POST', 'end', json(report));
  }

  async #retried(method: string, path: string, init: RequestInit): Promise<Response> {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        return await this.#once(method, path, init);
      } catch (error) {
        if (error instanceof Lost || error instanceof Refused) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
      }
    }
  }

  async #once(method: string, path: string, init: RequestInit): Promise<Response> {
    const { project, step_run, attempt, token } = this.#launch;
    const base = `${this.url}/api/v1/projects/${encodeURIComponent(project)}/step-runs/${step_run}/attempts/${attempt}`;
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    const most = init.body instanceof Blob ? UPLOAD_ANSWER_MS : ANSWER_MS;
    const response = await answeredIn(most, `${base}/${path}`, { ...init, method, headers });
    if (response.ok) return response;
    const text = await response.text();
    if ([401, 403, 404, 409].includes(response.status)) throw new Lost(text);
    if (response.status >= 500 || response.status === 429) throw new Error(text);
    throw new Refused(messageOf(text));
  }
}

/** The server read the request and will never accept it. */
export class Refused extends Error {}

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
