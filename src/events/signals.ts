import { randomUUID } from 'node:crypto';
import type { Database } from '../database/index.ts';

/** Live, lossy news for screens: `topic` → newest payload. Listeners hear each topic at most once per `INTERVAL_MS`. */
export interface Signals {
  /** `project` says who may hear it. */
  emit(project: string, topic: string, payload: unknown): void;
  subscribe(listener: Listener): () => void;
}

interface Signal {
  project: string;
  topic: string;
  payload: unknown;
}
type Listener = (signal: Signal) => void;

const INTERVAL_MS = 250;
const CHANNEL = 'rondo_signals';
/** PostgreSQL takes 8,000 bytes. */
const TEXT_LIMIT = 7500;

/** Signals of this process; with a database that replicas share, they reach the listeners of all replicas. */
export function createSignals(database?: Database): Signals {
  const shared = database?.capabilities.engine === 'postgres' ? database : undefined;
  const me = randomUUID();
  const listeners = new Set<Listener>();
  const waiting = new Map<string, Signal>();
  let timer: NodeJS.Timeout | undefined;

  function tell(signal: Signal): void {
    for (const listener of listeners) listener(signal);
  }

  function flush(): void {
    timer = undefined;
    const batch = [...waiting.values()];
    waiting.clear();
    for (const signal of batch) tell(signal);
    if (!shared) return;
    const send = (piece: readonly string[]) =>
      void shared.broadcast(CHANNEL, `{"from":"${me}","signals":[${piece.join(',')}]}`).catch(() => {});
    let piece: string[] = [];
    let bytes = 0;
    for (const signal of batch) {
      const text = JSON.stringify(signal);
      const size = Buffer.byteLength(text) + 1;
      if (size > TEXT_LIMIT) continue;
      if (bytes + size > TEXT_LIMIT) {
        send(piece);
        piece = [];
        bytes = 0;
      }
      piece.push(text);
      bytes += size;
    }
    if (piece.length > 0) send(piece);
  }

  const hear = (text: string) => {
    if (text === '') return;
    const { from, signals } = JSON.parse(text) as { from: string; signals: Signal[] };
    if (from !== me) for (const signal of signals) tell(signal);
  };
  void shared?.listen(CHANNEL, hear).catch(() => {}); // signals are lossy

  return {
    emit(project, topic, payload) {
      if (listeners.size === 0 && !shared) return;
      waiting.set(topic, { project, topic, payload });
      timer ??= setTimeout(flush, INTERVAL_MS).unref();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
