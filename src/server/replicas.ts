import { parseCursor, type Position } from '../events/index.ts';
import type { Ground } from './ground.ts';

const TYPES = ['traffic.changed'];
/** Between tries: from the first to the longest. */
const RETRY_MS = { first: 1_000, longest: 60_000 };

/** What a gateway is brought up to date with: its table with the values that it reads, or the values alone. */
type Work = 'routes' | 'values';

export interface GatewayKeeper {
  /** It lacks something: it is brought up to date, until that succeeds. */
  wake(work: Work): void;
  stop(): void;
}

/**
 * Keeps the gateway of this replica at what the database says. Each replica has a gateway of its own, and whoever changes traffic or
 * features pushes to its own: the others hear of it and do the same for theirs. Not a subscriber, because a subscriber is one over all
 * replicas.
 */
export async function keepGateway(
  ground: Ground,
  work: Record<Work, () => Promise<void>>,
  valuesChannel: string,
): Promise<GatewayKeeper> {
  const shared = ground.database.capabilities.engine === 'postgres';
  const todo = new Set<Work>();
  let position: Position | undefined;
  let running: Promise<void> | undefined;
  let heard = false;
  let stopped = false;
  let failures = 0;

  /** Whether others changed traffic since the last look. */
  async function listen(): Promise<void> {
    heard = false;
    position ??= await ground.events.head();
    for (;;) {
      const last = (await ground.events.after(position, { types: TYPES })).at(-1);
      if (!last) return;
      todo.add('routes');
      position = parseCursor(last.cursor);
    }
  }

  async function run(): Promise<void> {
    while ((heard || todo.size > 0) && !stopped) {
      if (heard) await listen();
      for (const each of ['routes', 'values'] as const) {
        if (!todo.delete(each)) continue;
        try {
          await work[each]();
        } catch (error) {
          todo.add(each);
          throw error;
        }
      }
    }
  }

  function start(): void {
    if (stopped) return;
    running ??= run()
      .then(
        () => false,
        (error: unknown) => {
          ground.report({ level: 'warn', gateway: String(error) });
          return true;
        },
      )
      .then((failed) => {
        running = undefined;
        failures = failed ? failures + 1 : 0;
        const wait = Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** (failures - 1));
        if (failed) setTimeout(start, wait).unref();
        else if (heard || todo.size > 0) start();
      });
  }

  const wake = (each: Work) => {
    todo.add(each);
    start();
  };
  const hear = () => {
    heard = true;
    start();
  };
  const forget = shared ? ground.events.onNews(hear) : () => {};
  if (shared) {
    hear();
    await ground.database.listen(valuesChannel, () => wake('values'));
  }
  return {
    wake,
    stop() {
      stopped = true;
      forget();
    },
  };
}
