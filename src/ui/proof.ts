import type { Clock } from './time.ts';

/** What stands behind a computed number; every field is shown when present. */
export interface Proof {
  /** What the number is, in one sentence. */
  definition: string;
  formula?: string;
  n?: number;
  /** The rows it covers, as text: "1 Jun to 14 Jun 2001". */
  window?: string;
  clock?: Clock;
  /** How the interval was made: "95% bootstrap by day, 2,000 draws". */
  method?: string;
  /** What went in, each by digest. */
  inputs?: readonly { label: string; digest: string; href?: string }[];
  /** The rows themselves. */
  rows?: { label: string; href: string };
  /** The query that gives the number again, offered as "Copy as query". */
  query?: string;
}
