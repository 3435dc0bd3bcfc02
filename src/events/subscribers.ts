import type { Database } from '../database/index.ts';
import { atMostEvery } from '../lib/at-most-every.ts';
import { ownerName } from '../lib/process-id.ts';
import { cursorOf, type Events, parseCursor, type Position, type RondoEvent, START } from './events.ts';

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
const PAGE = 100;
/** Events kept in memory. */
const TAIL = 500;
/** Least time between two looks at the log, so that many small commits cost few reads. */
const PAUSE_MS = 10;

/**
 * Delivers each settled event to each subscriber in order, at least once, on one replica at a time.
 * An event whose handler fails five times is parked in `event_failures` and the subscriber goes on.
 */
export class Subscriptions {
  readonly #owner = ownerName();
  readonly #pumps: Pump[] = [];
  readonly #database: Database;
  readonly #events: Events;
  readonly #tail: Tail;
  #stop: (() => void) | undefined;

  constructor(database: Database, events: Events) {
    this.#database = database;
    this.#events = events;
    this.#tail = new Tail(events);
  }

  add(subscriber: Subscriber): void {
    this.#pumps.push(new Pump(subscriber, this.#owner, this.#database, this.#tail));
  }

  start(): void {
    const wake = (keep = false) => {
      this.#tail.told();
      for (const pump of this.#pumps) pump.wake(keep);
    };
    const forget = this.#events.onNews(atMostEvery(PAUSE_MS, () => wake()));
    const timer = setInterval(() => wake(true), 1000); // lost signals, leases of dead replicas, unsettled transactions
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

/** The newest events, read once for all subscribers: most stand at or near the end. */
class Tail {
  readonly #source: Events;
  /** Everything between `#from` and the last of them. */
  #events: RondoEvent[] = [];
  #from: Position = START;
  #reading: { promise: Promise<void>; began: number } | undefined;
  #news = 0;

  constructor(source: Events) {
    this.#source = source;
  }

  /** There may be more: a read that is under way may have begun too early. */
  told(): void {
    this.#news++;
  }

  /** Events after a position, oldest first; none at the end of what is settled. */
  async after(position: Position): Promise<RondoEvent[]> {
    const asked = this.#news;
    const known = this.#find(position);
    if (known === undefined) return this.#jump(position);
    if (known.length > 0) return known;
    const { promise, began } = this.#reading ?? this.#begin();
    await promise;
    return began < asked ? this.after(position) : (this.#find(position) ?? []);
  }

  #begin() {
    const promise = this.#read().finally(() => {
      this.#reading = undefined;
    });
    return (this.#reading = { promise, began: this.#news });
  }

  #find(position: Position): RondoEvent[] | undefined {
    const place = cursorOf(position);
    const at = this.#events.findLastIndex((event) => event.cursor === place);
    if (at < 0 && place !== cursorOf(this.#from)) return undefined;
    return this.#events.slice(at + 1, at + 1 + PAGE);
  }

  async #read(): Promise<void> {
    const last = this.#events.at(-1);
    const found = await this.#source.after(last ? parseCursor(last.cursor) : this.#from, { limit: PAGE });
    this.#events.push(...found);
    const old = this.#events.splice(0, Math.max(0, this.#events.length - TAIL)).at(-1);
    if (old) this.#from = parseCursor(old.cursor);
  }

  /** Who stands elsewhere reads alone; the tail moves there when it has not begun yet or they are ahead of it. */
  async #jump(position: Position): Promise<RondoEvent[]> {
    const last = this.#events.at(-1);
    const end = last ? parseCursor(last.cursor) : this.#from;
    const ahead = position.xid > end.xid || (position.xid === end.xid && position.id > end.id);
    if (!ahead || this.#reading) return this.#source.after(position, { limit: PAGE });
    this.#events = [];
    this.#from = position;
    return this.after(position);
  }
}

/** What this process knows of a cursor while it holds the lease. */
interface Held {
  /** All events up to here are handled or of no interest. */
  position: Position;
  /** The position in the database. It lags behind where nothing of interest happened. */
  stored: Position;
  /** Epoch ms. */
  until: number;
}

class Pump {
  #again = false;
  #keep = false;
  #running: Promise<void> | undefined;
  #stopped = false;
  #held: Held | undefined;
  readonly #subscriber: Subscriber;
  readonly #owner: string;
  readonly #database: Database;
  readonly #tail: Tail;

  constructor(subscriber: Subscriber, owner: string, database: Database, tail: Tail) {
    this.#subscriber = subscriber;
    this.#owner = owner;
    this.#database = database;
    this.#tail = tail;
  }

  /** Looks for events soon. `keep`: also writes down a position that is only in memory, and renews the lease. */
  wake(keep = false): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#keep ||= keep;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again) this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again = false;
    await this.#running;
    const position = this.#held?.position ?? {};
    await this.#database
      .write((tx) =>
        tx
          .updateTable('event_cursors')
          .set({ ...position, owner: null, lease_until: 0 })
          .where('subscriber', '=', this.#subscriber.name)
          .where('owner', '=', this.#owner)
          .execute(),
      )
      .catch(() => {});
  }

  async isBehind(head: Position): Promise<boolean> {
    if (head.id === 0) return false;
    const at =
      this.#live()?.position ??
      (await this.#database.read
        .selectFrom('event_cursors')
        .select(['xid', 'id'])
        .where('subscriber', '=', this.#subscriber.name)
        .executeTakeFirst());
    return !at || at.xid < head.xid || (at.xid === head.xid && at.id < head.id);
  }

  async reached(head: Position): Promise<void> {
    while (await this.isBehind(head)) {
      this.wake();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #live(): Held | undefined {
    return this.#held && this.#held.until > Date.now() ? this.#held : undefined;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        const held = this.#live() ?? (await this.#lease());
        if (!held) return;
        await this.#deliver(held);
        if (this.#keep) await this.#keepUp(held);
      }
    } catch {
      // The database is away or closing; the timer wakes this pump again.
    }
  }

  /** Takes the lease; undefined when another replica holds it. */
  async #lease(): Promise<Held | undefined> {
    const now = Date.now();
    const until = now + LEASE_MS;
    this.#held = undefined;
    const stored = await this.#database.write(async (tx) => {
      await tx
        .insertInto('event_cursors')
        .values({ subscriber: this.#subscriber.name, ...START, owner: null, lease_until: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return tx
        .updateTable('event_cursors')
        .set({ owner: this.#owner, lease_until: until })
        .where('subscriber', '=', this.#subscriber.name)
        .where((eb) => eb.or([eb('owner', '=', this.#owner), eb('lease_until', '<', now)]))
        .returning(['xid', 'id'])
        .executeTakeFirst();
    });
    if (stored) this.#held = { position: stored, stored, until };
    return this.#held;
  }

  /** Handled events are written down at once; that others were passed over only now and then (`#keepUp`). */
  async #deliver(held: Held): Promise<void> {
    for (;;) {
      const events = await this.#tail.after(held.position);
      if (events.length === 0 || this.#stopped) return;
      let position = held.position;
      let handled = false;
      for (const event of events) {
        const { types } = this.#subscriber;
        if (types === '*' || types.includes(event.type)) {
          await this.#handle(event);
          handled = true;
        }
        if (this.#stopped) break;
        position = parseCursor(event.cursor);
      }
      if (handled && !(await this.#store(held, position))) return;
      held.position = position;
    }
  }

  async #keepUp(held: Held): Promise<void> {
    this.#keep = false;
    const moved = held.position.id !== held.stored.id || held.position.xid !== held.stored.xid;
    if (moved || held.until - Date.now() < LEASE_MS / 2) await this.#store(held, held.position);
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

  /** Writes the position down and renews the lease; false when another replica has taken it. */
  async #store(held: Held, position: Position): Promise<boolean> {
    const until = Date.now() + LEASE_MS;
    const row = await this.#database.write((tx) =>
      tx
        .updateTable('event_cursors')
        .set({ ...position, lease_until: until })
        .where('subscriber', '=', this.#subscriber.name)
        .where('owner', '=', this.#owner)
        .returning('subscriber')
        .executeTakeFirst(),
    );
    if (!row) {
      this.#held = undefined;
      return false;
    }
    held.stored = position;
    held.until = until;
    return true;
  }
}
