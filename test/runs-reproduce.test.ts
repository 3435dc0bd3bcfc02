import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../scripts/build.mjs';
import { runCli } from './harness/cli.ts';
import { testServer, type TestServer } from './harness/server.ts';

const SDK = pathToFileURL(join(process.cwd(), 'dist', 'sdk.js')).href;
/** A loss that its seed, its learning rate and a module beside it decide, and nothing else. */
const TRAINING = `
import { Rondo } from '${SDK}';
import { scale } from './scale.mjs';
if (process.env.SEED === 'none') process.exit(4);
let state = Number(process.env.SEED ?? 7);
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
const rate = Number(process.argv[2] ?? 0.1);
const run = await new Rondo().startRun({ experiment: 'trees', name: 'train', params: { rate } });
let loss = 1;
for (let step = 0; step < 50; step++) {
  loss -= rate * scale * random() * loss;
  run.logMetric('loss', loss, { step });
}
await run.logDataset({ name: 'rows', digest: process.env.DIGEST ?? 'd1' });
await run.end();
console.log(run.id);
`;

let server: TestServer;
let folder: string;
let code: string;
beforeAll(async () => {
  await build();
  server = await testServer();
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rondo-again-')));
  code = join(folder, 'code');
  mkdirSync(code);
  git('init', '-q', '-b', 'main');
  mkdirSync(join(code, 'model'));
  writeFileSync(join(code, 'model', 'train.mjs'), TRAINING);
  writeFileSync(join(code, 'model', 'scale.mjs'), 'export const scale = 0.5;\n');
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
});
afterAll(async () => {
  await server.end();
  rmSync(folder, { recursive: true, force: true });
});

const git = (...args: string[]) =>
  execFileSync('git', ['-C', code, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args])
    .toString()
    .trim();
const rondo = (words: string[], cwd = code, env: Record<string, string> = {}) =>
  runCli(words, {
    cwd,
    env: {
      RONDO_URL: server.url,
      RONDO_TOKEN: server.token,
      RONDO_CAPTURE: 'on',
      TMPDIR: folder,
      XDG_STATE_HOME: join(folder, 'state'),
      ...env,
    },
  });
async function exec(...command: string[]): Promise<string> {
  const ran = await rondo(['runs', 'exec', '--experiment', 'trees', '--', ...command], join(code, 'model'));
  expect(ran).toMatchObject({ code: 0 });
  return /^Run (\w{32}):/m.exec(ran.err)?.[1] ?? '';
}
const stored = async (id: string) =>
  (await server.call('GET', `/api/2.0/mlflow/runs/get?run_id=${id}`)).body.run;
const leftovers = () => readdirSync(folder).filter((name) => name.startsWith('rondo-'));

describe('rondo runs reproduce', () => {
  it('runs what was recorded, changes and new files too, and not what is in the tree by now', async () => {
    writeFileSync(join(code, 'model', 'scale.mjs'), "export { scale } from './new.mjs';\n");
    writeFileSync(join(code, 'model', 'new.mjs'), 'export const scale = 0.75;\n');
    const first = await exec('node', 'train.mjs', '0.2');
    git('checkout', '-q', '--', '.');
    rmSync(join(code, 'model', 'new.mjs'));
    writeFileSync(join(code, 'model', 'train.mjs'), 'throw new Error("not what was recorded");\n');
    const before = git('status', '--porcelain=v2');

    const ran = await rondo(['--json', 'runs', 'reproduce', first]);
    expect(ran).toMatchObject({ code: 0 });
    const result = JSON.parse(ran.out);
    expect(result).toMatchObject({
      run_id: first,
      commit: git('rev-parse', 'HEAD'),
      differs: [],
      reproduction: { code: 0, verdict: 'reproduced', comparison: { same_data: true, within: 0 } },
    });
    const { info, data } = await stored(result.reproduction.run_id);
    expect(info.status).toBe('FINISHED');
    expect(data.tags).toContainEqual({ key: 'rondo.reproduces', value: first });
    expect(data.metrics[0].value).toBe((await stored(first)).data.metrics[0].value);
    const { body } = await server.call('GET', `/api/v1/projects/default/runs/${first}/reproductions`);
    expect(body).toMatchObject({ machines: 1, within: 0, reproductions: [{ verdict: 'reproduced' }] });

    // A reproduction was recorded as any run, and can be made again itself.
    const again = await rondo(['runs', 'reproduce', result.reproduction.run_id]);
    expect(again).toMatchObject({
      code: 0,
      out: expect.stringContaining('Reproduced: the metric within 0.01'),
    });
    expect(git('status', '--porcelain=v2')).toBe(before);
    expect(git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(leftovers()).toEqual([]);
    git('checkout', '-q', '--', '.');
  });

  it('says by how much another seed and other data differ', async () => {
    const first = await exec('node', 'train.mjs');
    const seeded = await rondo(['runs', 'reproduce', first], code, { SEED: '8' });
    expect(seeded.code).toBe(1);
    expect(seeded.out).toMatch(/^METRIC +RECORDED +REPRODUCED +DIFFERENCE +VERDICT\nloss .+ differs\n/);
    expect(seeded.out).toContain('Not reproduced: 1 of 1 metrics are further off than 0.01.');
    const wide = await rondo(['runs', 'reproduce', first, '--tolerance', '100'], code, { SEED: '8' });
    expect([wide.code, wide.out]).toEqual([0, expect.stringContaining('Reproduced: the metric within 100')]);
    const other = await rondo(['runs', 'reproduce', first], code, { DIGEST: 'd2' });
    expect(other.code).toBe(1);
    expect(other.out).toContain('The data differs: rows@d1 then, rows@d2 now.');
  });

  it('finds the run of a plain script among those that it starts', async () => {
    const script = join(code, 'sweep.mjs');
    writeFileSync(
      script,
      `import { Rondo } from '${SDK}';
       for (const depth of [1, 2, 3]) {
         const run = await new Rondo().startRun({ experiment: 'sweep', params: { depth } });
         run.logMetric('score', depth * 10);
         await run.end();
         console.log(run.id);
       }`,
    );
    const env = {
      ...process.env,
      RONDO_URL: server.url,
      RONDO_TOKEN: server.token,
      RONDO_CAPTURE: '',
      XDG_STATE_HOME: join(folder, 'state'),
    };
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: code, env });
    const ids = stdout.trim().split('\n');
    rmSync(script);
    const ran = await rondo(['--json', 'runs', 'reproduce', ids[1] ?? '']);
    expect(ran).toMatchObject({ code: 0 });
    const { reproduction } = JSON.parse(ran.out);
    expect((await stored(reproduction.run_id)).data).toMatchObject({
      params: [{ key: 'depth', value: '2' }],
      metrics: [{ key: 'score', value: 20 }],
    });
  });

  it('clones from the remote where no clone here has the commit, and keeps the checkout when told to', async () => {
    const remote = join(folder, 'remote.git');
    execFileSync('git', ['clone', '-q', '--bare', code, remote]);
    git('remote', 'add', 'origin', remote);
    const first = await exec('node', 'train.mjs');
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const hidden = join(folder, 'hidden');
    execFileSync('mv', [code, hidden]);
    try {
      const dry = await rondo(['runs', 'reproduce', first, '--dry-run', '--keep'], elsewhere);
      expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('can be run again') });
      const kept = /The checkout is in (\S+)\./.exec(dry.out)?.[1] ?? '';
      expect(readFileSync(join(kept, 'model', 'train.mjs'), 'utf8')).toBe(TRAINING);
      rmSync(join(kept, '..'), { recursive: true });
      expect(await rondo(['runs', 'reproduce', first], elsewhere)).toMatchObject({ code: 0 });
      rmSync(remote, { recursive: true });
      const lost = await rondo(['runs', 'reproduce', first], elsewhere);
      expect([lost.code, lost.err]).toEqual([1, expect.stringContaining('CODE_NOT_FOUND')]);
    } finally {
      execFileSync('mv', [hidden, code]);
      git('remote', 'remove', 'origin');
    }
    expect(leftovers()).toEqual([]);
  });

  it('installs what the lock names, or says that it cannot', async () => {
    writeFileSync(join(code, 'package.json'), '{"name":"code","version":"1.0.0"}');
    const lock = {
      name: 'code',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'code', version: '1.0.0' } },
    };
    writeFileSync(join(code, 'package-lock.json'), JSON.stringify(lock));
    const first = await exec('node', 'train.mjs');
    expect(await rondo(['runs', 'reproduce', first, '--env', 'locked'])).toMatchObject({ code: 0 });
    writeFileSync(
      join(code, 'package.json'),
      '{"name":"code","version":"1.0.0","dependencies":{"not-in-the-lock":"1.0.0"}}',
    );
    const broken = await exec('node', 'train.mjs');
    const cannot = await rondo(['runs', 'reproduce', broken, '--env', 'locked']);
    expect([cannot.code, cannot.err]).toEqual([1, expect.stringContaining('ENVIRONMENT_NOT_MADE')]);
    rmSync(join(code, 'package.json'));
    rmSync(join(code, 'package-lock.json'));
    expect(leftovers()).toEqual([]);
  });

  it('says what stands in the way', async () => {
    const fault = async (...words: string[]) => {
      const { code: exit, err } = await rondo(['runs', 'reproduce', ...words]);
      return `${exit} ${err.trim().split('\n').at(-1)}`;
    };
    expect(await fault('f'.repeat(32))).toBe('1 RESOURCE_DOES_NOT_EXIST');
    const bare = (await server.call('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0' })).body.run
      .info;
    expect(await fault(bare.run_id)).toBe('1 RUN_NOT_RECORDED');
    const first = await exec('node', 'train.mjs');
    expect(await fault(first, '--metric', 'no-such')).toBe('1 INVALID');
    expect((await fault(first, '--tolerance', '-1')).startsWith('2 ')).toBe(true);
    expect((await fault(first, '--env', 'other')).startsWith('2 ')).toBe(true);

    const put = (path: string, body: string) =>
      fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/${place}/${path}`, {
        method: 'PUT',
        body,
        headers: { authorization: `Bearer ${server.token}` },
      });
    writeFileSync(join(code, 'model', 'scale.mjs'), 'export const scale = 0.9;\n');
    const changed = await exec('node', 'train.mjs');
    git('checkout', '-q', '--', '.');
    const { info } = await stored(changed);
    const place = `${info.experiment_id}/${changed}/artifacts`;
    await put('rondo/changes.diff', '--- a/model/none.mjs\n+++ b/model/none.mjs\n@@ -1 +1 @@\n-a\n+b\n');
    expect(await fault(changed)).toBe('1 CHANGES_NOT_APPLIED');
    const outside = '--- a/../../outside\n+++ b/../../outside\n@@ -0,0 +1 @@\n+b\n';
    await put('rondo/changes.diff', outside);
    expect(await fault(changed)).toBe('1 CHANGES_NOT_APPLIED');
    const { body: record } = await server.call(
      'GET',
      `/get-artifact?run_id=${changed}&path=rondo/capture.json`,
    );
    const evil = (part: object) =>
      put('rondo/capture.json', JSON.stringify({ ...record, code: { ...record.code, ...part } }));
    await evil({ commit: '--upload-pack=touch' });
    expect(await fault(changed)).toBe('1 RUN_NOT_RECORDED');
    const mark = join(folder, 'was-run');
    await evil({ root: '/nowhere', commit: 'a'.repeat(40), remote: `ext::sh -c touch% ${mark}` });
    expect(await fault(changed)).toBe('1 CODE_NOT_FOUND');
    expect(existsSync(mark)).toBe(false);
    await put(
      'rondo/capture.json',
      JSON.stringify({ ...record, command: { ...record.command, folder: '../..' } }),
    );
    expect(await fault(changed)).toBe('1 RUN_NOT_RECORDED');

    const fails = await exec('node', 'train.mjs');
    const failed = await rondo(['runs', 'reproduce', fails], code, { SEED: 'none' });
    expect([failed.code, failed.out]).toEqual([1, expect.stringContaining('the command ended with 4')]);
    expect(leftovers()).toEqual([]);
  });

  it('masks secrets of the command, and says that it cannot be run again so', async () => {
    const first = await exec('node', 'train.mjs', '0.1', '--api-key', 'hunter2hunter2');
    const { body } = await server.call('GET', `/get-artifact?run_id=${first}&path=rondo/capture.json`);
    expect(JSON.stringify(body)).not.toContain('hunter2');
    const ran = await rondo(['runs', 'reproduce', first]);
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('looked like a secret')]);
  });
});
