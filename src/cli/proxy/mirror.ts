import type { ReadTask } from './deliver.ts';
import type { Entry, ProxyState } from './state.ts';

const MOST_AT_ONCE = 16;
/** Of writes that are held in memory at once; the rest waits in the state folder. */
const WINDOW = 256;
const WINDOW_BYTES = 32_000_000;
const MOST_READS = 500;
const READS_BYTES = 32_000_000;
const LONGEST_PAUSE_MS = 5000;

interface Item {
  lane: string | null;
  bytes: number;
  entry?: Entry;
  read?: ReadTask;
  isRunning: boolean;
}

export interface Deliveries {
  /** Settles when the other side has answered for good; rejects when it could not be asked, which is tried again. */
  write(entry: Entry): Promise<void>;
  read(task: ReadTask): Promise<void>;
}

/**
 * Sends the other side what the first has answered, in the order of its answers: requests about one run one after the other, those
 * about different runs side by side, and everything else alone. Reads wait for the writes before them, so that both sides are
 * asked in the same state; they are left out when the other side is behind.
 */
export class Mirror {
  readonly #state: ProxyState;
  readonly #deliveries: Deliveries;
  readonly #skip: (task: ReadTask) => void;
  #queue: Item[] = [];
  #loaded = 0;
  #running = 0;
  #pause = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #idle: (() => void)[] = [];
  /** Why the other side does not get anything at the moment. */
  trouble: string | undefined;

  constructor(state: ProxyState, deliveries: Deliveries, skip: (task: ReadTask) => void) {
    this.#state = state;
    this.#deliveries = deliveries;
    this.#skip = skip;
  }

  /** There is a new write in the state, or there may be room for one. */
  wake(): void {
    if (this.#isClosed) return;
    this.#load();
    this.#start();
  }

  add(task: ReadTask): void {
    const isBehind = this.#state.lastSeq > this.#loaded || this.trouble !== undefined;
    const reads = this.#queue.filter(({ read }) => read !== undefined);
    const bytes = reads.reduce((sum, each) => sum + each.bytes, 0);
    if (this.#isClosed || isBehind || reads.length >= MOST_READS || bytes > READS_BYTES)
      return this.#skip(task);
    this.#queue.push({ lane: task.lane ?? null, bytes: task.bytes, read: task, isRunning: false });
    this.#start();
  }

  /** Settles when nothing is under way or waits; `false` after that long. */
  async drained(withinMs: number): Promise<boolean> {
    const until = Date.now() + withinMs;
    for (;;) {
      if (this.#queue.length === 0 && this.#state.waiting === 0) return true;
      const left = until - Date.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 200));
        this.#idle.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Sends nothing more; what is under way is sent again by the next process. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Settles when nothing is under way any more, after `close`. */
  async ended(): Promise<void> {
    while (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #load(): void {
    let writes = 0;
    let bytes = 0;
    for (const { entry, bytes: size } of this.#queue)
      if (entry) {
        writes++;
        bytes += size;
      }
    while (writes < WINDOW && bytes < WINDOW_BYTES) {
      const [entry] = this.#state.entriesAfter(this.#loaded, 1);
      if (!entry) return;
      const size = (entry.body?.length ?? 0) + (entry.answer?.text?.length ?? 0) + 1000;
      this.#queue.push({ lane: entry.lane, bytes: size, entry, isRunning: false });
      this.#loaded = entry.seq;
      writes++;
      bytes += size;
    }
  }

  #start(): void {
    if (this.#timer || this.#isClosed) return;
    const before = { lanes: new Set<string>(), writtenLanes: new Set<string>(), any: false, write: false };
    let isReadAlone = false;
    for (const item of this.#queue) {
      if (this.#running >= MOST_AT_ONCE) break;
      const { lane, entry, read } = item;
      const isWrite = entry !== undefined;
      const isFree =
        lane === null
          ? isWrite || read?.isPage === true
            ? !before.any
            : !before.write
          : isWrite
            ? !isReadAlone && !before.lanes.has(lane)
            : !before.writtenLanes.has(lane);
      if (isFree && !item.isRunning) void this.#run(item);
      before.any = true;
      before.write ||= isWrite;
      if (lane === null) {
        if (isWrite) break;
        isReadAlone = true;
      } else {
        before.lanes.add(lane);
        if (isWrite) before.writtenLanes.add(lane);
      }
    }
  }

  async #run(item: Item): Promise<void> {
    item.isRunning = true;
    this.#running++;
    try {
      if (item.entry) await this.#deliveries.write(item.entry);
      else if (item.read) await this.#deliveries.read(item.read);
      this.#pause = 0;
      this.trouble = undefined;
      this.#queue.splice(this.#queue.indexOf(item), 1);
    } catch (error) {
      this.trouble = (error as Error).message;
      if (item.read) {
        this.#skip(item.read);
        this.#queue.splice(this.#queue.indexOf(item), 1);
      }
      this.#rest();
    }
    item.isRunning = false;
    this.#running--;
    for (const tell of this.#idle.splice(0)) tell();
    this.wake();
  }

  /** The other side is left alone for a while, longer each time. */
  #rest(): void {
    if (this.#timer || this.#isClosed) return;
    this.#pause = Math.min(LONGEST_PAUSE_MS, Math.max(50, this.#pause * 2));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.wake();
    }, this.#pause);
  }
}
