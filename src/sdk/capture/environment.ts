import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { CAPTURE_PATHS, type CapturedLock, type Capture } from '../../domains/tracking/schema/capture.ts';
import { below } from './code.ts';
import { found, printed } from './programs.ts';

const LOCKS = {
  node: ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'],
  python: ['uv.lock', 'poetry.lock', 'Pipfile.lock', 'requirements.txt'],
} as const;
const MOST_BYTES = 10_000_000;
/** What a Python has, from the metadata of its packages: also where there is no pip. Local folders are comments, they are no lock. */
const PACKAGES = `
import importlib.metadata as m, json, platform
lines = set()
for d in m.distributions():
    name = d.metadata['Name']
    if not name: continue
    try: at = json.loads(d.read_text('direct_url.json') or '{}')
    except Exception: at = {}
    vcs = at.get('vcs_info')
    if vcs: lines.add(f"{name} @ {vcs['vcs']}+{at['url']}@{vcs['commit_id']}")
    elif str(at.get('url', '')).startswith('file:'): lines.add(f"# {name}=={d.version} from a local folder")
    else: lines.add(f"{name}=={d.version}")
print(platform.python_version())
print('\\n'.join(sorted(lines, key=str.lower)))
`;
const VARIABLES =
  /^(CUDA_VISIBLE_DEVICES|CUBLAS_WORKSPACE_CONFIG|OMP_NUM_THREADS|MKL_NUM_THREADS|OPENBLAS_NUM_THREADS|PYTHONHASHSEED|TF_DETERMINISTIC_OPS|TF_CUDNN_DETERMINISTIC|TOKENIZERS_PARALLELISM|NODE_ENV|UV_THREADPOOL_SIZE|LANG|LC_ALL|TZ)$/;

export interface EnvironmentFound {
  environment: Capture['environment'];
  /** Of the run's artifacts, by path. */
  files: Map<string, Uint8Array>;
}

/** What runs a command and what it is made of: interpreter, lock files beside the code, packages of a Python. */
export async function environmentOf(
  program: string,
  cwd: string,
  root: string | undefined,
  env: Record<string, string | undefined>,
): Promise<EnvironmentFound> {
  const files = new Map<string, Uint8Array>();
  const locks: CapturedLock[] = [];
  const { language, executable } = interpreterOf(program, cwd, env);
  const keep = (kind: string, path: string | null, bytes: Uint8Array) => {
    const artifact = bytes.length > MOST_BYTES ? null : `${CAPTURE_PATHS.environment}/${kind}`;
    if (artifact !== null) files.set(artifact, bytes);
    locks.push({ kind, path, artifact, sha256: createHash('sha256').update(bytes).digest('hex') });
  };
  for (const of of language === null ? (['node', 'python'] as const) : [language]) {
    const file = root === undefined ? undefined : nearest(cwd, root, LOCKS[of]);
    if (file && root !== undefined) keep(basename(file), below(root, file), readFileSync(file));
  }
  let version: string | null = null;
  if (language === 'python' && executable) {
    // The folder of the code might hold a module that is called like one of Python's own.
    const text = await printed(executable, ['-c', PACKAGES], { cwd: tmpdir(), env, ms: 30_000 });
    const [first, ...packages] = text?.trimEnd().split('\n') ?? [];
    version = first ?? null;
    if (text !== undefined) keep('packages.txt', null, Buffer.from(`${packages.join('\n')}\n`));
  } else if (language === 'node' && executable)
    version =
      executable === process.execPath
        ? process.version
        : ((await printed(executable, ['--version'], { env }))?.trim() ?? null);
  return { environment: { language, version, executable: executable ?? null, locks }, files };
}

/** Variables that change what comes out, and hold no secret. */
export const variablesOf = (env: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => VARIABLES.test(entry[0]) && entry[1] !== undefined,
    ),
  );
export const isRecordedVariable = (name: string): boolean => VARIABLES.test(name);

/** The interpreter behind a program: itself, or the one that its first line names. */
export function interpreterOf(
  program: string,
  cwd: string,
  env: Record<string, string | undefined>,
): { language: 'node' | 'python' | null; executable: string | undefined } {
  const path = found(program, cwd, env);
  const own = languageOf(basename(program));
  if (own !== null || path === undefined) return { language: own, executable: path };
  const named = firstLine(path)?.match(/^#!\s*(\S+)(?:\s+(?:-S\s+)?(\S+))?/);
  const by = named && basename(named[1] ?? '') === 'env' ? named[2] : named?.[1];
  const language = by === undefined ? null : languageOf(basename(by));
  if (by === undefined || language === null)
    return { language: languageOf(basename(real(path))), executable: path };
  return { language, executable: found(by, cwd, env) };
}

function languageOf(name: string): 'node' | 'python' | null {
  const plain = name.replace(/\.exe$/i, '');
  if (/^(node|nodejs)$/.test(plain)) return 'node';
  return /^(python|pypy)[\d.]*$/.test(plain) ? 'python' : null;
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function firstLine(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return undefined;
    const file = openSync(path, 'r');
    const bytes = Buffer.alloc(256);
    const read = readSync(file, bytes, 0, bytes.length, 0);
    closeSync(file);
    return bytes.subarray(0, read).toString('latin1').split('\n')[0];
  } catch {
    return undefined;
  }
}

/** The first of these names in a folder or those above it, up to the root. */
function nearest(from: string, root: string, names: readonly string[]): string | undefined {
  for (let folder = from; below(root, folder) !== null; folder = dirname(folder)) {
    const name = names.find((one) => existsSync(join(folder, one)));
    if (name !== undefined) return join(folder, name);
    if (folder === root || dirname(folder) === folder) return undefined;
  }
  return undefined;
}
