import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isAlive, type ProcessId, self } from '../lib/process-id.ts';

export interface Point {
  key: string;
  /** NaN and the infinities as text, as proto JSON has them. */
  value: number | string;
  timestamp: number;
  step: number;
}
export interface Pair {
  key: string;
  value: string;
}

/** One thing that a run said, in the words of MLflow's `log-batch`, or how it ended. */
export interface Entry {
  metrics?: Point[];
  params?: Pair[];
  tags?: Pair[];
  /** A request of MLflow's API that may be sent twice. */
  call?: { path: string; body: object };
  /** Bytes that lie beside the journal, and where they go in the artifact store. */
  file?: { to: string; kept: string };
  end?: { status: string; end_time: number };
}

interface Header {
  url: string;
  project: string;
  run_id: string;
  owner: ProcessId;
}

type Line = Header | Entry | { done: number };
type Environment = Record<string, string | undefined>;

const folderOf = (environment: Environment): string =>
  join(environment.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'rondo', 'runs');

/**
 * What a run logged, in a file of this machine, until the server has acknowledged it: a line for each entry, written before the
 * call returns, so that a killed process loses nothing of it (a machine that loses power may lose the last seconds). It holds no token.
 */
export class Journal {
  readonly file: string;
  readonly header: Header;
  readonly #entries: Entry[];
  #acknowledged: number;
  #files = 0;
  #isBroken = false;

  private constructor(file: string, header: Header, entries: Entry[], acknowledged: number) {
    this.file = file;
    this.header = header;
    this.#entries = entries;
    this.#acknowledged = acknowledged;
  }

  static begin(of: Omit<Header, 'owner'>, environment: Environment = process.env): Journal {
    const folder = folderOf(environment);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch {
      // Writing to it says so.
    }
    const header = { ...of, owner: self() };
    const journal = new Journal(freeName(folder, of.run_id), header, [], 0);
    journal.#write(header);
    return journal;
  }

  /** Journals that dead processes left for this server. */
  static leftBehind(url: string, environment: Environment = process.env): Journal[] {
    const folder = folderOf(environment);
    let names: string[];
    try {
      names = readdirSync(folder).filter((name) => name.endsWith('.ndjson'));
    } catch {
      return [];
    }
    return names.flatMap((name) => {
      const journal = Journal.#read(join(folder, name));
      return journal && journal.header.url === url && !isAlive(journal.header.owner) ? [journal] : [];
    });
  }

  static #read(file: string): Journal | undefined {
    const lines: Line[] = [];
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      try {
        if (text !== '') lines.push(JSON.parse(text) as Line);
      } catch {
        break; // the last line of a process that was killed while it wrote it: its caller was never answered
      }
    }
    const header = lines.find((line): line is Header => 'run_id' in line);
    if (!header) return undefined;
    const entries = lines.filter((line): line is Entry => !('run_id' in line || 'done' in line));
    const done = lines.reduce((most, line) => ('done' in line ? Math.max(most, line.done) : most), 0);
    return new Journal(file, header, entries.slice(done), done);
  }

  /** Entries that the server has not acknowledged, oldest first. */
  get waiting(): readonly Entry[] {
    return this.#entries;
  }

  add(entry: Entry): void {
    this.#write(entry);
    this.#entries.push(entry);
  }

  /** Keeps the bytes until they are acknowledged. Throws what the disk says: then nothing was added. */
  async addFile(to: string, bytes: Uint8Array | string): Promise<void> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const kept = String(this.#files++);
    await writeFile(join(this.#folder, kept), bytes, { mode: 0o600 });
    this.add({ file: { to, kept } });
  }

  bytesOf(kept: string): Promise<Uint8Array> {
    return readFile(join(this.#folder, kept));
  }

  acknowledge(count: number): void {
    for (const { file } of this.#entries.splice(0, count)) if (file) gone(join(this.#folder, file.kept));
    this.#acknowledged += count;
    this.#write({ done: this.#acknowledged });
  }

  remove(): void {
    gone(this.file);
    gone(this.#folder);
  }

  get #folder(): string {
    return this.file.replace(/ndjson$/, 'files');
  }

  /** A disk that is full harms no training: what was logged is then in memory alone, as one warning says. */
  #write(line: Line): void {
    try {
      appendFileSync(this.file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch (error) {
      if (!this.#isBroken)
        console.warn(`Rondo cannot write ${this.file}: ${(error as Error).message}. It keeps on without it.`);
      this.#isBroken = true;
    }
  }
}

/** Processes that log to one run have a journal each. */
function freeName(folder: string, run: string): string {
  for (let at = 0; ; at++) {
    const file = join(folder, `${run}${at === 0 ? '' : `-${at}`}.ndjson`);
    try {
      closeSync(openSync(file, 'wx', 0o600));
      return file;
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') return file;
    }
  }
}

function gone(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It was never there.
  }
}
