/** Live, lossy news for screens: `topic` → newest payload. Listeners hear each topic at most once per `INTERVAL_MS`. */
export interface Signals {
  /** `project` says who may hear it. */
  emit(project: string, topic: string, payload: unknown): void;
  subscribe(listener: Listener): () => void;
}

type Listener = (signal: { project: string; topic: string; payload: unknown }) => void;

const INTERVAL_MS = 250;

export function createSignals(): Signals {
  const listeners = new Set<Listener>();
  const waiting = new Map<string, { project: string; payload: unknown }>();
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    const batch = [...waiting];
    waiting.clear();
    for (const [topic, news] of batch) for (const listener of listeners) listener({ topic, ...news });
  };
  return {
    emit(project, topic, payload) {
      if (listeners.size === 0) return;
      waiting.set(topic, { project, payload });
      timer ??= setTimeout(flush, INTERVAL_MS).unref();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
