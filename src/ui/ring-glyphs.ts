import type { StationState } from './ring-geometry.ts';
import type { Shape } from './status-words.ts';

/** The glyph in a station's disc. */
export const GLYPHS: Readonly<Record<StationState, Shape>> = {
  broken: 'cross',
  'needs-you': 'diamond',
  running: 'turning',
  degraded: 'triangle',
  stale: 'clock',
  'no-data': 'question',
  done: 'check',
  'not-set-up': 'dotted',
};
