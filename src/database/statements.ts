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

export type ColumnType = 'bigint' | 'double precision' | 'text';

export interface Into {
  table: string;
  /** In the order of the values of a row. */
  columns: Readonly<Record<string, ColumnType>>;
  /** Conflict clause and `returning`. */
  then: string;
}

/**
 * Inserts rows in few statements. On SQLite there is a text for each number of rows, made on first use; on PostgreSQL one text for
 * all, which takes a column as one array, so that it is parsed and planned once.
 */
export class RowStatement {
  readonly #texts: string[] = [];
  readonly #engine: Engine;
  readonly #into: Into;
  readonly #types: readonly ColumnType[];

  constructor(engine: Engine, into: Into) {
    this.#engine = engine;
    this.#into = into;
    this.#types = Object.values(into.columns);
  }

  /** How many rows were inserted or changed. */
  async run(reader: Reader, rows: readonly Values[]): Promise<number> {
    let changed = 0;
    for (const query of this.#queries(rows))
      changed += Number((await reader.executeQuery(query)).numAffectedRows ?? 0n);
    return changed;
  }

  /** What the statement returns, in no order. */
  async returned<T>(reader: Reader, rows: readonly Values[]): Promise<T[]> {
    const found: T[] = [];
    for (const query of this.#queries(rows)) found.push(...(await reader.executeQuery<T>(query)).rows);
    return found;
  }

  *#queries(rows: readonly Values[]): Generator<CompiledQuery> {
    const most = MOST_ROWS[this.#engine];
    for (let start = 0; start < rows.length; start += most) {
      const piece = start === 0 && rows.length <= most ? rows : rows.slice(start, start + most);
      yield CompiledQuery.raw(
        this.#text(piece.length),
        this.#engine === 'sqlite'
          ? piece.flat()
          : this.#types.map((type, at) => {
              const column = piece.map((row) => row[at] ?? null);
              // Texts are quoted by the driver.
              return type === 'text' ? column : `{${column.map((value) => value ?? 'NULL').join(',')}}`;
            }),
      );
    }
  }

  #text(count: number): string {
    const at = this.#engine === 'sqlite' ? count : 0;
    return (this.#texts[at] ??= this.#make(count));
  }

  #make(count: number): string {
    const { table, columns, then } = this.#into;
    const before = `insert into ${table} (${Object.keys(columns).join(', ')})`;
    if (this.#engine === 'postgres')
      return `${before} select * from unnest(${this.#types.map((type, at) => `$${at + 1}::${type}[]`).join(', ')}) ${then}`;
    const row = `(${this.#types.map(() => '?').join(',')})`;
    return `${before} values ${Array.from({ length: count }, () => row).join(',')} ${then}`;
  }
}

type Values = readonly (string | number | null | undefined)[];

/** SQLite has one parameter for each value, and a text for each number of rows. */
const MOST_ROWS = { sqlite: 100, postgres: 5000 };
