import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { AppError, ERRORS } from '../../lib/errors.ts';

export type Side = 'upstream' | 'rondo';

/** An answer as it is kept until the other side has given its own: the text when it is small, always its digest and length. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  text: string | null;
  sha256: string;
  bytes: number;
}

/** A request that the other side has still to get. Its body is here or in a file of the state folder. */
export interface Entry {
  seq: number;
  to: Side;
  lane: string | null;
  method: string;
  /** Path and query as the client sent them. */
  url: string;
  headers: Record<string, string>;
  body: Buffer | null;
  file: string | null;
  /** Null: whether the first side took it is not known, because this process ended before the answer came. */
  answer: KeptAnswer | null;
  /** Sent before, and nobody heard the answer. */
  again: boolean;
}

export type NewRequest = Pick<Entry, 'method' | 'url' | 'headers' | 'body' | 'file'>;

interface Row extends Omit<Entry, 'headers' | 'answer' | 'again' | 'to'> {
  side: Side;
  headers: string;
  answer: string | null;
  again: number;
}

const SCHEMA = `
  create table if not exists facts (name text primary key, value text not null) without rowid;
  create table if not exists intents (
    id integer primary key, side text not null, lane text, method text not null, url text not null, headers text not null,
    body blob, file text);
  create table if not exists entries (
    seq integer primary key autoincrement, side text not null, lane text, method text not null, url text not null,
    headers text not null, body blob, file text, answer text, again integer not null default 0);
  create table if not exists ids (
    kind text not null, known text not null, side text not null, there text not null,
    primary key (kind, known, side)) without rowid;
  create table if not exists made (thing text primary key) without rowid;
  create table if not exists counts (
    route text not null, verdict text not null, number integer not null, primary key (route, verdict)) without rowid;
  create table if not exists examples (
    route text not null, place text not null, verdict text not null, why text, number integer not null, first text not null,
    primary key (route, place, verdict)) without rowid;
`;

/**
 * What the proxy may not forget: which side answers, the writes that the other side has still to get, ids that differ, and the
 * report. Each call is a transaction of its own and is there after `kill -9`; a machine that loses power may lose the last moments.
 */
export class ProxyState {
  readonly folder: string;
  readonly #db: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement>();

  /** Throws CONFLICT when another proxy has it open. */
  constructor(folder: string) {
    this.folder = folder;
    const file = join(folder, 'proxy.db');
    mkdirSync(join(folder, 'bodies'), { recursive: true, mode: 0o700 });
    this.#db = new Sqlite(file, { timeout: 500 });
    chmodSync(file, 0o600);
    try {
      // Held until the process ends, however it ends.
      this.#db.pragma('locking_mode = exclusive');
      this.#db.pragma('journal_mode = wal');
      this.#db.pragma('synchronous = normal');
      this.#db.exec(SCHEMA);
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
      throw new AppError(ERRORS.CONFLICT, `Another proxy works in ${folder}.`, {
        hint: 'One state folder belongs to one proxy.',
      });
    }
    this.#adoptIntents();
    this.#removeStrayBodies();
  }

  close(): void {
    this.#db.close();
  }

  #of(sql: string): Sqlite.Statement {
    let made = this.#statements.get(sql);
    if (!made) this.#statements.set(sql, (made = this.#db.prepare(sql)));
    return made;
  }

  fact(name: string): string | undefined {
    const row = this.#of('select value from facts where name = ?').get(name) as { value: string } | undefined;
    return row?.value;
  }

  setFact(name: string, value: string): void {
    this.#of('insert or replace into facts values (?, ?)').run(name, value);
  }

  /** Who answers clients. */
  get primary(): Side {
    return (this.fact('primary') as Side | undefined) ?? 'upstream';
  }

  bodyFile(name: string): string {
    return join(this.folder, 'bodies', name);
  }

  /** Before the last byte of a write goes out: from here on it cannot have been taken without a trace. */
  intend(to: Side, lane: string | undefined, { method, url, headers, body, file }: NewRequest): number {
    const made = this.#of(
      'insert into intents (side, lane, method, url, headers, body, file) values (?, ?, ?, ?, ?, ?, ?)',
    ).run(to, lane ?? null, method, url, JSON.stringify(headers), body, file);
    return Number(made.lastInsertRowid);
  }

  /** Before the client hears the answer. `null`: nobody knows whether the write was taken. */
  answered(intent: number, lane: string | undefined, answer: KeptAnswer | null): void {
    this.#db.transaction(() => {
      this.#of(`insert into entries (side, lane, method, url, headers, body, file, answer)
        select side, ?, method, url, headers, body, file, ? from intents where id = ?`).run(
        lane ?? null,
        answer && JSON.stringify(answer),
        intent,
      );
      this.#of('delete from intents where id = ?').run(intent);
    })();
  }

  /** The write was not taken, or is none of the other side's business. */
  forget(intent: number): void {
    const row = this.#of('delete from intents where id = ? returning file').get(intent) as
      | { file: string | null }
      | undefined;
    if (row?.file) rmSync(this.bodyFile(row.file), { force: true });
  }

  entriesAfter(seq: number, limit: number): Entry[] {
    const rows = this.#of('select * from entries where seq > ? order by seq limit ?').all(
      seq,
      limit,
    ) as Row[];
    return rows.map(({ side, ...row }) => ({
      ...row,
      to: side,
      headers: JSON.parse(row.headers) as Record<string, string>,
      answer: row.answer === null ? null : (JSON.parse(row.answer) as KeptAnswer),
      again: row.again === 1,
    }));
  }

  sending(seq: number): void {
    this.#of('update entries set again = 1 where seq = ? and again = 0').run(seq);
  }

  done({ seq, file }: Pick<Entry, 'seq' | 'file'>): void {
    this.#of('delete from entries where seq = ?').run(seq);
    if (file) rmSync(this.bodyFile(file), { force: true });
  }

  get lastSeq(): number {
    const row = this.#of('select max(seq) as seq from entries').get() as { seq: number | null };
    return row.seq ?? 0;
  }

  get waiting(): number {
    return (this.#of('select count(*) as number from entries').get() as { number: number }).number;
  }

  /** What a thing that clients call `known` is called on a side; the same when nothing else was noted. */
  ids(side: Side): { kind: string; known: string; there: string }[] {
    return this.#of('select kind, known, there from ids where side = ?').all(side) as never;
  }

  noteId(kind: string, known: string, side: Side, there: string): void {
    this.#of('insert or replace into ids values (?, ?, ?, ?)').run(kind, known, side, there);
  }

  /** A thing that was made through this proxy, so that the other side must have it. */
  noteMade(thing: string): void {
    this.#of('insert or ignore into made values (?)').run(thing);
  }

  wasMade(thing: string): boolean {
    return this.#of('select 1 from made where thing = ?').get(thing) !== undefined;
  }

  count(more: readonly { route: string; verdict: string; number: number }[]): void {
    const add = this.#of(
      `insert into counts values (?, ?, ?)
       on conflict (route, verdict) do update set number = number + excluded.number`,
    );
    this.#db.transaction(() => {
      for (const { route, verdict, number } of more) add.run(route, verdict, number);
    })();
  }

  /** Keeps the first example of each place where the answers of a route differ, at most `most` places in all. */
  example(
    route: string,
    place: string,
    verdict: string,
    why: string | undefined,
    most: number,
    make: () => unknown,
  ) {
    const changed = this.#of(
      'update examples set number = number + 1 where route = ? and place = ? and verdict = ?',
    ).run(route, place, verdict).changes;
    if (changed > 0) return;
    const { number } = this.#of('select count(*) as number from examples where verdict = ?').get(verdict) as {
      number: number;
    };
    if (number >= most) return;
    this.#of('insert into examples values (?, ?, ?, ?, 1, ?)').run(
      route,
      place,
      verdict,
      why ?? null,
      JSON.stringify(make()),
    );
  }

  counts(): { route: string; verdict: string; number: number }[] {
    return this.#of('select * from counts order by route, verdict').all() as never;
  }

  examples(): {
    route: string;
    place: string;
    verdict: string;
    why: string | null;
    number: number;
    first: string;
  }[] {
    return this.#of('select * from examples order by verdict, route, place').all() as never;
  }

  forgetReport(): void {
    this.#db.exec('delete from counts; delete from examples');
  }

  /** Writes whose answer this process did not live to hear. */
  #adoptIntents(): void {
    const rows = this.#of('select id, lane from intents order by id').all() as {
      id: number;
      lane: string | null;
    }[];
    for (const { id, lane } of rows) this.answered(id, lane ?? undefined, null);
  }

  /** Files of uploads that were cut off. */
  #removeStrayBodies(): void {
    const known = this.#of('select file from entries where file is not null').all() as { file: string }[];
    const wanted = new Set(known.map(({ file }) => file));
    for (const name of readdirSync(join(this.folder, 'bodies')))
      if (!wanted.has(name)) rmSync(this.bodyFile(name), { force: true });
  }
}
