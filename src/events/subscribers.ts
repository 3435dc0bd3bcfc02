import type { Database } from '../database/index.ts';
import { ownerName } from '../lib/process-id.ts';
import { type Events, parseCursor, type Position, type RondoEvent, START } from './events.ts';

export interface Subscriber {
  /** Name of the durable cursor; permanent. */
  name: string;
  /** `*` hears every event. */
  types: readonly string[] | '*';
  /** At least once; idempotent by `event.id`. */
  handle(event: RondoEvent): Promise<void>;
}

const LEASE_MS = 15_000;
const RETRIES = 5;

/**
 * Delivers each settled event to each subscriber in order, at least once, on one replica at a time.
 * An event whose handler fails five times is parked in `event_failures` and the subscriber goes on.
 */
export class Subscriptions {
  readonly #owner = ownerName();
  readonly #pumps: Pump[] = [];
  readonly #database: Database;
  readonly #events: Events;
  #stop: (() => void) | undefined;

  constructor(database: Database, events: Events) {
    this.#database = database;
    this.#events = events;
  }

  add(subscriber: Subscriber): void {
    this.#pumps.push(new Pump(subscriber, this.#owner, this.#database, this.#events));
  }

  start(): void {
    const wake = () => {
      for (const pump of this.#pumps) pump.wake();
    };
    const forget = this.#events.onNews(wake);
    const timer = setInterval(wake, 1000); // lost signals, leases of dead replicas, unsettled transactions
    timer.unref();
    this.#stop = () => {
      forget();
      clearInterval(timer);
    };
    wake();
  }

  async stop(): Promise<void> {
    this.#stop?.();
    await Promise.all(this.#pumps.map((pump) => pump.stop()));
  }

  /** Whether every subscriber has handled all that is committed now. */
  async isCaughtUp(): Promise<boolean> {
    const head = await this.#events.newest();
    const behind = await Promise.all(this.#pumps.map((pump) => pump.isBehind(head)));
    return !behind.includes(true);
  }

  /** Settles when every subscriber has handled all that is committed now. */
  async caughtUp(): Promise<void> {
    const head = await this.#events.newest();
    for (const pump of this.#pumps) await pump.reached(head);
  }
}

class Pump {
  #again = false;
  #running: Promise<void> | undefined;
  #stopped = false;
  readonly #subscriber: Subscriber;
  readonly #owner: string;
  readonly #database: Database;
  readonly #events: Events;

  constructor(subscriber: Subscriber, owner: string, database: Database, events: Events) {
    this.#subscriber = subscriber;
    this.#owner = owner;
    this.#database = database;
    this.#events = events;
  }

  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again) this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again = false;
    await this.#running;
    await this.#database
      .write((tx) =>
        tx
          .updateTable('event_cursors')
          .set({ owner: null, lease_until: 0 })
          .where('subscriber', '=', this.#subscriber.name)
          .where('owner', '=', this.#owner)
          .execute(),
      )
      .catch(() => {});
  }

  async isBehind(head: Position): Promise<boolean> {
    if (head.id === 0) return false;
    const row = await this.#database.read
      .selectFrom('event_cursors')
      .select(['xid', 'id'])
      .where('subscriber', '=', this.#subscriber.name)
      .executeTakeFirst();
    return !row || row.xid < head.xid || (row.xid === head.xid && row.id < head.id);
  }

  async reached(head: Position): Promise<void> {
    while (await this.isBehind(head)) {
      this.wake();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        const position = await this.#lease();
        if (!position) return;
        await this.#deliver(position);
      }
    } catch {
      // The database is away or closing; the timer wakes this pump again.
    }
  }

  /** Takes or renews the lease; undefined when another replica holds it. */
  async #lease(): Promise<Position | undefined> {
    const now = Date.now();
    return this.#database.write(async (tx) => {
      await tx
        .insertInto('event_cursors')
        .values({ subscriber: this.#subscriber.name, ...START, owner: null, lease_until: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return tx
        .updateTable('event_cursors')
        .set({ owner: this.#owner, lease_until: now + LEASE_MS })
        .where('subscriber', '=', this.#subscriber.name)
        .where((eb) => eb.or([eb('owner', '=', this.#owner), eb('lease_until', '<', now)]))
        .returning(['xid', 'id'])
        .executeTakeFirst();
    });
  }

  async #deliver(from: Position): Promise<void> {
    let position = from;
    for (;;) {
      const events = await this.#events.after(position, { limit: 100 });
      if (events.length === 0 || this.#stopped) return;
      for (const event of events) {
        const { types } = this.#subscriber;
        if (types === '*' || types.includes(event.type)) await this.#handle(event);
        if (this.#stopped) break;
        position = parseCursor(event.cursor);
      }
      if (!(await this.#advance(position))) return;
    }
  }

  async #handle(event: RondoEvent): Promise<void> {
    for (let attempt = 1; !this.#stopped; attempt++) {
      try {
        await this.#subscriber.handle(event);
        return;
      } catch (error) {
        if (attempt < RETRIES) {
          await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** attempt));
          continue;
        }
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        await this.#database.write((tx) =>
          tx
            .insertInto('event_failures')
            .values({
              subscriber: this.#subscriber.name,
              event_id: event.id,
              error: text,
              failed_at: Date.now(),
            })
            .onConflict((conflict) => conflict.doNothing())
            .execute(),
        );
        return;
      }
    }
  }

  async #advance(position: Position): Promise<boolean> {
    const row = await this.#database.write((tx) =>
      tx
        .updateTable('event_cursors')
        .set({ ...position, lease_until: Date.now() + LEASE_MS })
        .where('subscriber', '=', this.#subscriber.name)
        .where('owner', '=', this.#owner)
        .returning('subscriber')
        .executeTakeFirst(),
    );
    return row !== undefined;
  }
}
