import { randomUUID } from 'node:crypto';
import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely';
import { type Database, inSight, type Tables, type Tx } from '../database/index.ts';
import { RowStatement } from '../database/statements.ts';
import { atMostEvery } from '../lib/at-most-every.ts';
import { sees, type Sight } from '../lib/contract/index.ts';

/** A fact that happened, in CloudEvents 1.0 terms. `data` is JSON. */
export interface RondoEvent<D = unknown> {
  /** CloudEvents `id`; handlers are idempotent by it. */
  id: string;
  /** For example `dataset.version.created`. */
  type: string;
  /** The room that wrote it. */
  source: string;
  /** URN of the thing it is about. */
  subject: string;
  project: string | null;
  /** Wall clock, epoch ms. */
  time: number;
  data: D;
  /** Position in the log: opaque, grows; the SSE `Last-Event-ID`. */
  cursor: string;
}

export type NewEvent<D = unknown> = Pick<RondoEvent<D>, 'type' | 'source' | 'subject' | 'project' | 'data'>;

interface EventTable {
  id: number;
  xid: number;
  event_id: string;
  type: string;
  source: string;
  subject: string;
  project: string | null;
  time: number;
  data: string;
}

declare module '../database/tables.ts' {
  interface Tables {
    events: EventTable;
    event_cursors: { subscriber: string; xid: number; id: number; owner: string | null; lease_until: number };
    event_failures: { subscriber: string; event_id: string; error: string; failed_at: number };
  }
}

/** Whose events somebody may see: those of projects in view, and what happened to people only where they administer. */
export interface Watch {
  view: Sight;
  administer: Sight;
}

/** The room whose events are about people. */
const PEOPLE = 'identity';

export const watches = (watch: Watch, event: Pick<RondoEvent, 'source' | 'project'>): boolean =>
  sees(event.source === PEOPLE ? watch.administer : watch.view, event.project);

const watched = (eb: ExpressionBuilder<Tables, 'events'>, { view, administer }: Watch) =>
  eb.or([
    eb.and([eb('source', '!=', PEOPLE), inSight(eb, 'project', view)]),
    eb.and([eb('source', '=', PEOPLE), inSight(eb, 'project', administer)]),
  ]);

export interface Position {
  xid: number;
  id: number;
}

export const START: Position = { xid: 0, id: 0 };

export interface Events {
  /** Writes facts in the transaction of the change they report. */
  append(tx: Tx, ...events: NewEvent[]): Promise<void>;
  /** Settled events after a position, oldest first. An event never appears before a position that was already returned. */
  after(
    position: Position,
    options?: { types?: readonly string[]; project?: string; limit?: number },
  ): Promise<RondoEvent[]>;
  /** Newest first, for activity lists. */
  recent(options?: {
    project?: string;
    subject?: string;
    types?: readonly string[];
    limit?: number;
    before?: string;
    watch?: Watch;
  }): Promise<RondoEvent[]>;
  /** Position behind the newest settled event. */
  head(): Promise<Position>;
  /** Position of the newest committed event, settled or not: who has passed it has seen everything. */
  newest(): Promise<Position>;
  /** Called when there may be new events; lossy and coalesced. */
  onNews(listener: () => void): () => void;
}

const CHANNEL = 'rondo_events';
/** First wait for an older transaction to end. */
const SETTLE_MS = 20;
/** Least time between two calls of the listeners where each asks the database over the network. */
const NEWS_MS = 20;
/** Least time between two calls of the other replicas, who are late by this much at most. */
const CALL_MS = 50;

/** The append-only log of facts. Cursors follow `(transaction, id)` below the oldest running transaction, so that none is missed. */
export async function createEvents(database: Database): Promise<Events> {
  const listeners = new Set<() => void>();
  const insert = new RowStatement(database.capabilities.engine, {
    table: 'events',
    columns: {
      event_id: 'text',
      type: 'text',
      source: 'text',
      subject: 'text',
      project: 'text',
      time: 'bigint',
      data: 'text',
    },
    then: '',
  });
  const settled = sql<boolean>`xid < ${database.capabilities.settledBelow}`;
  const any = sql<boolean>`1 = 1`;
  // On SQLite every row has the transaction number 0, and a pair would be looked for among all rows.
  const behind = ({ xid, id }: Position) =>
    database.capabilities.engine === 'sqlite'
      ? sql<boolean>`xid = ${xid} and id > ${id}`
      : sql<boolean>`(xid, id) > (${xid}, ${id})`;
  const isShared = database.capabilities.engine === 'postgres';
  const me = randomUUID();
  let fresh = false;
  let settling: Promise<void> | undefined;
  const tell = atMostEvery(isShared ? NEWS_MS : 0, () => {
    for (const listener of listeners) listener();
    if (!isShared || listeners.size === 0) return;
    settling ??= tellSettled()
      .catch(() => {}) // the database is away or closing
      .finally(() => {
        settling = undefined;
      });
  });
  // After the commit, not within it: a transaction that notifies holds up the commit of every other that does.
  const call = atMostEvery(CALL_MS, () => void database.broadcast(CHANNEL, me).catch(() => {}));

  /** An older transaction may hold back an event that was told of: it is told of again when it can be read. */
  async function tellSettled(): Promise<void> {
    const isSettled = async () => (await last(settled)).id === (await last(any)).id;
    let done = await isSettled();
    for (let wait = SETTLE_MS; !done; wait = Math.min(wait * 2, 500)) {
      await new Promise((resolve) => setTimeout(resolve, wait).unref());
      done = await isSettled();
      for (const listener of listeners) listener();
    }
  }

  database.onCommit(() => {
    if (!fresh) return;
    fresh = false;
    tell();
    if (isShared) call();
  });
  await database.listen(CHANNEL, (from) => {
    if (from !== me) tell();
  });

  async function last(which: RawBuilder<boolean>): Promise<Position> {
    const row = await database.read
      .selectFrom('events')
      .select(['xid', 'id'])
      .where(which)
      .orderBy('xid', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row ?? START;
  }

  return {
    async append(tx, ...events) {
      fresh = true;
      const now = Date.now();
      const rows = events.map(({ type, source, subject, project, data }) => [
        randomUUID(),
        type,
        source,
        subject,
        project,
        now,
        JSON.stringify(data ?? {}),
      ]);
      await insert.run(tx, rows);
    },
    async after(position, options = {}) {
      let query = database.read
        .selectFrom('events')
        .selectAll()
        .where(behind(position))
        .where(settled)
        .orderBy('xid')
        .orderBy('id')
        .limit(options.limit ?? 200);
      if (options.types) query = query.where('type', 'in', options.types);
      if (options.project)
        query = query.where((eb) =>
          eb.or([eb('project', '=', options.project ?? ''), eb('project', 'is', null)]),
        );
      return (await query.execute()).map(toEvent);
    },
    async recent(options = {}) {
      let query = database.read
        .selectFrom('events')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(options.limit ?? 50);
      if (options.project) query = query.where('project', '=', options.project);
      if (options.watch) query = query.where((eb) => watched(eb, options.watch as Watch));
      if (options.subject) query = query.where('subject', '=', options.subject);
      if (options.types) query = query.where('type', 'in', options.types);
      if (options.before) query = query.where('id', '<', parseCursor(options.before).id);
      return (await query.execute()).map(toEvent);
    },
    head: () => last(settled),
    newest: () => last(any),
    onNews(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const cursorOf = (position: Position): string => `${position.xid}.${position.id}`;

export function parseCursor(text: string): Position {
  const [xid, id] = text.split('.').map(Number);
  return Number.isSafeInteger(xid) && Number.isSafeInteger(id)
    ? { xid: xid as number, id: id as number }
    : START;
}

function toEvent(row: EventTable): RondoEvent {
  return {
    id: row.event_id,
    type: row.type,
    source: row.source,
    subject: row.subject,
    project: row.project,
    time: row.time,
    data: JSON.parse(row.data) as unknown,
    cursor: cursorOf(row),
  };
}
