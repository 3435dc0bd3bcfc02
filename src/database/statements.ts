import { CompiledQuery } from 'kysely';
import type { Capabilities, Reader } from './database.ts';

export type Engine = Capabilities['engine'];

/** The form of placeholders the engine reads; `text` writes each as `?`. */
export function placeholders(engine: Engine, text: string): string {
  if (engine === 'sqlite') return text;
  let count = 0;
  return text.replace(/\?/g, () => `$${++count}`);
}

/** Runs a statement whose text was made once, past the query builder, for the paths where each microsecond counts. */
export async function run<T>(reader: Reader, text: string, values: readonly unknown[]): Promise<T[]> {
  const { rows } = await reader.executeQuery<T>(CompiledQuery.raw(text, values as unknown[]));
  return rows;
}

/** Texts of one statement for 1, 2, … rows of `width` values; made on first use, long lists go in pieces of `LARGEST`. */
export class RowStatement {
  readonly #texts: string[] = [];
  readonly #engine: Engine;
  readonly #before: string;
  readonly #width: number;
  readonly #after: string;

  constructor(engine: Engine, before: string, width: number, after: string) {
    this.#engine = engine;
    this.#before = before;
    this.#width = width;
    this.#after = after;
  }

  /** How many rows were inserted or changed. */
  async run(reader: Reader, rows: readonly (readonly unknown[])[]): Promise<number> {
    let changed = 0;
    for (let start = 0; start < rows.length; start += LARGEST) {
      const piece = start === 0 && rows.length <= LARGEST ? rows : rows.slice(start, start + LARGEST);
      const query = CompiledQuery.raw(this.#text(piece.length), piece.flat());
      changed += Number((await reader.executeQuery(query)).numAffectedRows ?? 0n);
    }
    return changed;
  }

  #text(count: number): string {
    const known = this.#texts[count];
    if (known !== undefined) return known;
    const row = `(${Array.from({ length: this.#width }, () => '?').join(',')})`;
    const text = `${this.#before} values ${Array.from({ length: count }, () => row).join(',')} ${this.#after}`;
    return (this.#texts[count] = placeholders(this.#engine, text));
  }
}

const LARGEST = 100;
