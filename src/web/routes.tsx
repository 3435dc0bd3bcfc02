import type { ComponentType } from 'react';
import type { Clock } from '../ui/time.ts';

/** One page of the product. */
export interface Page {
  /** Address with `$name` for a part that varies: `/p/$project/models/$model/$version`. */
  path: string;
  title: string;
  load: () => Promise<ComponentType>;
  /** The clock the page starts in: pages of data in event time, pages of work in wall clock (the default). */
  clock?: Clock;
  /** Reads the search parameters, best by `parseSearch` with the page's zod schema. */
  search?: (raw: Record<string, unknown>) => Record<string, unknown>;
}

/** Every page, one line each. A page lives in its room's `pages`; this list is where it gets an address. */
export const PAGES: readonly Page[] = [
  { path: '/kit', title: 'Kit', load: async () => (await import('./gallery.tsx')).Gallery },
];
