import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Capture, MASK } from '../../domains/tracking/schema/capture.ts';
import { captureOf } from './capture.ts';
import { maskArguments, withoutCredentials, withoutValuesOf } from './secrets.ts';

let root: string;
const git = (...args: string[]) =>
  execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args])
    .toString()
    .trim();
const write = (path: string, bytes: string | Buffer) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), bytes);
};
const LATIN1 = Buffer.from('caf\xe9\n', 'latin1');

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'rondo-capture-')));
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', 'https://me:hunter2@example.com/team/code.git');
  write('train.mjs', 'one\ntwo\n');
  write('old/latin.txt', Buffer.from('caf\xe9s\n', 'latin1'));
  write('config.env', 'A=1\n');
  write('package-lock.json', '{"lockfileVersion":3}\n');
  write('.gitignore', 'data/\n.venv\n');
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const capture = (argv = ['node', 'train.mjs'], folder = '') =>
  captureOf({
    by: 'exec',
    argv,
    cwd: join(root, folder),
    env: { PATH: process.env.PATH, TZ: 'UTC', TOKEN: 't' },
  });

describe('capture', () => {
  it('takes commit, changes and new files of any encoding, and leaves secrets, ignored and large files', async () => {
    write('train.mjs', 'one\n2\n');
    write('old/latin.txt', LATIN1);
    write('config.env', 'A=hunter2\n');
    write('new/more.mjs', 'export const more = 1;\n');
    write('.env', 'KEY=hunter2\n');
    write('data/rows.csv', 'a\n');
    write('big.txt', 'x'.repeat(300_000));
    write('blob.bin', Buffer.from([0, 1, 2]));
    git('add', 'new/more.mjs');
    const before = git('status', '--porcelain=v2');
    const { capture: taken, files, tags } = await capture();
    expect(git('status', '--porcelain=v2')).toBe(before);
    expect(taken.code).toEqual({
      root,
      commit: git('rev-parse', 'HEAD'),
      branch: 'main',
      remote: 'https://example.com/team/code.git',
      changes: 'partial',
      changed_lines: 5,
      left_out: [
        { path: 'config.env', why: 'secret' },
        { path: '.env', why: 'secret' },
        { path: 'big.txt', why: 'large' },
        { path: 'blob.bin', why: 'binary' },
      ],
    });
    const diff = files.get('rondo/changes.diff') as Buffer;
    expect(diff.includes('hunter2')).toBe(false);
    expect(tags).toMatchObject({ 'mlflow.source.name': 'train.mjs', 'rondo.git.changed_lines': '5' });
    expect(Capture.parse(JSON.parse(String(files.get('rondo/capture.json'))))).toEqual(taken);

    const other = join(root, '..', `${root.split('/').at(-1)}-again`);
    git('worktree', 'add', '-q', '--detach', other, taken.code?.commit ?? '');
    execFileSync('git', ['-C', other, 'apply', '--whitespace=nowarn'], { input: diff });
    expect(readFileSync(join(other, 'train.mjs'), 'utf8')).toBe('one\n2\n');
    expect(readFileSync(join(other, 'old/latin.txt'))).toEqual(LATIN1);
    expect(readFileSync(join(other, 'new/more.mjs'), 'utf8')).toContain('more');
    rmSync(other, { recursive: true });
  });

  it('sees a change that follows the commit at once and keeps the size', async () => {
    // File and index of the same second, however long ago: what git calls racy.
    git('config', 'core.checkStat', 'minimal');
    const at = 1_000_000_000;
    const written = (text: string) => {
      write('train.mjs', text);
      utimesSync(join(root, 'train.mjs'), at, at);
    };
    written('two\none\n');
    git('add', '-A');
    git('commit', '-q', '-m', 'second');
    written('one\ntwo\n');
    utimesSync(join(root, '.git/index'), at, at);
    expect((await capture()).capture.code).toMatchObject({ changes: 'whole', changed_lines: 2 });
  });

  it('names the lock of the folder or of one above, the interpreter, and few variables', async () => {
    write('deep/run.mjs', '');
    const { capture: taken, files } = await capture([process.execPath, 'run.mjs', '--lr=1'], 'deep');
    expect(taken.command).toEqual({
      argv: [process.execPath, 'run.mjs', '--lr=1'],
      masked: [],
      folder: 'deep',
    });
    expect(taken.environment).toMatchObject({ language: 'node', version: process.version });
    expect(taken.environment.locks).toMatchObject([
      {
        kind: 'package-lock.json',
        path: 'package-lock.json',
        artifact: 'rondo/environment/package-lock.json',
      },
    ]);
    expect(String(files.get('rondo/environment/package-lock.json'))).toContain('lockfileVersion');
    expect(taken.variables).toEqual({ TZ: 'UTC' });
    expect(taken.machine.cpus).toBeGreaterThan(0);
  });

  it('lists the packages of a Python, also through the first line of a program', async () => {
    write('tool', '#!/usr/bin/env python3\nprint(1)\n');
    const { capture: taken, files } = await capture([join(root, 'tool'), '--seed', '1']);
    expect(taken.environment).toMatchObject({ language: 'python', version: expect.stringMatching(/^3\./) });
    expect(files.has('rondo/environment/packages.txt')).toBe(true);
  });

  it('says what there is where there is no repository, no commit and no such program', async () => {
    rmSync(join(root, '.git'), { recursive: true });
    expect((await capture()).capture).toMatchObject({ code: null, command: { folder: null } });
    git('init', '-q');
    expect((await capture(['no-such-program'])).capture).toMatchObject({
      code: null,
      environment: { language: null, executable: null },
    });
  });
});

describe('secrets', () => {
  it('masks values by the name of their option and by their form', () => {
    const argv = [
      'x',
      '--api-key',
      'abc',
      '--token=abc',
      '--tokens=5',
      '--lr',
      '0.1',
      'ghp_0123456789abcdefghij',
    ];
    const { argv: shown, masked } = maskArguments([
      ...argv,
      'https://u:p@h/x',
      '--author',
      'me',
      'DB_PASSWORD=x',
    ]);
    const plain = ['x', '--api-key', MASK, `--token=${MASK}`, '--tokens=5', '--lr', '0.1', MASK];
    expect(shown).toEqual(plain.concat('https://h/x', '--author', 'me', `DB_PASSWORD=${MASK}`));
    expect(masked).toEqual([2, 3, 7, 8, 11]);
  });

  it('takes credentials out of addresses, and values of secret variables out of texts', () => {
    expect(withoutCredentials('git+https://t0ken@h/a and ssh://git@h/b')).toBe(
      'git+https://h/a and ssh://git@h/b',
    );
    expect(withoutValuesOf({ MY_TOKEN: 'longenough', HOME: '/home/longenough' }, 'a longenough b')).toBe(
      `a ${MASK} b`,
    );
  });
});
