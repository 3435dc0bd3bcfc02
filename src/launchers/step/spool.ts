import { appendFileSync, closeSync, openSync, readSync } from 'node:fs';
import type { Chunk } from '../protocol.ts';

const CHUNK_CHARS = 32_000;
const COALESCE_MS = 100;
const BATCH_BYTES = 512_000;
/** All that is kept from the beginning, and from the end after that, of what a step prints. */
export const HEAD_BYTES = 8_000_000;
export const TAIL_BYTES = 256_000;

/**
 * What a step prints, as numbered chunks in a file of the attempt, sent in order; the file is the buffer while the server is
 * away. Of a flood the head and the tail are kept, and a note says how much lies between.
 */
export class LogSpool {
  readonly #file: string;
  readonly #send: (chunks: Chunk[]) => Promise<number>;
  readonly #open: Record<'out' | 'err', { text: string; decoder: TextDecoder }>;
  #timer: NodeJS.Timeout | undefined;
  #seq = 0;
  #kept = 0;
  #tail: { stream: 'out' | 'err'; text: string }[] = [];
  #tailBytes = 0;
  #dropped = 0;
  #offset = 0;
  #sending: Promise<void> | undefined;
  #failure: unknown;
  #recent = '';

  constructor(file: string, send: (chunks: Chunk[]) => Promise<number>) {
    this.#file = file;
    this.#send = send;
    this.#open = { out: fresh(), err: fresh() };
  }

  write(stream: 'out' | 'err', bytes: Uint8Array): void {
    const open = this.#open[stream];
    open.text += open.decoder.decode(bytes, { stream: true });
    if (open.text.length >= CHUNK_CHARS) this.#flushOpen(stream);
    this.#timer ??= setTimeout(() => this.#flushBoth(), COALESCE_MS);
  }

  /** A line of Rondo's own in the step's log. */
  note(text: string): void {
    this.#flushBoth();
    this.#append('note', text);
  }

  /** The last lines of standard error, for the text of a failure. */
  lastErrors(): string {
    this.#flushBoth();
    return this.#recent.trimEnd();
  }

  /** Settles when everything printed is with the server. Throws what the server refused it with. */
  async close(): Promise<void> {
    this.#flushBoth();
    if (this.#dropped > 0) {
      this.#append(
        'note',
        `\n… ${this.#dropped.toLocaleString('en')} bytes are left out here: a step's log keeps ${HEAD_BYTES / 1e6} MB of its beginning and ${TAIL_BYTES / 1e3} kB of its end.\n`,
      );
    }
    for (const part of this.#tail.splice(0)) this.#append(part.stream, part.text);
    while (this.#sending) await this.#sending;
    if (this.#failure) throw this.#failure;
  }

  #flushBoth(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushOpen('out');
    this.#flushOpen('err');
  }

  #flushOpen(stream: 'out' | 'err'): void {
    const { text } = this.#open[stream];
    this.#open[stream].text = '';
    if (text === '') return;
    if (stream === 'err') this.#recent = (this.#recent + text).slice(-2000);
    for (let at = 0; at < text.length; at += CHUNK_CHARS)
      this.#keep(stream, text.slice(at, at + CHUNK_CHARS));
  }

  #keep(stream: 'out' | 'err', text: string): void {
    const bytes = Buffer.byteLength(text);
    if (this.#kept + bytes <= HEAD_BYTES && this.#tail.length === 0) {
      this.#kept += bytes;
      this.#append(stream, text);
      return;
    }
    this.#tail.push({ stream, text });
    this.#tailBytes += bytes;
    while (this.#tailBytes > TAIL_BYTES && this.#tail.length > 1) {
      const gone = Buffer.byteLength(this.#tail.shift()?.text ?? '');
      this.#tailBytes -= gone;
      this.#dropped += gone;
    }
  }

  #append(stream: Chunk['stream'], text: string): void {
    const chunk: Chunk = { seq: this.#seq++, time: Date.now(), stream, text };
    appendFileSync(this.#file, `${JSON.stringify(chunk)}\n`, { mode: 0o600 });
    this.#pump();
  }

  #pump(): void {
    if (this.#sending || this.#failure) return;
    this.#sending = this.#drain()
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#sending = undefined;
      });
  }

  async #drain(): Promise<void> {
    for (;;) {
      await new Promise(setImmediate);
      const chunks = this.#read();
      if (chunks.length === 0) return;
      await this.#send(chunks);
    }
  }

  /** The next whole lines of the file. */
  #read(): Chunk[] {
    const file = openSync(this.#file, 'r');
    try {
      const buffer = Buffer.alloc(BATCH_BYTES);
      const size = readSync(file, buffer, 0, buffer.length, this.#offset);
      const end = buffer.lastIndexOf(10, size - 1) + 1;
      if (size === 0 || end === 0) return [];
      this.#offset += end;
      const lines = buffer.toString('utf8', 0, end).split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Chunk);
    } finally {
      closeSync(file);
    }
  }
}

const fresh = () => ({ text: '', decoder: new TextDecoder() });
