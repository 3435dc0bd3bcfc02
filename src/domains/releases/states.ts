import type { PromotionState } from './schema.ts';

/** Where a promotion may go from each state; ends go nowhere. */
export const TRANSITIONS: Record<PromotionState, readonly PromotionState[]> = {
  checking: ['waiting', 'rolling', 'done', 'refused', 'failed'],
  waiting: ['rolling', 'done', 'refused', 'failed'],
  rolling: ['done', 'refused', 'failed'],
  done: [],
  refused: [],
  failed: [],
};

export const isOver = (state: PromotionState): boolean => TRANSITIONS[state].length === 0;
