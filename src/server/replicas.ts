import { parseCursor, type Position } from '../events/index.ts';
import type { Ground } from './ground.ts';

const TYPES = ['traffic.changed'];
const RETRY_MS = 1000;

/**
 * Each replica has a gateway of its own, and whoever changes traffic pushes to its own: the others hear the fact and push the same table
 * to theirs. Not a subscriber, because a subscriber is one over all replicas.
 */
export function followTraffic(ground: Ground, push: () => Promise<void>): { stop(): void } {
  if (ground.database.capabilities.engine === 'sqlite') return { stop: () => {} };
  let position: Position | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  async function follow(): Promise<void> {
    while (again && !stopped) {
      again = false;
      position ??= await ground.events.head();
      const news = await ground.events.after(position, { types: TYPES });
      const last = news.at(-1);
      if (!last) continue;
      await push();
      position = parseCursor(last.cursor);
      again = true;
    }
  }

  function wake(): void {
    again = true;
    running ??= follow()
      .catch((error: unknown) => {
        ground.report({ level: 'warn', routes: String(error) });
        if (!stopped) setTimeout(wake, RETRY_MS).unref();
      })
      .finally(() => {
        running = undefined;
        if (again && !stopped) wake();
      });
  }

  wake();
  const forget = ground.events.onNews(wake);
  return {
    stop() {
      stopped = true;
      forget();
    },
  };
}
