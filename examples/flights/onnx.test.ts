import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { hourBaseline } from './baseline.ts';
import { predict, trainGbdt, type Ensemble } from './gbdt.ts';
import { toOnnx } from './onnx.ts';

const ROWS = 5000;
const FEATURES = ['a', 'b', 'c'];

/** Every ninth value is missing, a few are infinite. */
const columns = FEATURES.map((_, f) =>
  Float32Array.from({ length: ROWS }, (_unused, i) => {
    const turn = (i * 7919 + f * 104729) % 9973;
    return turn % 9 === 0
      ? NaN
      : turn % 501 === 0
        ? Infinity
        : turn % 502 === 0
          ? -Infinity
          : turn / 9973 - 0.5;
  }),
);
const labels = Uint8Array.from({ length: ROWS }, (_, i) =>
  Number((columns[0]![i] || 1) * (columns[1]![i] || -0.2) > 0),
);

/** What ONNX Runtime answers, one number per row. */
async function run(model: Ensemble, inputs: Float32Array[]): Promise<Float32Array> {
  const rows = inputs[0]!.length;
  const session = await InferenceSession.create(toOnnx(model), { intraOpNumThreads: 1 });
  const x = new Float32Array(rows * inputs.length);
  inputs.forEach((column, f) => column.forEach((value, i) => (x[i * inputs.length + f] = value)));
  const { probability } = await session.run({ x: new Tensor('float32', x, [rows, inputs.length]) });
  await session.release();
  expect(probability!.dims).toEqual([rows, 1]);
  return probability!.data as Float32Array;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

test('ONNX Runtime answers as predict does, also for missing and infinite values', async () => {
  const model = trainGbdt(FEATURES, { columns, labels }, { trees: 80, minLeaf: 5 });
  const directions = new Set(
    model.trees.flatMap(({ feature, missingLeft }) => [...missingLeft].filter((_, n) => feature[n]! >= 0)),
  );
  expect(directions).toEqual(new Set([0, 1]));
  const ours = predict(model, columns);
  expect(distance(await run(model, columns), ours)).toBeLessThan(1e-5);
  expect(Math.max(...ours) - Math.min(...ours)).toBeGreaterThan(0.9);
});

test('a value on a threshold goes left on both sides', async () => {
  const grid = [Float32Array.from({ length: 1000 }, (_, i) => Math.fround(i / 10))];
  const steps = Uint8Array.from({ length: 1000 }, (_, i) => (i >> 4) & 1);
  const model = trainGbdt(['x'], { columns: grid, labels: steps }, { trees: 5, minLeaf: 1, maxBins: 64 });
  const thresholds = [Float32Array.from(model.trees.flatMap(({ threshold }) => [...threshold]))];
  expect(distance(await run(model, thresholds), predict(model, thresholds))).toBeLessThan(1e-6);
});

test('a model without trees answers its base', async () => {
  const sure = trainGbdt(FEATURES, { columns, labels: new Uint8Array(ROWS) });
  expect(sure.trees).toEqual([]);
  expect(distance(await run(sure, columns), predict(sure, columns))).toBeLessThan(1e-6);
});

test('the same model gives the same bytes, another one does not', () => {
  const digest = (seed: number) => {
    const model = trainGbdt(FEATURES, { columns, labels }, { trees: 10, rowShare: 0.7, seed });
    return createHash('sha256').update(toOnnx(model)).digest('hex');
  };
  expect(digest(1)).toBe(digest(1));
  expect(digest(2)).not.toBe(digest(1));
});

test('the file tells the names of its features', () => {
  const text = new TextDecoder('latin1').decode(
    toOnnx(trainGbdt(FEATURES, { columns, labels }, { trees: 1 })),
  );
  expect(text).toContain('["a","b","c"]');
});

test('the baseline answers the share of the hour, and has an answer for every other value', async () => {
  const hours = Float32Array.from({ length: 2400 }, (_, i) => i % 23);
  const late = Uint8Array.from({ length: 2400 }, (_, i) => Number(i % 23 === 7 || i % 5 === 0));
  const model = hourBaseline(hours, late);
  const asked = [Float32Array.of(7, 6, 0, 22, 23, 7.99, -3, 99, Infinity, -Infinity, NaN)];
  const answers = predict(model, asked);
  const overall = (late.reduce((sum, label) => sum + label, 0) + 0.5) / 2401;
  const sevens = late.filter((_, i) => i % 23 === 7);
  expect(answers[0]).toBeCloseTo((sevens.length + 20 * overall) / (sevens.length + 20), 6);
  expect(answers[4]).toBeCloseTo(overall, 6);
  expect(answers[5]).toBe(answers[0]);
  expect([answers[6], answers[9]]).toEqual([answers[2], answers[2]]);
  expect([answers[7], answers[8]]).toEqual([answers[4], answers[4]]);
  expect(answers[10]).toBeCloseTo(overall, 6);
  expect(distance(await run(model, asked), answers)).toBeLessThan(1e-6);
  expect(() => hourBaseline(Float32Array.of(24), Uint8Array.of(0))).toThrow('hour 24');
});
