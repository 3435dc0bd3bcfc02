import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CapturedCode } from '../../domains/tracking/schema/capture.ts';
import { AppError } from '../../lib/errors.ts';
import { RUN_ERRORS } from './errors.ts';
import { type Finished, finished } from './programs.ts';

export interface Checkout {
  /** Top of the recorded code. */
  folder: string;
  /** The clone on this machine that it came from; what is installed there can be used. */
  clone: string | null;
  remove(): Promise<void>;
}

/** What a recorded remote may make git do: fetch, and nothing that runs a program of its choice. */
const ENVIRONMENT = {
  ...process.env,
  // Of a git that we may have been started by.
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
};
const QUIET = [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'advice.detachedHead=false',
];

const git = (folder: string | undefined, args: readonly string[], input?: Uint8Array): Promise<Finished> =>
  finished('git', [...(folder === undefined ? [] : ['-C', folder]), ...QUIET, ...args], {
    env: ENVIRONMENT,
    ...(input ? { input } : {}),
  });

/** The recorded commit and changes in a folder of their own below `scratch`; no working tree of the user is touched. */
export async function checkOut(
  code: CapturedCode,
  diff: Uint8Array | undefined,
  scratch: string,
  cwd: string,
): Promise<Checkout> {
  const found = (await fromClone(code, scratch, cwd)) ?? (await fromRemote(code, scratch));
  if (diff && diff.length > 0) {
    const applied = await git(found.folder, ['apply', '--binary', '--whitespace=nowarn', '-'], diff);
    if (applied.code !== 0) {
      await found.remove();
      throw new AppError(
        RUN_ERRORS.CHANGES_NOT_APPLIED,
        `The recorded changes do not apply to commit ${code.commit.slice(0, 12)}: ${applied.err}`,
        {
          hint: 'The artifact rondo/changes.diff of the run, or its tags, were changed since it was recorded.',
        },
      );
    }
  }
  return found;
}

async function fromClone(code: CapturedCode, scratch: string, cwd: string): Promise<Checkout | undefined> {
  const here = (await git(cwd, ['rev-parse', '--show-toplevel'])).out.trim();
  for (const clone of new Set([here, code.root])) {
    if (clone === '' || !(await has(clone, code.commit))) continue;
    const folder = join(scratch, 'code');
    const added = await git(clone, ['worktree', 'add', '--quiet', '--detach', folder, code.commit]);
    if (added.code !== 0)
      throw new AppError(RUN_ERRORS.CODE_NOT_FOUND, `git could not check out ${code.commit}: ${added.err}`);
    return {
      folder,
      clone,
      async remove() {
        const gone = await git(clone, ['worktree', 'remove', '--force', folder]);
        if (gone.code === 0) return;
        rmSync(folder, { recursive: true, force: true });
        await git(clone, ['worktree', 'prune']);
      },
    };
  }
  return undefined;
}

async function fromRemote({ commit, remote }: CapturedCode, scratch: string): Promise<Checkout> {
  const short = commit.slice(0, 12);
  if (remote === null)
    throw new AppError(
      RUN_ERRORS.CODE_NOT_FOUND,
      `No clone here has commit ${short}, and the run names no remote to fetch it from.`,
    );
  const folder = join(scratch, 'clone');
  const cloned = await git(undefined, ['clone', '--quiet', '--no-checkout', '--', remote, folder]);
  if (cloned.code !== 0)
    throw new AppError(
      RUN_ERRORS.CODE_NOT_FOUND,
      `No clone here has commit ${short}, and ${remote} cannot be cloned: ${cloned.err}`,
    );
  if (!(await has(folder, commit))) await git(folder, ['fetch', '--quiet', 'origin', commit]);
  const out = await git(folder, ['checkout', '--quiet', '--detach', commit]);
  if (out.code !== 0)
    throw new AppError(RUN_ERRORS.CODE_NOT_FOUND, `Neither a clone here nor ${remote} has commit ${short}.`);
  return { folder, clone: null, remove: async () => rmSync(folder, { recursive: true, force: true }) };
}

const has = async (clone: string, commit: string): Promise<boolean> =>
  (await git(clone, ['cat-file', '-e', `${commit}^{commit}`])).code === 0;
