import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { CapturedCode } from '../../domains/tracking/schema/capture.ts';
import { printed } from './programs.ts';
import { isSecretFile, withoutCredentials } from './secrets.ts';

const MOST = { fileBytes: 262_144, files: 200, diffBytes: 5_000_000, leftOut: 100 };
/** Nothing that a repository's settings name is run. */
const QUIET = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.quotePath=false'];
/** Set by a git that we may have been started by. */
const NO_OTHER = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined };
const DIFF = [
  '--binary',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--src-prefix=a/',
  '--dst-prefix=b/',
];

export interface CodeFound {
  code: CapturedCode;
  /** Changes since the commit, tracked and new, as `git apply` takes them; empty when there are none. */
  diff: Uint8Array;
  /** Working folder below the repository, null when it lies elsewhere. */
  folder: string | null;
}

type Git = (...args: string[]) => Promise<string | undefined>;

/** The commit that is checked out around a folder and what differs from it; undefined outside of a repository with a commit. */
export async function codeAround(cwd: string, start: string = cwd): Promise<CodeFound | undefined> {
  const git = gitIn(start);
  const root = (await git('rev-parse', '--show-toplevel'))?.trim();
  const commit = (await git('rev-parse', '--verify', 'HEAD'))?.trim();
  if (!root || !commit) return undefined;
  const [branch, remote, changes] = await Promise.all([
    git('rev-parse', '--abbrev-ref', 'HEAD'),
    remoteOf(git),
    changesOf(root),
  ]);
  const name = branch?.trim();
  return {
    code: {
      root,
      commit,
      branch: name && name !== 'HEAD' ? name : null,
      remote: remote === undefined ? null : withoutCredentials(remote),
      changes: changes.diff === '' && changes.left_out.length === 0 ? 'none' : changes.kind,
      changed_lines: changes.diff.split('\n').filter(isChangedLine).length,
      left_out: changes.left_out.slice(0, MOST.leftOut),
    },
    diff: Buffer.from(changes.diff, 'latin1'),
    folder: below(root, cwd),
  };
}

/** The commit that is checked out at a folder; null outside of a git checkout. */
export async function headCommit(folder: string): Promise<string | null> {
  return (await gitIn(folder)('rev-parse', '--verify', 'HEAD'))?.trim() ?? null;
}

/** `path` below `root` with `/`, empty for the root itself, null when it lies elsewhere. */
export function below(root: string, path: string): string | null {
  const way = relative(root, path);
  if (isAbsolute(way) || way.split(sep)[0] === '..') return null;
  return way.split(sep).join('/');
}

const gitIn =
  (folder: string, env?: Record<string, string>, encoding: 'utf8' | 'latin1' = 'utf8'): Git =>
  (...args) =>
    printed('git', ['-C', folder, ...QUIET, ...args], {
      encoding,
      env: { ...process.env, ...NO_OTHER, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', ...env },
    });

const isChangedLine = (line: string): boolean =>
  (line.startsWith('+') && !line.startsWith('+++')) || (line.startsWith('-') && !line.startsWith('---'));

async function remoteOf(git: Git): Promise<string | undefined> {
  const names = (await git('remote'))?.split('\n').filter(Boolean) ?? [];
  const name = names.includes('origin') ? 'origin' : names[0];
  return name === undefined ? undefined : (await git('remote', 'get-url', name))?.trim();
}

type LeftOut = CapturedCode['left_out'];

/** Reads the files as they are through an index of its own: the repository's stays as it was. The diff has a character for each byte. */
async function changesOf(
  root: string,
): Promise<{ diff: string; kind: 'whole' | 'partial'; left_out: LeftOut }> {
  const git = gitIn(root);
  const [index, tracked, others] = await Promise.all([
    git('rev-parse', '--git-path', 'index'),
    git('diff', 'HEAD', '--name-only', '-z', '--no-renames'),
    git('ls-files', '--others', '--exclude-standard', '-z'),
  ]);
  if (tracked === undefined || others === undefined)
    return { diff: '', kind: 'partial', left_out: [{ path: '.', why: 'large' }] };
  const left_out: LeftOut = listed(tracked)
    .filter(isSecretFile)
    .map((path) => ({ path, why: 'secret' }));
  const taken: string[] = [];
  for (const path of listed(others)) {
    const why = isSecretFile(path) ? 'secret' : taken.length >= MOST.files ? 'many' : unfit(join(root, path));
    if (why) left_out.push({ path, why });
    else taken.push(path);
  }
  const changed = listed(tracked).filter((path) => !isSecretFile(path));
  if (changed.length + taken.length === 0) return { diff: '', kind: kindOf(left_out), left_out };
  const scratch = mkdtempSync(join(tmpdir(), 'rondo-index-'));
  try {
    const own = join(scratch, 'index');
    const theirs = resolve(root, index?.trim() ?? '.git/index');
    if (existsSync(theirs)) copyIndex(theirs, own);
    const mine = gitIn(root, { GIT_INDEX_FILE: own }, 'latin1');
    const fresh = taken.map((path) => `:(literal)${path}`);
    if (fresh.length > 0) await mine('add', '--intent-to-add', '--', ...fresh);
    const secrets = left_out
      .filter(({ why }) => why === 'secret')
      .map(({ path }) => `:(exclude,literal)${path}`);
    const diff = await mine('diff', 'HEAD', ...DIFF, '--no-renames', '--', '.', ...secrets);
    if (diff === undefined || diff.length > MOST.diffBytes)
      return { diff: '', kind: 'partial', left_out: [...left_out, { path: '.', why: 'large' }] };
    return { diff, kind: kindOf(left_out), left_out };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** New files that are no code are left out without harm to it; so are secrets, which no code is made of. */
const kindOf = (leftOut: LeftOut): 'whole' | 'partial' =>
  leftOut.some(({ why }) => why === 'large' || why === 'many') ? 'partial' : 'whole';

/** With its time: files that changed no earlier than the index was written are compared by what is in them. */
function copyIndex(from: string, to: string): void {
  copyFileSync(from, to);
  const { atimeMs, mtimeMs } = statSync(from);
  utimesSync(to, Math.floor(atimeMs) / 1000, Math.floor(mtimeMs) / 1000);
}

const listed = (text: string): string[] => text.split('\0').filter(Boolean);

function unfit(path: string): 'large' | 'binary' | undefined {
  try {
    const file = lstatSync(path);
    if (!file.isFile()) return 'binary';
    if (file.size > MOST.fileBytes) return 'large';
    return readFileSync(path).includes(0) ? 'binary' : undefined;
  } catch {
    return 'binary';
  }
}
