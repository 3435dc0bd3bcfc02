import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeAround, type CodeFound } from '../../sdk/capture/code.ts';
import { sha256 } from './bundle.ts';

export interface Provenance {
  commit: string | null;
  branch: string | null;
  /** Changes since the commit, new files too; null when there are none. Without files that hold secrets. */
  diff: Uint8Array<ArrayBuffer> | null;
  lock: string | null;
  lock_file: string | null;
}

const LOCK_FILES = ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock'];

/** Which commit the code is from, how it differs from it, and the digest of the lock file beside it or above. */
export async function provenanceOf(folder: string): Promise<Provenance> {
  const found = await codeAround(folder);
  const lock = ancestors(folder)
    .flatMap((place) => LOCK_FILES.map((name) => ({ name, path: join(place, name) })))
    .find(({ path }) => existsSync(path));
  return {
    commit: found?.code.commit ?? null,
    branch: found?.code.branch ?? null,
    diff: found ? diffOf(found) : null,
    lock: lock ? sha256(readFileSync(lock.path, 'utf8')) : null,
    lock_file: lock?.name ?? null,
  };
}

/** With what is missing in it at its head, which `git apply` reads over: a tree that differs is never taken for a clean one. */
function diffOf({ code, diff }: CodeFound): Uint8Array<ArrayBuffer> | null {
  if (diff.length === 0 && code.changes !== 'partial') return null;
  const missing = code.left_out.map(({ path, why }) => `# not in this diff (${why}): ${path}\n`);
  return new Uint8Array(Buffer.concat([Buffer.from(missing.join('')), diff]));
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
