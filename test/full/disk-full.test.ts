import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { endGateway, type ServerProcess, serverProcess } from '../harness/process.ts';

const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'rondo-full-'));
let server: ServerProcess | undefined;
afterAll(async () => {
  await server?.stop();
  await endGateway(join(folder, 'data'));
  if (isRoot) execFileSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true, force: true });
});

// A file system of its own has to be mounted for it, which takes root.
it.skipIf(!isRoot)(
  'a full disk refuses writes with 507, loses nothing, and is forgotten when there is room',
  async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder]);
    server = await serverProcess(join(folder, 'data'));
    const { url } = server;
    const call = async (method: string, path: string, body?: object) => {
      const answer = await fetch(`${url}/api/2.0/mlflow/${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const made = await call('POST', 'runs/create', { experiment_id: '0' });
    const { run_id } = (made.body.run as { info: { run_id: string } }).info;
    const tag = (key: string) => call('POST', 'runs/set-tag', { run_id, key, value: 'x'.repeat(4000) });
    const told: string[] = [];
    const write = async (from: number, count: number) => {
      const refused: number[] = [];
      for (let i = from; i < from + count; i++) {
        const { status } = await tag(`k${i}`);
        if (status === 200) told.push(`k${i}`);
        else refused.push(status);
      }
      return refused;
    };
    expect(await write(0, 20)).toEqual([]);
    const ballast = join(folder, 'ballast');
    try {
      writeFileSync(ballast, Buffer.alloc(64 << 20));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
    const refused = await write(1000, 2000);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused)).toEqual(new Set([507]));
    const tags = async () => {
      const { body } = await call('GET', `runs/get?run_id=${run_id}`);
      return (body.run as { data: { tags: { key: string }[] } }).data.tags.map((each) => each.key);
    };
    expect(await tags()).toEqual(expect.arrayContaining(told));
    rmSync(ballast);
    expect(await write(5000, 20)).toEqual([]);
    await server.kill();
    await endGateway(join(folder, 'data'));
    server = await serverProcess(join(folder, 'data'));
    const again = await fetch(`${server.url}/api/2.0/mlflow/runs/get?run_id=${run_id}`);
    const { run } = (await again.json()) as { run: { data: { tags: { key: string }[] } } };
    expect(run.data.tags.map((each) => each.key)).toEqual(expect.arrayContaining(told));
  },
);
