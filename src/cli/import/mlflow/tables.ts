import { invalid } from '../../../lib/errors.ts';

export type Row = Record<string, unknown>;

/** Tables of somebody else's database; nothing is written. Placeholders are `?`. */
export interface Tables {
  has(table: string): Promise<boolean>;
  all(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Row by row, in bounded memory. */
  each(sql: string, values?: readonly unknown[]): AsyncIterable<Row>;
  close(): Promise<void>;
}

const AT_ONCE = 5000;

/** `sqlite:///relative.db`, `sqlite:////absolute.db`, `postgresql://…` with or without a driver's name. */
export async function openTables(url: string): Promise<Tables> {
  const scheme = /^([a-z0-9]+)(\+[a-z0-9]+)?:/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'sqlite') return openSqlite(url.replace(/^sqlite(\+[a-z0-9]+)?:\/\/\//i, ''));
  if (scheme === 'postgresql' || scheme === 'postgres')
    return openPostgres(url.replace(/^[a-z]+(\+[a-z0-9]+)?:/i, 'postgresql:'));
  throw invalid(
    `Databases of ${scheme ?? 'this kind'} cannot be read.`,
    'Start `mlflow server` on it and import from its address.',
  );
}

async function openSqlite(file: string): Promise<Tables> {
  const { default: Sqlite } = await import('better-sqlite3');
  const open = () => new Sqlite(file, { readonly: true, fileMustExist: true });
  const main = open();
  return {
    has: async (table) =>
      main.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table) !== undefined,
    all: async (sql, values = []) => main.prepare(sql).all(...values) as Row[],
    // A connection that iterates can do nothing else meanwhile.
    async *each(sql, values = []) {
      const reading = open();
      try {
        yield* reading.prepare(sql).iterate(...values) as Iterable<Row>;
      } finally {
        reading.close();
      }
    },
    close: async () => void main.close(),
  };
}

async function openPostgres(url: string): Promise<Tables> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin isolation level repeatable read read only');
  const numbered = (sql: string) => {
    let count = 0;
    return sql.replace(/\?/g, () => `$${++count}`);
  };
  let cursors = 0;
  return {
    async has(table) {
      const found = await client.query('select to_regclass($1) as name', [table]);
      return (found.rows as Row[])[0]?.name !== null;
    },
    all: async (sql, values = []) => (await client.query(numbered(sql), [...values])).rows as Row[],
    async *each(sql, values = []) {
      const cursor = `rondo_${++cursors}`;
      await client.query(`declare ${cursor} no scroll cursor for ${numbered(sql)}`, [...values]);
      try {
        for (;;) {
          const { rows } = await client.query(`fetch ${AT_ONCE} from ${cursor}`);
          yield* rows as Row[];
          if (rows.length < AT_ONCE) return;
        }
      } finally {
        await client.query(`close ${cursor}`);
      }
    },
    close: () => client.end(),
  };
}
