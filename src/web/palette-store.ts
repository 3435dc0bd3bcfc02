import { useEffect, useSyncExternalStore } from 'react';
import type { PaletteEntry } from './palette-rank.ts';

let sources: readonly (readonly PaletteEntry[])[] = [];
const listeners = new Set<() => void>();

function set(next: readonly (readonly PaletteEntry[])[]) {
  sources = next;
  for (const listener of listeners) listener();
}

/** Offers this page's actions and objects in the palette while the page is open. Keep `entries` stable (useMemo). */
export function usePaletteEntries(entries: readonly PaletteEntry[]): void {
  useEffect(() => {
    set([...sources, entries]);
    return () => set(sources.filter((source) => source !== entries));
  }, [entries]);
}

/** All that open pages offer. */
export function useOffered(): readonly (readonly PaletteEntry[])[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => sources,
  );
}
