import { bind, type Bound, sees } from '../lib/contract/index.ts';
import { eventsContract } from './contract.ts';
import { cursorOf, type Events, parseCursor, type Position, type Watch, watches } from './events.ts';
import type { Signals } from './signals.ts';

const HEARTBEAT_MS = 15_000;

type Item = { id?: string; event?: string; data: unknown };

/** `watchOf`: which events an actor may see. */
export const eventsRoutes = <Actor>(
  events: Events,
  signals: Signals,
  watchOf: (actor: Actor) => Watch,
): Bound<Actor>[] =>
  bind(eventsContract, {
    streamEvents: ({ actor, query, request }) => {
      const last = request.headers['last-event-id'] ?? query.after;
      return stream(events, signals, {
        project: query.project,
        last: typeof last === 'string' ? last : undefined,
        signal: request.signal,
        watch: watchOf(actor),
      });
    },
    listEvents: async ({ actor, query }) => {
      const { types, ...rest } = query;
      const watch = watchOf(actor);
      return {
        events: await events.recent({ ...rest, watch, ...(types ? { types: types.split(',') } : {}) }),
      };
    },
  });

/** Behind what the client saw last. After a restore it may have seen more than there is: it goes on with what is new. */
async function startOf(events: Events, last: string | undefined): Promise<Position> {
  const head = await events.head();
  if (last === undefined) return head;
  const seen = parseCursor(last);
  const newest = await events.newest();
  return seen.xid > newest.xid || (seen.xid === newest.xid && seen.id > newest.id) ? head : seen;
}

async function* stream(
  events: Events,
  signals: Signals,
  options: { project?: string | undefined; last?: string | undefined; signal: AbortSignal; watch: Watch },
): AsyncIterable<Item> {
  let position = await startOf(events, options.last);
  let wake = () => {};
  const waiting: Item[] = [];
  const stops = [
    events.onNews(() => wake()),
    signals.subscribe(({ project, topic, payload }) => {
      if (!sees(options.watch.view, project)) return;
      if (waiting.length < 100) waiting.push({ event: 'signal', data: { topic, payload } });
      wake();
    }),
  ];
  options.signal.addEventListener('abort', () => wake());
  try {
    yield { id: cursorOf(position), event: 'hello', data: { now: Date.now() } };
    while (!options.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const news = await events.after(position, options.project ? { project: options.project } : {});
      for (const event of news) {
        position = parseCursor(event.cursor);
        if (watches(options.watch, event)) yield { id: event.cursor, event: 'fact', data: event };
      }
      for (const item of waiting.splice(0)) yield item;
      if (news.length > 0) continue;
      const beat = setTimeout(() => {
        waiting.push({ event: 'beat', data: { now: Date.now() } });
        wake();
      }, HEARTBEAT_MS);
      await woken;
      clearTimeout(beat);
    }
  } finally {
    for (const stop of stops) stop();
  }
}
