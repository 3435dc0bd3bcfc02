import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';
import type { Clock } from './time.ts';

export interface Surroundings {
  /** IANA zone in which times are read and printed. */
  zone: string;
  /** Single-key shortcuts can be switched off (WCAG 2.1.4). */
  singleKeys: boolean;
  /** The clock of the page, from its address; `t` switches it. */
  clock: Clock;
  setClock: (clock: Clock) => void;
}

const Context = createContext<Surroundings>({
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  singleKeys: true,
  clock: 'wall',
  setClock: () => {},
});

/** Gives the kit what a person has set: zone, keys, clock. */
export function SurroundingsProvider({ value, children }: { value: Surroundings; children: ReactNode }) {
  return <Context value={value}>{children}</Context>;
}

export const useSurroundings = () => useContext(Context);

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 15_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present moment for relative times; one timer for the page, a step every 15 s. */
export const useNow = () => useSyncExternalStore(subscribe, () => now);
