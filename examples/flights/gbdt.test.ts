import { expect, test } from 'vitest';
import { importance, predict, trainGbdt, type Progress, type Table } from './gbdt.ts';

const FEATURES = ['a', 'b', 'noise'];

/** Log odds 3 (a b > 0.25) - 1.5 + b, and 2 more where `a` is missing, as it is in a tenth of the rows. */
function sample(rows: number, seed: number): Table & { truth: Float64Array } {
  const random = lehmer(seed);
  const columns = FEATURES.map(() => new Float32Array(rows));
  const labels = new Uint8Array(rows);
  const truth = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const [a, b] = [random(), random()];
    const missing = random() < 0.1;
    columns[0]![i] = missing ? NaN : a;
    columns[1]![i] = b;
    columns[2]![i] = Math.floor(random() * 5);
    truth[i] = 1 / (1 + Math.exp(-((a * b > 0.25 ? 3 : 0) - 1.5 + b + (missing ? 2 : 0))));
    labels[i] = Number(random() < truth[i]!);
  }
  return { columns, labels, truth };
}

function lehmer(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

function logLoss(answers: ArrayLike<number>, labels: Uint8Array): number {
  return (
    labels.reduce((sum, label, i) => sum - Math.log(label ? answers[i]! : 1 - answers[i]!), 0) / labels.length
  );
}

const learned = sample(20_000, 11);
const unseen = sample(10_000, 12);
const model = trainGbdt(FEATURES, learned, { trees: 60, maxLeaves: 15 });

test('learns most of what can be known of a function with an interaction', () => {
  const share = learned.labels.reduce((sum, label) => sum + label, 0) / learned.labels.length;
  const constant = logLoss(new Float64Array(unseen.labels.length).fill(share), unseen.labels);
  const best = logLoss(unseen.truth, unseen.labels);
  const ours = logLoss(predict(model, unseen.columns), unseen.labels);
  expect((constant - ours) / (constant - best)).toBeGreaterThan(0.95);
  const shares = Object.fromEntries(importance(model).map(({ feature, share: part }) => [feature, part]));
  expect(shares.a! + shares.b! + shares.noise!).toBeCloseTo(1, 9);
  expect(shares.noise).toBeLessThan(0.05);
});

test('the loss told per tree is the loss of the model so far', () => {
  const told: Progress[] = [];
  const small = trainGbdt(FEATURES, learned, { trees: 12, validation: unseen, onTree: (p) => told.push(p) });
  expect(told.map(({ trees }) => trees)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  expect(told[11]!.trainLoss).toBeCloseTo(logLoss(predict(small, learned.columns), learned.labels), 9);
  expect(told[11]!.validLoss).toBeCloseTo(logLoss(predict(small, unseen.columns), unseen.labels), 9);
});

test.each([{ rowShare: 1 }, { rowShare: 0.5, seed: 3 }])(
  'same table, options and seed: same trees (%o)',
  (options) => {
    const once = trainGbdt(FEATURES, learned, { trees: 8, ...options });
    expect(trainGbdt(FEATURES, learned, { trees: 8, ...options })).toEqual(once);
  },
);

test('another seed draws other rows, and half of the rows still learn', () => {
  const [one, two] = [1, 2].map((seed) => trainGbdt(FEATURES, learned, { trees: 40, rowShare: 0.5, seed }));
  expect(one).not.toEqual(two);
  const whole = logLoss(predict(model, unseen.columns), unseen.labels);
  expect(logLoss(predict(one!, unseen.columns), unseen.labels)).toBeLessThan(whole + 0.01);
});

test('NaN is a value of its own: rows without `a` are as likely as they were', () => {
  const missing = [...unseen.labels.keys()].filter((i) => Number.isNaN(unseen.columns[0]![i]!));
  const rate = missing.reduce((sum, i) => sum + unseen.truth[i]!, 0) / missing.length;
  const answers = predict(model, unseen.columns);
  const told = missing.reduce((sum, i) => sum + answers[i]!, 0) / missing.length;
  expect(Math.abs(told - rate)).toBeLessThan(0.03);
});

test('NaN in a feature that was never missing goes the way of the larger side', () => {
  const columns = [Float32Array.from({ length: 1000 }, (_, i) => (i < 700 ? 0 : 1))];
  const labels = Uint8Array.from({ length: 1000 }, (_, i) => (i < 700 ? 0 : 1));
  const step = trainGbdt(['x'], { columns, labels }, { trees: 5 });
  const [missing, low, high] = predict(step, [Float32Array.of(NaN, 0, 1)]);
  expect(missing).toBe(low);
  expect(high).toBeGreaterThan(low!);
});

test('missing or not can be the whole split, with infinities on the side of the numbers', () => {
  const columns = [Float32Array.from({ length: 400 }, (_, i) => (i % 2 ? NaN : i))];
  const labels = Uint8Array.from({ length: 400 }, (_, i) => i % 2);
  const whole = trainGbdt(['x'], { columns, labels }, { trees: 20, minLeaf: 200 });
  const [missing, ...numbers] = predict(whole, [Float32Array.of(NaN, -Infinity, 5, Infinity)]);
  expect(missing).toBeGreaterThan(0.8);
  expect(new Set(numbers).size).toBe(1);
  expect(numbers[0]).toBeLessThan(0.2);
});

test.each([0, 1])('one class only (%i): no tree, a sure but finite answer', (label) => {
  const { columns } = sample(500, 5);
  const sure = trainGbdt(FEATURES, { columns, labels: new Uint8Array(500).fill(label) });
  const [answer] = predict(
    sure,
    FEATURES.map(() => Float32Array.of(0.5)),
  );
  expect(Math.abs(answer! - label)).toBeLessThan(0.01);
  expect(answer).toBeGreaterThan(0);
  expect(answer).toBeLessThan(1);
});

test('nothing to split on: constant and all-missing features, or fewer rows than a leaf', () => {
  const labels = Uint8Array.from({ length: 100 }, (_, i) => i % 2);
  const flat = [new Float32Array(100).fill(3), new Float32Array(100).fill(NaN)];
  expect(trainGbdt(['x', 'y'], { columns: flat, labels }, { minLeaf: 1 }).trees).toEqual([]);
  const column = Float32Array.from(labels);
  expect(trainGbdt(['x'], { columns: [column], labels }, { minLeaf: 51 }).trees).toEqual([]);
  expect(trainGbdt(['x'], { columns: [column], labels }, { minLeaf: 50, trees: 1 }).trees).toHaveLength(1);
});

test('fewer rows than leaves: every distinct value may become a leaf, none may be smaller than asked', () => {
  const columns = [Float32Array.of(1, 2, 3, 4, 5, 6)];
  const labels = Uint8Array.of(0, 1, 0, 1, 0, 1);
  const tree = trainGbdt(['x'], { columns, labels }, { trees: 1, minLeaf: 1, lambda: 0, maxLeaves: 31 })
    .trees[0]!;
  expect(tree.feature.filter((feature) => feature < 0)).toHaveLength(6);
});

test('early stopping keeps the trees of the least validation loss', () => {
  const few = sample(400, 21);
  const losses: number[] = [];
  const stopped = trainGbdt(FEATURES, few, {
    trees: 200,
    minLeaf: 2,
    learningRate: 0.3,
    validation: unseen,
    patience: 5,
    onTree: ({ validLoss }) => losses.push(validLoss!),
  });
  expect(losses.length).toBeLessThan(200);
  expect(losses.indexOf(Math.min(...losses)) + 1).toBe(stopped.trees.length);
});

test('a table that cannot be learned from is refused with its fault', () => {
  const { columns, labels } = sample(10, 1);
  expect(() => trainGbdt(['a'], { columns, labels })).toThrow('3 columns for 1 feature names');
  expect(() => trainGbdt([], { columns: [], labels })).toThrow('0 columns for 0 feature names');
  expect(() => trainGbdt(FEATURES, { columns: [], labels: new Uint8Array() })).toThrow('no rows');
  expect(() => trainGbdt(FEATURES, { columns: [...columns.slice(1), new Float32Array(3)], labels })).toThrow(
    '3 rows',
  );
  expect(() => trainGbdt(FEATURES, { columns, labels: Uint8Array.from(labels, () => 2) })).toThrow(
    'neither 0 nor 1',
  );
  expect(() => predict(model, columns.slice(1))).toThrow('reads 3 columns, got 2');
});
