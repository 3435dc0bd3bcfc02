import { useSyncExternalStore } from 'react';

export type Density = 'compact' | 'normal';

/** What one person has set on this machine. */
export interface Preferences {
  density: Density;
  /** IANA zone, or "browser". */
  zone: string;
  singleKeys: boolean;
  folded: boolean;
  /** The project opened last. */
  project?: string;
}

const KEY = 'rondo.preferences';
const DEFAULTS: Preferences = { density: 'normal', zone: 'browser', singleKeys: true, folded: false };

let preferences = read();
const listeners = new Set<() => void>();

export const getPreferences = () => preferences;

export function setPreferences(change: Partial<Preferences>): void {
  preferences = { ...preferences, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage is full or forbidden: the setting holds until the tab closes.
  }
  applyDensity();
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, getPreferences);
}

export function applyDensity(): void {
  document.documentElement.dataset.density = preferences.density;
}

export const zoneOf = (set: Preferences) =>
  set.zone === 'browser' ? Intl.DateTimeFormat().resolvedOptions().timeZone : set.zone;

function read(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) };
  } catch {
    return DEFAULTS;
  }
}
