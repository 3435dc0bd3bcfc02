import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../harness/server.ts';

const FILE = `
import { pipeline, step, value, z } from 'rondo';
const add = step('add', { in: { a: z.number(), b: z.string() }, out: { n: value(z.string()) }, run: ({ inputs, log }) => {
  log('adding');
  if (inputs.a < 0) throw new Error('negative');
  return { n: inputs.b + inputs.a };
} });
export default pipeline('sum', { params: z.object({ a: z.number(), b: z.string().default('x') }) }, (p) => { add({ a: p.params.a, b: p.params.b }); });
`;

describe('rondo on the command line', () => {
  let server: TestServer;
  let folder: string;
  beforeAll(async () => {
    server = await testServer();
    folder = mkdtempSync(join(tmpdir(), 'rondo-cli-'));
    writeFileSync(join(folder, 'sum.ts'), FILE);
    writeFileSync(join(folder, 'rows.csv'), 'a,b\n1,x\n2,y\n3,z\n');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.end();
  });

  const rondo = (...words: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH, RONDO_URL: server.url, RONDO_TOKEN: server.token };
      execFile(process.execPath, ['dist/cli.js', ...words], { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out: out.trim(), err: err.trim() }),
      );
    });

  it('applies, runs with progress, lists, and shows logs', async () => {
    const file = join(folder, 'sum.ts');
    expect(await rondo('pipelines', 'apply', file)).toMatchObject({ code: 0, out: 'sum is now version 1.' });
    expect((await rondo('pipelines', 'apply', file)).out).toBe('sum is unchanged at version 1.');
    const run = await rondo('pipelines', 'run', 'sum', '-p', 'a=2', '-p', 'b=7', '--wait', '--json');
    expect(run.code).toBe(0);
    expect(JSON.parse(run.out)).toMatchObject({ state: 'done', params: { a: 2, b: '7' } });
    expect(run.err).toMatch(/add: done in/);
    expect((await rondo('pipelines', 'list')).out).toMatch(/sum +1 +#1 done/);
    expect((await rondo('pipelines', 'logs', 'sum#1')).out).toBe('adding');
    const failed = await rondo('pipelines', 'run', 'sum', '-p', 'a=-1', '--wait');
    expect(failed).toMatchObject({
      code: 1,
      out: expect.stringContaining("Step 'add' failed: Error: negative"),
    });
  });

  it('imports and shows a dataset, and where it came from', async () => {
    const made = await rondo('datasets', 'import', 'rows', join(folder, 'rows.csv'), '--where', 'a > 1');
    expect(made).toMatchObject({ code: 0, out: 'rows version 1 is there: 2 rows.' });
    expect((await rondo('datasets', 'list')).out).toMatch(/rows +1 +2/);
    expect((await rondo('datasets', 'show', 'rows')).out).toMatch(/^a +int +0 +2 +2 +2\.5 +3$/m);
    expect((await rondo('lineage', 'show', 'rondo:dataset-version:rows/1')).out).toContain(
      'derived-from rows.csv',
    );
    expect((await rondo('models', 'list', '--json')).out).toBe('[]');
  });

  it('applies rules, pauses and resumes them, and answers what they ask', async () => {
    const file = join(folder, 'rules.yaml');
    writeFileSync(
      file,
      "rules:\n  - { name: look, when: { event: dataset.version.created }, do: [{ action: open_approval, title: 'Look at ${data.dataset}' }] }\n",
    );
    expect(await rondo('rules', 'apply', file)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^look: /),
    });
    writeFileSync(join(folder, 'wrong.yaml'), 'rules: [{ name: x }]');
    const wrong = await rondo('rules', 'apply', join(folder, 'wrong.yaml'));
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('rules.0.when')]);
    expect((await rondo('rules', 'pause', 'look', '--reason', 'holiday')).code).toBe(0);
    expect((await rondo('rules', 'list')).out).toMatch(/look +paused/);
    expect((await rondo('rules', 'resume', 'look')).code).toBe(0);
    expect((await rondo('approvals', 'list')).out).toBe('Nothing waits for you.');
    await rondo('datasets', 'import', 'looked-at', join(folder, 'rows.csv'));
    await expect
      .poll(async () => (await rondo('approvals', 'list')).out, { timeout: 60_000 })
      .toContain('Look at looked-at');
    const [asked] = JSON.parse((await rondo('approvals', 'list', '--json')).out) as { id: number }[];
    const rejected = await rondo('approvals', 'reject', String(asked?.id), '--comment', 'seen');
    expect(rejected).toMatchObject({ code: 0, out: expect.stringContaining('is rejected') });
    expect((await rondo('approvals', 'list')).out).toBe('Nothing waits for you.');
  });

  it('answers with 2 for wrong usage, 1 for what failed, and a hint', async () => {
    expect((await rondo('pipelines', 'nothing')).code).toBe(2);
    expect((await rondo('pipelines', 'run')).code).toBe(2);
    expect(await rondo('pipelines', 'run', 'unknown')).toMatchObject({
      code: 1,
      out: '',
      err: "pipeline 'unknown' was not found.\nApply its file: rondo pipelines apply FILE.\nNOT_FOUND",
    });
    expect((await rondo('token')).out).toBe(server.token);
    expect((await rondo('status')).out).toContain(`at ${server.url}\nYou are start token`);
    const away = await rondo('status', '--url', 'http://127.0.0.1:9', '--json');
    expect(away.code).toBe(1);
    expect(JSON.parse(away.err)).toMatchObject({ code: 'UNREACHABLE' });
  });
});
