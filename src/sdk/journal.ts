import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

  private constructor(file: string, header: Header, entries: Entry[], acknowledged: number) {
    this.file = file;
    this.header = header;
    this.#entries = entries;
    this.#acknowledged = acknowledged;
  }

  static begin(of: Omit<Header, 'owner'>, environment: Environment = process.env): Journal {
    const folder = folderOf(environment);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const header = { ...of, owner: self() };
    const journal = new Journal(join(folder, `${of.run_id}.ndjson`), header, [], 0);
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

  acknowledge(count: number): void {
    this.#entries.splice(0, count);
    this.#acknowledged += count;
    this.#write({ done: this.#acknowledged });
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }

  #write(line: Line): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }
}
