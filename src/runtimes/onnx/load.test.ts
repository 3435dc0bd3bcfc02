import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { floats, forestModel, identityModel, linearModel, model, node } from '../../../test/harness/onnx.ts';
import type { Column, Signature } from '../signature.ts';
import { loadOnnx } from './load.ts';

const doubles = (count: number): Column[] =>
  Array.from({ length: count }, (_, i) => ({ name: `f${i}`, type: 'double' as const }));
const regression = (count: number): Signature => ({ inputs: doubles(count), outputs: [{ type: 'double' }] });

test('packs the columns of a signature into one float tensor, in order', async () => {
  const loaded = await loadOnnx(linearModel([1, 10, 100], 0.5), regression(3));
  const scores = await loaded.score([1, 2, 3, 4, 5, 6], 2);
  expect([scores.value(0, 0), scores.value(1, 0)]).toEqual([321.5, 654.5]);
  const packed = await loaded.score(Float32Array.of(1, 2, 3, 99, 99, 99), 1);
  expect(packed.value(0, 0)).toBe(321.5);
  expect(loaded).toMatchObject({ layout: 'packed', place: 'inline' });
  await loaded.close();
});

test('feeds one tensor per column and keeps 64-bit integers, texts and booleans exact', async () => {
  const signature: Signature = {
    inputs: [
      { name: 'name', type: 'string' },
      { name: 'id', type: 'long' },
      { name: 'flag', type: 'boolean' },
      { name: 'amount', type: 'float', required: false },
    ],
    outputs: [
      { name: 'name_out', type: 'string' },
      { name: 'id_out', type: 'long' },
      { name: 'flag_out', type: 'boolean' },
      { name: 'amount_out', type: 'float' },
    ],
  };
  const bytes = identityModel({ amount: 'float', flag: 'bool', id: 'int64', name: 'string' });
  const loaded = await loadOnnx(bytes, signature);
  const scores = await loaded.score(['ä', 9007199254740993n, true, null, '', 7, false, 1.5], 2);
  expect([0, 1, 2, 3].map((i) => scores.value(0, i))).toEqual(['ä', 9007199254740993n, true, null]);
  expect([0, 1, 2, 3].map((i) => scores.value(1, i))).toEqual(['', 7, false, 1.5]);
  await loaded.close();
});

test('several numbers per row are one column each, or a list under one name', async () => {
  const bytes = model({
    inputs: [{ name: 'x', element: 'float', shape: ['N', 2] }],
    outputs: [{ name: 'p', element: 'float', shape: ['N', 2] }],
    tensors: [floats('w', [2, 2], [1, 2, 3, 4])],
    nodes: [node('MatMul', ['x', 'w'], ['p'])],
  });
  const split = await loadOnnx(bytes, {
    inputs: doubles(2),
    outputs: [
      { name: 'a', type: 'double' },
      { name: 'b', type: 'double' },
    ],
  });
  const scores = await split.score([1, 1], 1);
  expect([scores.value(0, 0), scores.value(0, 1)]).toEqual([4, 6]);
  const list = await loadOnnx(bytes, { inputs: doubles(2), outputs: [{ name: 'p', type: 'double' }] });
  expect((await list.score([1, 1], 1)).value(0, 0)).toEqual([4, 6]);
  await split.close();
  await list.close();
});

const cyclic = model({
  inputs: [{ name: 'x', element: 'float', shape: ['N', 1] }],
  outputs: [{ name: 'y', element: 'float', shape: ['N', 1] }],
  nodes: [node('Add', ['x', 'b'], ['a']), node('Identity', ['a'], ['b']), node('Identity', ['b'], ['y'])],
});
const whole = linearModel([1, 2], 0);
const unusable: [string, Uint8Array, Signature][] = [
  ['garbage', Buffer.from('not a model'), regression(1)],
  ['an empty file', new Uint8Array(), regression(1)],
  ['half a file', whole.subarray(0, whole.length / 2), regression(2)],
  ['a cycle', cyclic, regression(1)],
  ['too few columns', whole, regression(3)],
  [
    'text in a float tensor',
    whole,
    { inputs: [{ name: 'a', type: 'string' }, ...doubles(1)], outputs: [{ type: 'double' }] },
  ],
  [
    'other names',
    identityModel({ a: 'int64', b: 'int64' }),
    {
      inputs: [
        { name: 'a', type: 'long' },
        { name: 'c', type: 'long' },
      ],
      outputs: [{ type: 'long' }],
    },
  ],
  [
    'other types',
    identityModel({ a: 'int64', b: 'int64' }),
    {
      inputs: [
        { name: 'a', type: 'long' },
        { name: 'b', type: 'double' },
      ],
      outputs: [{ type: 'long' }],
    },
  ],
  [
    'a missing integer',
    identityModel({ a: 'int64' }),
    { inputs: [{ name: 'a', type: 'long', required: false }], outputs: [{ type: 'long' }] },
  ],
  ['too many outputs', whole, { inputs: doubles(2), outputs: [{ type: 'double' }, { type: 'double' }] }],
];
test.each(unusable)('%s is a 422 that says what to do', async (_, bytes, signature) => {
  await expect(loadOnnx(bytes, signature)).rejects.toMatchObject({ status: 422, hint: expect.any(String) });
});

test('a model too slow for the calling thread moves into a thread of its own', async () => {
  const entry = join(mkdtempSync(join(tmpdir(), 'rondo-thread-')), 'thread.mjs');
  await build({
    entryPoints: ['src/runtimes/onnx/thread.ts'],
    outfile: entry,
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: { js: `const __root = ${JSON.stringify(`${process.cwd()}/package.json`)};` },
    define: { 'import.meta.url': '__root' },
  });
  const bytes = forestModel(20, 3, 4);
  const slow = await loadOnnx(bytes, regression(4), { threadEntry: entry, inlineMicros: 0 });
  const inline = await loadOnnx(bytes, regression(4));
  expect([slow.place, inline.place]).toEqual(['thread', 'inline']);
  const row = [0.1, 0.9, 0.4, 0.6];
  expect((await slow.score(row, 1)).value(0, 0)).toBe((await inline.score(row, 1)).value(0, 0));
  await expect(
    loadOnnx(Buffer.from('no'), regression(1), { threadEntry: entry, place: 'thread' }),
  ).rejects.toMatchObject({ status: 422 });
  await slow.close();
  await inline.close();
});
