import type { LongRead } from '../database/index.ts';
import { trackingReads } from '../domains/tracking/long-reads.ts';

/** Every long read of the rooms, by name: what a reader thread can do. */
export const LONG_READS: Readonly<Record<string, LongRead>> = { ...trackingReads };
