import { AppError } from '../lib/errors.ts';
import { backoffDelay } from '../lib/retry.ts';
import { type Connection, send, uploadArtifact } from './connection.ts';
import type { Entry, Journal, Pair, Point } from './journal.ts';

/** Items of one `log-batch` request, in all and of each kind. */
const MOST = { items: 1000, metrics: 1000, params: 100, tags: 100 };
/** Entries that come within this time go together. */
const GATHER_MS = 100;
const BACKOFF = { baseMs: 200, capMs: 10_000 };

interface Batch {
  metrics: Point[];
  params: Pair[];
  tags: Pair[];
}

export interface Refused {
  what: string;
  why: string;
}

/**
 * Sends a run's journal to the server in the background, in order and in batches. Asks again for as long as the process lives
 * while the server is away; what the server refuses for good is left out by itself and told of, so that it holds up nothing else.
 * Sending twice does no harm: equal points are one, params and tags are set to what they are.
 */
export class Sender {
  readonly #connection: Connection;
  readonly #journal: Journal;
  readonly #tell: (refused: Refused) => void;
  #running: Promise<void> | undefined;
  #attempt = 0;
  #ended = false;

  constructor(connection: Connection, journal: Journal, tell: (refused: Refused) => void) {
    this.#connection = connection;
    this.#journal = journal;
    this.#tell = tell;
  }

  /** Sends soon; returns at once. */
  wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#journal.waiting.length > 0 && !this.#ended) this.wake();
    });
  }

  /** True when all is acknowledged, false when `ms` passed before. */
  async drained(ms: number): Promise<boolean> {
    const until = Date.now() + ms;
    while (this.#journal.waiting.length > 0 && !this.#ended) {
      if (Date.now() > until) return false;
      this.wake();
      const left = new Promise((resolve) => setTimeout(resolve, Math.min(50, ms)));
      await Promise.race([this.#running, left]);
    }
    return true;
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    while (this.#journal.waiting.length > 0 && !this.#ended) {
      try {
        await this.#sendNext();
        this.#attempt = 0;
      } catch {
        this.#attempt++;
        // Nothing keeps a process alive whose server is away: the journal does not forget.
        await new Promise((resolve) => setTimeout(resolve, backoffDelay(this.#attempt, BACKOFF)).unref());
      }
    }
  }

  async #sendNext(): Promise<void> {
    const [first] = this.#journal.waiting;
    const alone = first && this.#alone(first);
    if (alone) {
      await this.#unlessRefused(alone.what, alone.send);
      this.#journal.acknowledge(1);
      return;
    }
    const { batch, entries } = gather(this.#journal.waiting);
    await this.#deliver(batch);
    if (!this.#ended) this.#journal.acknowledge(entries);
  }

  /** What is no part of a batch. */
  #alone({ end, call, file }: Entry): { what: string; send(): Promise<unknown> } | undefined {
    if (end) return { what: 'its end', send: () => this.#call('runs/update', end) };
    if (call) return { what: `its request ${call.path}`, send: () => this.#call(call.path, call.body) };
    if (!file) return undefined;
    const send = async () => {
      const bytes = await this.#journal.bytesOf(file.kept).catch((cause: Error) => {
        throw new AppError({ code: 'JOURNAL_FILE', status: 410 }, cause.message, { cause });
      });
      await uploadArtifact(this.#connection, file.to, bytes);
    };
    return { what: `file '${file.to}'`, send };
  }

  async #deliver(batch: Batch): Promise<void> {
    const items = itemsOf(batch);
    if (items.length === 0) return;
    try {
      await this.#call('runs/log-batch', { ...batch });
    } catch (error) {
      if (!isFinal(error)) throw error;
      if (items.length === 1 || ofTheRun(error)) return this.#refuse(items, error);
      const half = Math.ceil(items.length / 2);
      await this.#deliver(batchOf(items.slice(0, half)));
      if (!this.#ended) await this.#deliver(batchOf(items.slice(half)));
    }
  }

  async #unlessRefused(what: string, call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!isFinal(error)) throw error;
      this.#tell({ what, why: (error as Error).message });
    }
  }

  #refuse(items: readonly Item[], error: unknown): void {
    const why = (error as Error).message;
    if (ofTheRun(error)) {
      // The journal stays: the run may be taken out of the trash again, or a token be renewed.
      this.#ended = true;
      this.#tell({ what: `the run ${this.#journal.header.run_id}`, why });
      return;
    }
    for (const { kind, item } of items) this.#tell({ what: `${kind.slice(0, -1)} '${item.key}'`, why });
  }

  #call(path: string, body: object): Promise<unknown> {
    const text = JSON.stringify({ run_id: this.#journal.header.run_id, ...body });
    return send(this.#connection, 'POST', `/api/2.0/mlflow/${path}`, {
      body: text,
      headers: { 'content-type': 'application/json' },
    }).then((answer) => answer.arrayBuffer());
  }
}

/** Refused for what it is: asking again would change nothing. */
const isFinal = (error: unknown): boolean =>
  error instanceof AppError && error.status < 500 && ![408, 429].includes(error.status);

/** Refused for the run or for who asks, not for an item of it. */
const ofTheRun = (error: unknown): boolean =>
  error instanceof AppError &&
  ([401, 403].includes(error.status) ||
    error.code === 'RESOURCE_DOES_NOT_EXIST' ||
    /must be in the 'active' state/.test(error.message));

type Item = { kind: 'metrics'; item: Point } | { kind: 'params' | 'tags'; item: Pair };

const itemsOf = ({ metrics, params, tags }: Batch): Item[] => [
  ...params.map((item) => ({ kind: 'params' as const, item })),
  ...metrics.map((item) => ({ kind: 'metrics' as const, item })),
  ...tags.map((item) => ({ kind: 'tags' as const, item })),
];

function batchOf(items: readonly Item[]): Batch {
  const batch: Batch = { metrics: [], params: [], tags: [] };
  for (const { kind, item } of items) (batch[kind] as (Point | Pair)[]).push(item);
  return batch;
}

/** The first entries that fit into one request; a param that comes again begins the next one. */
function gather(waiting: readonly Entry[]): { batch: Batch; entries: number } {
  const batch: Batch = { metrics: [], params: [], tags: [] };
  const keys = new Set<string>();
  let entries = 0;
  let items = 0;
  for (const { metrics = [], params = [], tags = [], end, call, file } of waiting) {
    const more = metrics.length + params.length + tags.length;
    const fits =
      batch.metrics.length + metrics.length <= MOST.metrics &&
      batch.params.length + params.length <= MOST.params &&
      batch.tags.length + tags.length <= MOST.tags &&
      items + more <= MOST.items &&
      !params.some(({ key }) => keys.has(key));
    if (end || call || file || (entries > 0 && !fits)) break;
    batch.metrics.push(...metrics);
    batch.params.push(...params);
    batch.tags.push(...tags);
    for (const { key } of params) keys.add(key);
    entries++;
    items += more;
  }
  return { batch, entries };
}

/** Sends what earlier processes could not; a journal whose end was acknowledged is removed. Returns how many runs were finished. */
export async function sendLeftBehind(
  connection: Connection,
  journals: readonly Journal[],
  tell: (refused: Refused) => void,
  ms: number,
): Promise<number> {
  let sent = 0;
  for (const journal of journals) {
    const own = { ...connection, project: journal.header.project };
    if (!(await new Sender(own, journal, tell).drained(ms)) || journal.waiting.length > 0) continue;
    journal.remove();
    sent++;
  }
  return sent;
}
