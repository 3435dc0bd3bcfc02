/** Live, lossy news for screens: `topic` → newest payload. Listeners hear each topic at most once per `INTERVAL_MS`. */
export interface Signals {
  emit(topic: string, payload: unknown): void;
  subscribe(listener: (topic: string, payload: unknown) => void): () => void;
}

const INTERVAL_MS = 250;

export function createSignals(): Signals {
  const listeners = new Set<(topic: string, payload: unknown) => void>();
  const waiting = new Map<string, unknown>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    const batch = [...waiting];
    waiting.clear();
    for (const [topic, payload] of batch) for (const listener of listeners) listener(topic, payload);
  };
  return {
    emit(topic, payload) {
      if (listeners.size === 0) return;
      waiting.set(topic, payload);
      timer ??= setTimeout(flush, INTERVAL_MS).unref();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
