import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from './bundle.ts';
import { provenanceOf } from './provenance.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'rondo-provenance-')));
const put = (name: string, text: string) => writeFileSync(join(home, name), text);
const git = (...args: string[]) =>
  execFileSync('git', ['-C', home, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]).toString();
const diffNow = async () => {
  const { diff } = await provenanceOf(home);
  return diff === null ? null : Buffer.from(diff).toString();
};

beforeAll(() => {
  git('init', '-q', '-b', 'main');
  put('flow.ts', 'one\n');
  put('.env', 'TOKEN=a\n');
  put('package-lock.json', '{}');
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('where a pipeline file comes from', () => {
  it('is a commit, a branch and a lock file', async () => {
    expect(await provenanceOf(home)).toEqual({
      commit: git('rev-parse', 'HEAD').trim(),
      branch: 'main',
      diff: null,
      lock: sha256('{}'),
      lock_file: 'package-lock.json',
    });
  });

  it('is what differs from it too, new files as well, without what holds secrets', async () => {
    put('flow.ts', 'two\n');
    put('step.ts', 'new\n');
    put('.env', 'TOKEN=a-secret\n');
    const diff = await diffNow();
    expect(diff).toContain('# not in this diff (secret): .env');
    expect(diff).toContain('-one\n+two');
    expect(diff).toContain('b/step.ts');
    expect(diff).not.toContain('a-secret');
    git('checkout', '-q', '.');
    rmSync(join(home, 'step.ts'));
    execFileSync('git', ['-C', home, 'apply', '--check'], { input: diff ?? '' });
    expect(await diffNow()).toBe(null);
  });

  it('is never called clean where its changes are too large to keep', async () => {
    put('step.ts', 'x\n'.repeat(200_000));
    expect(await diffNow()).toBe('# not in this diff (large): step.ts\n');
    rmSync(join(home, 'step.ts'));
  });
});
