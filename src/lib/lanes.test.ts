import { expect, it } from 'vitest';
import { inLanes } from './lanes.ts';

it('runs as many at a time as there are lanes, and answers in the order of the items', async () => {
  let [running, most] = [0, 0];
  const ends = new Map<number, () => void>();
  const all = inLanes([0, 1, 2, 3, 4], 2, async (item) => {
    most = Math.max(most, ++running);
    await new Promise<void>((end) => ends.set(item, end));
    running--;
    return item * 10;
  });
  // The later of the two always ends first.
  for (const item of [1, 2, 3, 4, 0]) {
    await expect.poll(() => ends.has(item)).toBe(true);
    ends.get(item)?.();
  }
  expect(await all).toEqual([0, 10, 20, 30, 40]);
  expect(most).toBe(2);
});

it('fails when one fails, and has nothing of nothing', async () => {
  await expect(
    inLanes([1, 2, 3], 2, (item) => (item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item))),
  ).rejects.toThrow('two');
  expect(await inLanes([], 3, () => Promise.resolve(1))).toEqual([]);
});
