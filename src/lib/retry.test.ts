import { describe, expect, it } from 'vitest';
import { backoffDelay, retry, sleep } from './retry.ts';

const failing = (times: number) => {
  let calls = 0;
  return () => {
    calls++;
    if (calls <= times) throw new Error(`failure ${calls}`);
    return calls;
  };
};

describe('retry', () => {
  it('calls until it succeeds and reports each failure', async () => {
    const told: number[] = [];
    const result = await retry(failing(3), { baseMs: 1, onRetry: (_, attempt) => told.push(attempt) });
    expect(result).toBe(4);
    expect(told).toEqual([1, 2, 3]);
  });

  it('rejects with the last error', async () => {
    await expect(retry(failing(9), { attempts: 3, baseMs: 1 })).rejects.toThrow('failure 3');
  });

  it('does not repeat what is not worth it', async () => {
    await expect(retry(failing(9), { when: () => false })).rejects.toThrow('failure 1');
  });

  it('stops waiting when aborted', async () => {
    const controller = new AbortController();
    const started = performance.now();
    const waiting = retry(failing(9), {
      baseMs: 60_000,
      capMs: 60_000,
      random: () => 0.9,
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error('shutting down')), 5);
    await expect(waiting).rejects.toThrow('shutting down');
    expect(performance.now() - started).toBeLessThan(5000);
    await expect(retry(failing(0), { signal: controller.signal })).rejects.toThrow('shutting down');
    await expect(sleep(1, controller.signal)).rejects.toThrow('shutting down');
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    let listening = 0;
    const counted = Object.assign(signal, {
      addEventListener: () => listening++,
      removeEventListener: () => listening--,
    });
    await sleep(1, counted);
    expect(listening).toBe(0);
  });

  it('doubles the bound up to the cap', () => {
    const bound = (attempt: number) =>
      backoffDelay(attempt, { baseMs: 100, capMs: 1000, random: () => 1 - 2 ** -53 });
    expect([1, 2, 3, 4, 5, 60].map(bound)).toEqual([99, 199, 399, 799, 999, 999]);
    expect(backoffDelay(3, { random: () => 0 })).toBe(0);
  });
});
