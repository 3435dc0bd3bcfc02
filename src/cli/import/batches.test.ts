import { expect, it } from 'vitest';
import { batches, runInParts, weightOfRun } from './batches.ts';

const collect = async <T>(items: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
const dataset = (name: string, length: number) => ({
  dataset: { name, digest: '1', source_type: 'local', source: '{}', profile: 'x'.repeat(length) },
  tags: [],
});
const run = (...datasets: ReturnType<typeof dataset>[]) => ({ params: [], tags: [], datasets });

it('makes requests of a bounded size, whatever fills them', async () => {
  const runs = Array.from({ length: 40 }, (_, at) => run(dataset(`d${at}`, 100_000)));
  const pieces = await collect(batches(runs, 100, weightOfRun));
  expect(pieces.flat()).toEqual(runs);
  for (const piece of pieces) expect(JSON.stringify(piece).length).toBeLessThan(1_100_000);
  const small = await collect(batches([run(), run(), run()], 2, weightOfRun));
  expect(small.map((piece) => piece.length)).toEqual([2, 1]);
});

it('sends a run of many datasets as several of the same run', async () => {
  const large = run(...Array.from({ length: 30 }, (_, at) => dataset(`d${at}`, 100_000)));
  const parts = await collect(runInParts(large));
  expect(parts.flatMap((part) => part.datasets)).toEqual(large.datasets);
  for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(1_100_000);
  expect(await collect(runInParts(run()))).toEqual([run()]);
});
