import { randomUUID } from 'node:crypto';
import type { Database } from '../database/index.ts';

/** Live, lossy news for screens: `topic` → newest payload. Listeners hear each topic at most once per `INTERVAL_MS`. */
export interface Signals {
  emit(topic: string, payload: unknown): void;
  subscribe(listener: (topic: string, payload: unknown) => void): () => void;
}

const INTERVAL_MS = 250;
const CHANNEL = 'rondo_signals';
/** PostgreSQL takes 8,000 bytes. */
const TEXT_LIMIT = 7500;

/** Signals of this process; with a database that replicas share, they reach the listeners of all replicas. */
export function createSignals(database?: Database): Signals {
  const shared = database?.capabilities.engine === 'postgres' ? database : undefined;
  const me = randomUUID();
  const listeners = new Set<(topic: string, payload: unknown) => void>();
  const waiting = new Map<string, unknown>();
  let timer: NodeJS.Timeout | undefined;

  function tell(batch: readonly (readonly [string, unknown])[]): void {
    for (const [topic, payload] of batch) for (const listener of listeners) listener(topic, payload);
  }

  function flush(): void {
    timer = undefined;
    const batch = [...waiting];
    waiting.clear();
    tell(batch);
    if (!shared) return;
    for (const signal of batch) {
      const text = JSON.stringify({ from: me, signal });
      if (Buffer.byteLength(text) <= TEXT_LIMIT) void shared.broadcast(CHANNEL, text).catch(() => {});
    }
  }

  const hear = (text: string) => {
    if (text === '') return;
    const { from, signal } = JSON.parse(text) as { from: string; signal: [string, unknown] };
    if (from !== me) tell([signal]);
  };
  void shared?.listen(CHANNEL, hear).catch(() => {}); // signals are lossy
  return {
    emit(topic, payload) {
      if (listeners.size === 0 && !shared) return;
      waiting.set(topic, payload);
      timer ??= setTimeout(flush, INTERVAL_MS).unref();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
