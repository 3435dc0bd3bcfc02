import type { TrainOptions } from './gbdt.ts';

/** Chosen on the last week of January: more leaves or slower, longer training gained less than 0.001 of log loss. */
export const MODEL_OPTIONS = {
  trees: 150,
  maxLeaves: 31,
  maxDepth: 8,
  minLeaf: 50,
  lambda: 1,
  learningRate: 0.1,
  seed: 1,
} satisfies TrainOptions;
