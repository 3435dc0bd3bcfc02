import { AppError } from '../../lib/errors.ts';
import { found } from '../../sdk/capture/programs.ts';
import { RUN_ERRORS } from './errors.ts';
import { finished } from './programs.ts';

const MANAGERS: Record<string, 'npm' | 'pnpm' | 'yarn'> = {
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
};
/** No manager may ask anybody anything. */
const SILENT = { CI: 'true', COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' };

/** Lock files that can be installed exactly as they are. */
export const isNodeLock = (kind: string): boolean => kind in MANAGERS;

/** Installs what a lock file names, and nothing else, with the manager that wrote it. */
export async function installNodePackages(kind: string, lock: string, folder: string): Promise<void> {
  const manager = MANAGERS[kind] ?? 'npm';
  const words = [manager, ...argumentsOf(manager, lock)];
  // Corepack, which comes with Node, fetches the version that `packageManager` of package.json names.
  if (found(manager, folder) === undefined && found('corepack', folder) !== undefined)
    words.unshift('corepack');
  const [program = manager, ...args] = words;
  const { code, err, out } = await finished(program, args, {
    cwd: folder,
    env: { ...process.env, ...SILENT },
  });
  if (code === 0) return;
  const said = [err, out.trim()].filter(Boolean).join('\n').slice(-2000);
  throw new AppError(
    RUN_ERRORS.ENVIRONMENT_NOT_MADE,
    `${kind} was not installed: ${words.join(' ')} ended with ${code}: ${said}`,
    {
      hint: `Have the ${manager} that wrote the lock file on the path (npm install --global ${manager}@VERSION), or take what is installed here with --env current.`,
    },
  );
}

function argumentsOf(manager: 'npm' | 'pnpm' | 'yarn', lock: string): string[] {
  if (manager === 'npm') return ['ci', '--no-audit', '--no-fund'];
  // Yarn 2 and later mark their lock files, and have another word for the same.
  const isLater = manager === 'yarn' && /^__metadata:/m.test(lock);
  return ['install', isLater ? '--immutable' : '--frozen-lockfile'];
}
