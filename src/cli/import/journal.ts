import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Lost } from './source.ts';
import type { WantedRun } from './tally.ts';

/** A run that is here in full, as it was at the source when `mark` was read. */
export interface DoneRun extends WantedRun {
  run_id: string;
  mark: string;
  points: number;
  /** What of it cannot be brought, which is said each time. */
  lost?: Lost[];
}

type Environment = Record<string, string | undefined>;

/**
 * What one import has brought in, in a folder of this machine, so that the same command goes on where it was. A line is written when
 * the server has acknowledged the whole run; a line that was cut by a crash is none. Losing the folder loses no data: then
 * everything is read and compared again.
 */
export class ImportJournal {
  readonly folder: string;
  readonly #done = new Map<string, DoneRun>();
  readonly #file: string;

  constructor(of: { url: string; project: string; source: string }, environment: Environment) {
    const state = environment.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
    const name = createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 24);
    this.folder = join(state, 'rondo', 'imports', name);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#file = join(this.folder, 'runs.ndjson');
    const before = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : '';
    if (before !== '' && !before.endsWith('\n')) appendFileSync(this.#file, '\n');
    for (const line of before.split('\n')) {
      try {
        const done = JSON.parse(line) as DoneRun;
        this.#done.set(done.run_id, done);
      } catch {
        // Cut off, or empty.
      }
    }
  }

  find(run_id: string): DoneRun | undefined {
    return this.#done.get(run_id);
  }

  add(done: DoneRun): void {
    this.#done.set(done.run_id, done);
    appendFileSync(this.#file, `${JSON.stringify(done)}\n`);
  }

  /** From now on no run counts as brought in. */
  forget(): void {
    this.#done.clear();
    rmSync(this.#file, { force: true });
  }

  /** Keeps a report beside it; answers its file. */
  report(value: unknown): string {
    const file = join(this.folder, `report-${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
    writeFileSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
    return file;
  }
}
