import { useEffect, useSyncExternalStore } from 'react';

export type PaletteKind = 'action' | 'object' | 'page' | 'setting' | 'help' | 'person';

export interface PaletteEntry {
  id: string;
  kind: PaletteKind;
  label: string;
  /** What it is or where: "model, prod", "Settings". */
  note?: string;
  /** Other words it answers to: ids, digests, URNs. */
  words?: readonly string[];
  /** Its key, shown at the right: "g m". */
  keys?: string;
  href?: string;
  run?: () => void;
}

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
