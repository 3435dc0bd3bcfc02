import { describe, expect, it } from 'vitest';
import { AppError, ERRORS } from './errors.ts';
import { gather, type Outcome } from './gather.ts';

const echo = (items: readonly number[]): Outcome<number>[] => items.map((value) => ({ value }));

describe('gather', () => {
  it('serves the calls of one turn together, and those that waited meanwhile after them', async () => {
    const groups: (readonly number[])[] = [];
    let free = () => {};
    const held = new Promise<void>((resolve) => {
      free = resolve;
    });
    const ask = gather<number, number>(
      async (items) => {
        groups.push(items);
        if (groups.length === 1) await held;
        return echo(items);
      },
      { most: 10 },
    );
    const first = [ask(1), ask(2)];
    await new Promise(setImmediate);
    const later = [ask(3), ask(4), ask(5)];
    await new Promise(setImmediate);
    expect(groups).toEqual([[1, 2]]);
    free();
    expect(await Promise.all([...first, ...later])).toEqual([1, 2, 3, 4, 5]);
    expect(groups).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  it('lets one item fail and tries each alone when the whole group did', async () => {
    const groups: number[] = [];
    const ask = gather<number, number>(
      async (items) => {
        groups.push(items.length);
        if (items.length > 1 && items.includes(13)) throw new Error('group');
        return items.map((value) => (value === 13 ? { error: new Error('thirteen') } : { value }));
      },
      { most: 10 },
    );
    const [one, bad, two] = await Promise.allSettled([ask(1), ask(13), ask(2)]);
    expect(one).toMatchObject({ value: 1 });
    expect(bad).toMatchObject({ reason: { message: 'thirteen' } });
    expect(two).toMatchObject({ value: 2 });
    expect(groups).toEqual([3, 1, 1, 1]);
  });

  it('tries nothing again after a fault that concerns all: it may have been done', async () => {
    let calls = 0;
    const ask = gather<number, number>(
      () => {
        calls++;
        return Promise.reject(new AppError(ERRORS.DISK_FULL, 'full'));
      },
      { most: 10 },
    );
    const answers = await Promise.allSettled([ask(1), ask(2)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toBe(1);
  });

  it('keeps a group within its size, and an item that is larger goes alone', async () => {
    const groups: (readonly number[])[] = [];
    const ask = gather<number, number>(
      async (items) => {
        groups.push(items);
        return echo(items);
      },
      { most: 10, sizeOf: (item) => item },
    );
    await Promise.all([4, 6, 1, 50, 2].map(ask));
    expect(groups).toEqual([[4, 6], [1], [50], [2]]);
  });
});
