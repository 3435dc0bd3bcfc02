import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { CAPTURE_PATHS, type Capture, type CapturedLock } from '../../domains/tracking/schema/capture.ts';
import { AppError } from '../../lib/errors.ts';
import { environmentOf, interpreterOf, isRecordedVariable } from '../../sdk/capture/environment.ts';
import { machineOf } from '../../sdk/capture/machine.ts';
import { found } from '../../sdk/capture/programs.ts';
import { RUN_ERRORS } from './errors.ts';
import type { Recorded } from './recorded.ts';
import type { Checkout } from './checkout.ts';
import { installNodePackages, isNodeLock } from './node-packages.ts';
import { finished } from './programs.ts';

/** What the recorded command is started with. */
export interface Surroundings {
  argv: string[];
  cwd: string;
  env: Record<string, string | undefined>;
  /** What is not as it was. */
  differs: string[];
}

type Fetch = (artifact: string) => Promise<Uint8Array | undefined>;

const MOST_DIFFERENCES = 20;

/** As it is on this machine: modules of the clone, programs of the path; and how that differs from what was recorded. */
export async function currentSurroundings(
  { capture }: Recorded,
  checkout: Checkout,
  fetchFile: Fetch,
): Promise<Surroundings> {
  const plain = plainSurroundings(capture, checkout);
  for (const { path } of capture.environment.locks) {
    if (path === null || checkout.clone === null) continue;
    const modules = join(checkout.clone, dirname(path), 'node_modules');
    const place = join(checkout.folder, dirname(path), 'node_modules');
    if (existsSync(modules) && existsSync(dirname(place)) && !existsSync(place)) symlinkSync(modules, place);
  }
  const clone = checkout.clone ?? checkout.folder;
  const folder = join(clone, capture.command.folder ?? '');
  const [program = ''] = plain.argv;
  const here = await environmentOf(program, existsSync(folder) ? folder : clone, clone, plain.env);
  const { language, version } = capture.environment;
  const differs = [...plain.differs];
  if (language !== null && here.environment.version !== version)
    differs.push(
      `${language} is ${here.environment.version ?? 'not there'}, was ${version ?? 'not recorded'}`,
    );
  for (const lock of capture.environment.locks) {
    const own = here.environment.locks.find(({ kind }) => kind === lock.kind);
    if (own?.sha256 === lock.sha256) continue;
    if (lock.path !== null) differs.push(`${lock.kind} is ${own ? 'another' : 'not there'}`);
    else differs.push(...(await packagesThatDiffer(lock, here.files, fetchFile)));
  }
  return { ...plain, differs };
}

/** What the lock file or the list of packages names, installed anew beside the code. */
export async function lockedSurroundings(
  { capture }: Recorded,
  checkout: Checkout,
  scratch: string,
  fetchFile: Fetch,
  tell: (text: string) => void,
): Promise<Surroundings> {
  const plain = plainSurroundings(capture, checkout);
  const { language, locks, version } = capture.environment;
  const install = locks.find(({ kind }) => isNodeLock(kind));
  const packages = locks.find(({ kind, artifact }) => kind === 'packages.txt' && artifact !== null);
  if (language !== 'python' && install) {
    const folder = join(checkout.folder, dirname(install.path ?? ''));
    tell(`Installing ${install.kind} …`);
    // A lock that git does not keep was kept with the run.
    const kept = install.artifact === null ? undefined : await fetchFile(install.artifact);
    const place = join(folder, install.kind);
    if (!existsSync(place) && kept) writeFileSync(place, kept);
    const lock = existsSync(place) ? readFileSync(place, 'utf8') : '';
    await installNodePackages(install.kind, lock, folder);
    return { ...plain, differs: [...plain.differs, ...(await versionThatDiffers(capture, plain))] };
  }
  if (language === 'python' && packages?.artifact) {
    const text = Buffer.from((await fetchFile(packages.artifact)) ?? []).toString();
    const venv = join(scratch, 'venv');
    const python = pythonLike(capture, plain.env);
    tell(`Installing ${text.split('\n').filter((line) => line && !line.startsWith('#')).length} packages …`);
    await made(python, ['-m', 'venv', venv], scratch);
    const list = join(scratch, 'packages.txt');
    writeFileSync(list, text);
    const bin = join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
    await made(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', list], scratch);
    const env = { ...plain.env, VIRTUAL_ENV: venv, PATH: `${bin}${delimiter}${plain.env.PATH ?? ''}` };
    const isPython = /^(python|pypy)[\d.]*(\.exe)?$/i.test(basename(plain.argv[0] ?? ''));
    const argv = [isPython ? join(bin, 'python') : basename(plain.argv[0] ?? ''), ...plain.argv.slice(1)];
    const local = text.split('\n').filter((line) => line.startsWith('#'));
    const differs = [...plain.differs, ...local.map((line) => `not installed: ${line.slice(2)}`)];
    const now = (await environmentOf(argv[0] ?? '', checkout.folder, undefined, env)).environment.version;
    if (isPython && now !== version) differs.push(`python is ${now}, was ${version}`);
    return { argv, cwd: plain.cwd, env, differs };
  }
  throw new AppError(
    RUN_ERRORS.ENVIRONMENT_NOT_MADE,
    'The run recorded no lock file and no list of packages that could be installed.',
  );
}

/** Cores, system and graphics of this machine where they are others. */
export async function machineThatDiffers({ machine: was }: Capture): Promise<string[]> {
  const now = await machineOf();
  if (was.id === now.id) return [];
  const facts = [
    ['system', was.os, now.os],
    ['processor', `${was.cpus} × ${was.cpu}`, `${now.cpus} × ${now.cpu}`],
    ['graphics', was.gpus.join(', ') || 'none', now.gpus.join(', ') || 'none'],
  ] as const;
  return facts.filter(([, a, b]) => a !== b).map(([name, a, b]) => `${name} is ${b}, was ${a}`);
}

/** The recorded command with its paths in the checkout. */
function plainSurroundings(capture: Recorded['capture'], { folder }: Checkout): Surroundings {
  const { root } = capture.code;
  const differs: string[] = [];
  const moved = (text: string) => (text === root ? folder : text.replaceAll(`${root}/`, `${folder}/`));
  const [program = '', ...args] = capture.command.argv;
  if (capture.command.folder === null) differs.push('started at the top of the code, was started elsewhere');
  const cwd = join(folder, capture.command.folder ?? '');
  mkdirSync(cwd, { recursive: true });
  // Of others nothing is taken, whoever wrote them there: a variable can make a program load code.
  const variables = Object.entries(capture.variables).filter(([name]) => isRecordedVariable(name));
  const env = { ...process.env, ...Object.fromEntries(variables) };
  return { argv: [programHere(program, capture, moved(program)), ...args.map(moved)], cwd, env, differs };
}

/** Where the recorded program is now: in the checkout, at its old place (a virtual environment, say), else on the path by its name. */
function programHere(program: string, capture: Recorded['capture'], moved: string): string {
  if (!program.includes('/')) return program;
  const old = isAbsolute(program) ? program : join(capture.code.root, capture.command.folder ?? '', program);
  if (isAbsolute(program) && existsSync(moved)) return moved;
  if (existsSync(old)) return old;
  return isAbsolute(program) ? basename(program) : program;
}

async function versionThatDiffers(capture: Capture, { argv, env, cwd }: Surroundings): Promise<string[]> {
  const { language, version } = capture.environment;
  if (language === null) return [];
  const now = (await environmentOf(argv[0] ?? '', cwd, undefined, env)).environment.version;
  return now === version ? [] : [`${language} is ${now ?? 'not there'}, was ${version ?? 'not recorded'}`];
}

async function packagesThatDiffer(
  lock: CapturedLock,
  here: ReadonlyMap<string, Uint8Array>,
  fetchFile: Fetch,
): Promise<string[]> {
  const was = linesOf(lock.artifact === null ? undefined : await fetchFile(lock.artifact));
  const now = linesOf(here.get(`${CAPTURE_PATHS.environment}/${lock.kind}`));
  const names = [...new Set([...was.keys(), ...now.keys()])].filter(
    (name) => was.get(name) !== now.get(name),
  );
  const shown = names
    .slice(0, MOST_DIFFERENCES)
    .map((name) => `${name} is ${now.get(name) ?? 'not there'}, was ${was.get(name) ?? 'not there'}`);
  return names.length > shown.length ? [...shown, `and ${names.length - shown.length} packages more`] : shown;
}

/** Version of each package by its name. */
function linesOf(bytes: Uint8Array | undefined): Map<string, string> {
  const lines = Buffer.from(bytes ?? [])
    .toString()
    .split('\n')
    .map((line) => /^(?:# )?([\w.-]+)(?:==| @ )(.+)$/.exec(line))
    .filter((match) => match !== null);
  return new Map(lines.map(([, name = '', version = '']) => [name, version]));
}

/** A Python of the recorded version where there is one. */
function pythonLike({ environment }: Capture, env: Record<string, string | undefined>): string {
  const { executable, version } = environment;
  const minor = /^\d+\.\d+/.exec(version ?? '')?.[0];
  const named = [...(minor ? [`python${minor}`] : []), 'python3', 'python'];
  const wanted = executable && existsSync(executable) ? executable : undefined;
  const python = wanted ?? named.map((name) => found(name, '/', env)).find((path) => path !== undefined);
  if (python !== undefined && interpreterOf(python, '/', env).language === 'python') return python;
  throw new AppError(RUN_ERRORS.ENVIRONMENT_NOT_MADE, `There is no Python here; the run had ${version}.`);
}

async function made(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { code, err, out } = await finished(program, args, { cwd });
  if (code === 0) return;
  throw new AppError(
    RUN_ERRORS.ENVIRONMENT_NOT_MADE,
    `The environment was not made: ${program} ${args[0]} ended with ${code}: ${err || out.slice(-2000)}`,
  );
}
