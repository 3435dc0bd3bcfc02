import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBlobs } from '../../artifacts/index.ts';
import { createStepLogs, type StepLogs } from './logs.ts';
import type { LogChunk } from './schema/runs.ts';

describe('step logs', () => {
  let folder: string;
  let logs: StepLogs;
  const open = async () =>
    createStepLogs(join(folder, 'logs'), await openBlobs({ folder: join(folder, 'blobs') }));
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rondo-logs-'));
    logs = await open();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const key = () => ({ step_run: randomUUID(), attempt: 1 });
  const chunk = (seq: number): LogChunk => ({ seq, time: 1, stream: 'out', text: `line ${seq} ✓\n` });
  const chunks = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => chunk(from + i));
  const live = { digest: null, limit: 1_000_000 };

  it('keeps each number once, in order, whatever is sent again or out of turn', async () => {
    const one = key();
    expect(await logs.append(one, chunks(0, 3))).toBe(3);
    expect(await logs.append(one, chunks(1, 5))).toBe(5);
    expect(await logs.append(one, chunks(9, 12))).toBe(5);
    const page = await logs.read(one, 2, live);
    expect(page).toEqual({ chunks: chunks(2, 5), next: 5, end: true });
    expect(await logs.read(one, 5, live)).toEqual({ chunks: [], next: 5, end: true });
  });

  it('pages by size and serves the same pages from the sealed blob', async () => {
    const one = key();
    await logs.append(one, chunks(0, 50));
    const all = async (digest: string | null) => {
      const found: LogChunk[] = [];
      for (let from = 0; ; ) {
        const page = await logs.read(one, from, { digest, limit: 400 });
        expect(page.chunks.length).toBeLessThan(20);
        found.push(...page.chunks);
        from = page.next;
        if (page.end) return found;
      }
    };
    expect(await all(null)).toEqual(chunks(0, 50));
    const sealed = await logs.seal(one);
    await logs.forget(one);
    expect(sealed.chunks).toBe(50);
    expect(await all(sealed.digest)).toEqual(chunks(0, 50));
  });

  it('goes on after a crash in the middle of a line', async () => {
    const one = key();
    await logs.append(one, chunks(0, 2));
    appendFileSync(join(folder, 'logs', `${one.step_run}.1.jsonl`), '{"seq":2,"time":1,"str');
    const restarted = await open();
    expect(await restarted.append(one, chunks(0, 4))).toBe(4);
    expect((await restarted.read(one, 0, live)).chunks).toEqual(chunks(0, 4));
  });

  it('makes no path of a name that is not an id', async () => {
    for (const step_run of ['../../etc/passwd', 'a', '%2e%2e', `${randomUUID()}/..`])
      await expect(logs.append({ step_run, attempt: 1 }, chunks(0, 1))).rejects.toThrow(
        'named by a step run',
      );
  });

  it('tells a follower of each append', async () => {
    const one = key();
    let told = 0;
    const stop = logs.watch(one, () => told++);
    await logs.append(one, chunks(0, 1));
    await logs.append(one, chunks(0, 1));
    stop();
    await logs.append(one, chunks(1, 2));
    expect(told).toBe(1);
  });
});
