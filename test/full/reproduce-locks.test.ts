import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import { runCli } from '../harness/cli.ts';
import { testServer, type TestServer } from '../harness/server.ts';

const SDK = pathToFileURL(join(process.cwd(), 'dist', 'sdk.js')).href;
const TRAINING = `
import isNumber from 'is-number';
import { Rondo } from '${SDK}';
const run = await new Rondo().startRun({ experiment: 'locks' });
run.logMetric('numbers', [1, '2', 'x'].filter(isNumber).length);
await run.end();
console.log(run.id);
`;
/** Where nothing but the programs of the system and Node is. */
const bare = [dirname(process.execPath), '/usr/bin', '/bin'];

let server: TestServer;
let home: string;
beforeAll(async () => {
  await build();
  server = await testServer();
  home = realpathSync(mkdtempSync(join(tmpdir(), 'rondo-locks-')));
});
afterAll(async () => {
  await server.end();
  rmSync(home, { recursive: true, force: true });
});

/** Folder of the programs of a package that npm installs. */
async function programOf(name: string, version: string): Promise<string> {
  const folder = join(home, `manager-${name.replace(/\W/g, '')}-${version}`);
  mkdirSync(folder);
  await promisify(execFile)('npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--prefix',
    folder,
    `${name}@${version}`,
  ]);
  return join(folder, 'node_modules/.bin');
}

/** A repository whose lock file the manager itself wrote, with its modules installed and not kept by git. */
async function repository(
  name: string,
  lock: string,
  install: string[],
  bin: string,
  more: Record<string, string>,
) {
  const code = join(home, name);
  mkdirSync(code);
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', code, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
  git('init', '-q', '-b', 'main');
  const manifest = { name, version: '1.0.0', private: true, dependencies: { 'is-number': '7.0.0' } };
  const files = {
    'package.json': JSON.stringify(manifest),
    'train.mjs': TRAINING,
    '.gitignore': 'node_modules\n.yarn\n',
    ...more,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(code, file), text);
  const [program = '', ...args] = install;
  await promisify(execFile)(join(bin, program), args, { cwd: code, env: { ...process.env, CI: '' } });
  expect(existsSync(join(code, lock))).toBe(true);
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  return code;
}

const rondo = (words: string[], cwd: string, path: readonly string[]) =>
  runCli(words, {
    cwd,
    env: {
      RONDO_URL: server.url,
      RONDO_TOKEN: server.token,
      RONDO_CAPTURE: 'on',
      XDG_STATE_HOME: join(home, 'state'),
      PATH: path.join(delimiter),
    },
  });

describe('rondo runs reproduce --env locked', () => {
  it.each([
    ['pnpm', 'pnpm', '9.15.9', 'pnpm-lock.yaml', ['pnpm', 'install'], {}],
    ['yarn', 'yarn', '1.22.22', 'yarn.lock', ['yarn', 'install'], {}],
    [
      'berry',
      '@yarnpkg/cli-dist',
      '4.9.1',
      'yarn.lock',
      ['yarn', 'install', '--no-immutable'],
      { '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n' },
    ],
  ])('installs the lock file of %s', async (name, manager, version, lock, install, more) => {
    const bin = await programOf(manager, version);
    const code = await repository(name, lock, install, bin, more);
    const first = await rondo(['runs', 'exec', '--', 'node', 'train.mjs'], code, [bin, ...bare]);
    expect([first.code, first.err]).toEqual([0, expect.any(String)]);
    const id = /^Run (\w{32}):/m.exec(first.err)?.[1] ?? '';
    rmSync(join(code, 'node_modules'), { recursive: true });
    const again = await rondo(['runs', 'reproduce', id, '--env', 'locked'], code, [bin, ...bare]);
    expect([again.code, again.err]).toEqual([0, expect.stringContaining(`Installing ${lock}`)]);
    const without = await rondo(['runs', 'reproduce', id], code, [bin, ...bare]);
    expect(without.code).toBe(1);
  });

  it('says what to do where the manager is not there', async () => {
    const code = join(home, 'pnpm');
    const programs = join(home, 'programs');
    mkdirSync(programs);
    for (const name of ['node', 'git', 'sh', 'env']) {
      const [path] = (process.env.PATH ?? '')
        .split(delimiter)
        .map((at) => join(at, name))
        .filter(existsSync);
      if (path) execFileSync('ln', ['-s', realpathSync(path), join(programs, name)]);
    }
    const found = await server.call('POST', '/api/2.0/mlflow/runs/search', {
      experiment_ids: await experiments(),
    });
    const id = found.body.runs.at(-1).info.run_id as string;
    const { code: exit, err } = await rondo(['runs', 'reproduce', id, '--env', 'locked'], code, [programs]);
    expect(exit).toBe(1);
    expect(err).toContain('ENVIRONMENT_NOT_MADE');
    expect(err).toContain('npm install --global pnpm');
    expect(err).toContain('--env current');
  });

  async function experiments(): Promise<string[]> {
    const { body } = await server.call('POST', '/api/2.0/mlflow/experiments/search', { max_results: 9 });
    return body.experiments.map(({ experiment_id }: { experiment_id: string }) => experiment_id);
  }
});
