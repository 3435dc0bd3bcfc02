import { binColumns } from './bins.ts';
import { createGrower, walk, type GrowOptions, type Tree } from './tree.ts';

/** A sum of trees. The score is the sum plus `base`; with link `logit` the answer is 1 / (1 + exp(-score)). */
export interface Ensemble {
  /** Names of the input columns, in order. */
  features: string[];
  base: number;
  trees: Tree[];
  link: 'logit' | 'identity';
}

export interface Table {
  /** One Float32Array per feature, all of one length; NaN where the value is unknown. */
  columns: readonly Float32Array[];
  /** 0 or 1 per row. */
  labels: Uint8Array;
}

export interface Progress {
  /** Trees grown so far. */
  trees: number;
  /** Mean log loss on the training rows, and on the validation rows if there are any. */
  trainLoss: number;
  validLoss: number | undefined;
}

export interface TrainOptions extends Partial<GrowOptions> {
  trees?: number;
  /** Bins per feature, 2 to 255. */
  maxBins?: number;
  /** Share of the rows that each tree sees, above 0 to 1; drawn anew per tree. */
  rowShare?: number;
  seed?: number;
  /** Rows that stop the training: with `patience`, after that many trees without a better loss; the best count of trees is kept. */
  validation?: Table;
  patience?: number;
  onTree?: (progress: Progress) => void;
}

const DEFAULTS = {
  trees: 150,
  maxLeaves: 31,
  maxDepth: 8,
  minLeaf: 50,
  lambda: 1,
  learningRate: 0.1,
  maxBins: 255,
  rowShare: 1,
  seed: 1,
};

/**
 * Gradient-boosted trees for the probability of label 1 (log loss, second-order steps, histogram splits, the leaf of most gain first).
 * The same table, options and seed give the same trees. Stops early when no split gains, so a table of one class gives no trees.
 */
export function trainGbdt(features: readonly string[], table: Table, options: TrainOptions = {}): Ensemble {
  const settings = { ...DEFAULTS, ...options };
  checkTable(features, table);
  if (options.validation) checkTable(features, options.validation);
  const rows = table.labels.length;
  const base = Math.fround(logOdds(table.labels));
  const model: Ensemble = { features: [...features], base, trees: [], link: 'logit' };
  const scores = {
    gradient: new Float32Array(rows),
    hessian: new Float32Array(rows),
    raw: new Float64Array(rows).fill(base),
  };
  const grower = createGrower(binColumns(table.columns, settings.maxBins), scores, settings);
  const random = randomNumbers(settings.seed);
  const valid = options.validation && createValidation(base, options.validation);
  derive(table.labels, scores);
  while (model.trees.length < settings.trees) {
    const count = drawRows(grower.order, settings.rowShare, random);
    const tree = grower.grow(count);
    if (!tree) break;
    model.trees.push(tree);
    if (count < rows) addTreeToOthers(tree, table.columns, grower.order, count, scores.raw);
    const trainLoss = derive(table.labels, scores);
    const validLoss = valid?.add(tree);
    settings.onTree?.({ trees: model.trees.length, trainLoss, validLoss });
    if (valid && settings.patience && model.trees.length - valid.best() >= settings.patience) break;
  }
  if (valid && settings.patience) model.trees.length = valid.best();
  return model;
}

/** One answer per row: a probability with link `logit`, the plain sum with `identity`. */
export function predict(model: Ensemble, columns: readonly Float32Array[]): Float64Array {
  if (columns.length !== model.features.length) {
    throw new Error(`The model reads ${model.features.length} columns, got ${columns.length}.`);
  }
  const answers = new Float64Array(columns[0]?.length ?? 0).fill(model.base);
  for (const tree of model.trees)
    for (let i = 0; i < answers.length; i++) answers[i]! += walk(tree, columns, i);
  return model.link === 'logit' ? answers.map(sigmoid) : answers;
}

/** Share of the training loss saved by splits on each feature; sums to 1 unless no split was made. */
export function importance(model: Ensemble): { feature: string; share: number }[] {
  const gains = new Float64Array(model.features.length);
  for (const tree of model.trees) {
    tree.feature.forEach((feature, node) => {
      if (feature >= 0) gains[feature]! += tree.gain[node]!;
    });
  }
  const total = gains.reduce((sum, gain) => sum + gain, 0) || 1;
  return model.features.map((feature, i) => ({ feature, share: gains[i]! / total }));
}

/** Log odds of label 1, smoothed by half a row of each label so that one class alone stays finite. */
function logOdds(labels: Uint8Array): number {
  let ones = 0;
  for (const label of labels) ones += label;
  return Math.log((ones + 0.5) / (labels.length - ones + 0.5));
}

function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

/** Refreshes gradient and hessian from the raw scores and returns the mean log loss. */
function derive(
  labels: Uint8Array,
  { gradient, hessian, raw }: { gradient: Float32Array; hessian: Float32Array; raw: Float64Array },
): number {
  let loss = 0;
  for (let i = 0; i < labels.length; i++) {
    const odds = Math.exp(-raw[i]!);
    const p = 1 / (1 + odds);
    const label = labels[i]!;
    gradient[i] = p - label;
    hessian[i] = p * (1 - p);
    loss += rowLoss(raw[i]!, label);
  }
  return loss / labels.length;
}

/** log(1 + exp(-s)) for label 1 and log(1 + exp(s)) for 0, without overflow. */
function rowLoss(score: number, label: number): number {
  const s = label === 1 ? score : -score;
  return s > 0 ? Math.log1p(Math.exp(-s)) : Math.log1p(Math.exp(s)) - s;
}

/** Puts the drawn rows first and the others behind them, both ascending; returns how many were drawn (never none). */
function drawRows(order: Int32Array, share: number, random: () => number): number {
  const rows = order.length;
  if (share >= 1) {
    for (let i = 0; i < rows; i++) order[i] = i;
    return rows;
  }
  let drawn = 0;
  let others = rows;
  for (let i = 0; i < rows; i++) {
    if (random() < share) order[drawn++] = i;
    else order[--others] = i;
  }
  order.subarray(drawn).reverse();
  return drawn || drawRows(order, 1, random);
}

function addTreeToOthers(
  tree: Tree,
  columns: readonly Float32Array[],
  order: Int32Array,
  from: number,
  raw: Float64Array,
): void {
  for (let k = from; k < order.length; k++) raw[order[k]!]! += walk(tree, columns, order[k]!);
}

function createValidation(base: number, { columns, labels }: Table) {
  const raw = new Float64Array(labels.length).fill(base);
  let trees = 0;
  let best = { trees: 0, loss: meanLoss(raw, labels) };
  return {
    /** The loss with one more tree. */
    add(tree: Tree): number {
      for (let i = 0; i < raw.length; i++) raw[i]! += walk(tree, columns, i);
      trees++;
      const loss = meanLoss(raw, labels);
      if (loss < best.loss) best = { trees, loss };
      return loss;
    },
    /** How many trees gave the least loss so far. */
    best: () => best.trees,
  };
}

function meanLoss(raw: Float64Array, labels: Uint8Array): number {
  let loss = 0;
  for (let i = 0; i < labels.length; i++) loss += rowLoss(raw[i]!, labels[i]!);
  return loss / labels.length;
}

/** Mulberry32: uniform in [0, 1), the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function checkTable(features: readonly string[], { columns, labels }: Table): void {
  if (labels.length === 0) throw new Error('There are no rows to learn from.');
  if (features.length === 0 || columns.length !== features.length) {
    throw new Error(`Got ${columns.length} columns for ${features.length} feature names.`);
  }
  columns.forEach((column, f) => {
    if (column.length !== labels.length) {
      throw new Error(`Column ${features[f]} has ${column.length} rows, the labels have ${labels.length}.`);
    }
  });
  if (labels.some((label) => label > 1)) throw new Error('A label is neither 0 nor 1.');
}
