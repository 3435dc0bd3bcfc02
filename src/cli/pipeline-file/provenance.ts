import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from './bundle.ts';

export interface Provenance {
  commit: string | null;
  branch: string | null;
  /** `git diff HEAD` when the working tree differs. */
  diff: string | null;
  lock: string | null;
  lock_file: string | null;
}

const LOCK_FILES = ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock'];

/** Which commit the code is from, how it differs from it, and the digest of the lock file beside it or above. */
export async function provenanceOf(folder: string): Promise<Provenance> {
  const [commit, branch, diff] = await Promise.all([
    headCommit(folder),
    git(folder, 'rev-parse', '--abbrev-ref', 'HEAD'),
    git(folder, 'diff', 'HEAD', '--binary'),
  ]);
  const lock = ancestors(folder)
    .flatMap((place) => LOCK_FILES.map((name) => ({ name, path: join(place, name) })))
    .find(({ path }) => existsSync(path));
  return {
    commit,
    branch: branch?.trim() ?? null,
    diff: diff || null,
    lock: lock ? sha256(readFileSync(lock.path, 'utf8')) : null,
    lock_file: lock?.name ?? null,
  };
}

/** The commit that is checked out at a folder; null outside of a git checkout. */
export async function headCommit(folder: string): Promise<string | null> {
  return (await git(folder, 'rev-parse', 'HEAD'))?.trim() ?? null;
}

/** The nearest folder above that has `node_modules` or `package.json`; the file's own when there is none. */
export function projectRoot(file: string): string {
  const own = dirname(file);
  const marks = ['node_modules', 'package.json'];
  return ancestors(own).find((place) => marks.some((mark) => existsSync(join(place, mark)))) ?? own;
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

function git(folder: string, ...args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('git', ['-C', folder, ...args], { maxBuffer: 64_000_000 }, (error, out) =>
      resolve(error ? undefined : out),
    );
  });
}
