import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { CAPTURE_PATHS, CAPTURE_TAGS, Capture } from '../../domains/tracking/schema/capture.ts';
import { below, codeAround, type CodeFound } from './code.ts';
import { environmentOf, variablesOf } from './environment.ts';
import { machineOf } from './machine.ts';
import { maskArguments } from './secrets.ts';

type Plain = string | number | boolean;

export interface Captured {
  capture: Capture;
  /** MLflow's own tags, so that its pages and clients know the code, and Rondo's. */
  tags: Record<string, string>;
  /** Artifacts of the run. */
  files: Map<string, Uint8Array>;
}

export interface CaptureAsked {
  by: Capture['by'];
  argv: readonly string[];
  nth?: number;
  params?: Record<string, Plain> | undefined;
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** When it was looked at already. */
  code?: Promise<CodeFound | undefined>;
}

const SEED = /seed|random_?state/i;

/** The repository around the working folder, else the one that the script lies in. */
export async function codeOf(argv: readonly string[], given: string): Promise<CodeFound | undefined> {
  const cwd = realpathSync(given);
  return (await codeAround(cwd)) ?? (await codeAround(cwd, dirname(entryOf(argv, cwd))));
}

/** The code, the command and the surroundings of a run. Reads only; what cannot be found out is left out. */
export async function captureOf(asked: CaptureAsked): Promise<Captured> {
  const { by, argv, nth = 0, params = {}, env = process.env } = asked;
  const cwd = realpathSync(asked.cwd ?? process.cwd());
  const entry = entryOf(argv, cwd);
  const around = await (asked.code ?? codeOf(argv, cwd));
  const [surroundings, machine] = await Promise.all([
    environmentOf(argv[0] ?? '', cwd, around?.code.root, env),
    machineOf(),
  ]);
  const shown = maskArguments(argv);
  const capture = Capture.parse({
    version: 1,
    by,
    at: Date.now(),
    nth,
    command: { ...shown, folder: around?.folder ?? null },
    code: around?.code ?? null,
    environment: surroundings.environment,
    machine,
    params: by === 'exec' ? textsOf(params) : {},
    seeds: textsOf(params, SEED),
    variables: variablesOf(env),
  } satisfies Capture);
  const files = new Map(surroundings.files);
  if (around && around.diff.length > 0) files.set(CAPTURE_PATHS.changes, around.diff);
  files.set(CAPTURE_PATHS.record, Buffer.from(`${JSON.stringify(capture, null, 2)}\n`));
  return { capture, tags: tagsOf(capture, entry), files };
}

/** The script, where a program is an interpreter; else the program. */
function entryOf(argv: readonly string[], cwd: string): string {
  const script = /^(node|nodejs|python|pypy)[\d.]*(\.exe)?$/i.test(basename(argv[0] ?? ''))
    ? argv.slice(1).find((argument) => !argument.startsWith('-'))
    : undefined;
  return resolve(cwd, script ?? argv[0] ?? '');
}

function tagsOf({ code, machine }: Capture, entry: string): Record<string, string> {
  const name = code ? below(code.root, entry) : null;
  const known: Record<string, string | null | undefined> = {
    'mlflow.source.name': name ?? basename(entry),
    'mlflow.source.type': 'LOCAL',
    'mlflow.user': userName(),
    'mlflow.source.git.commit': code?.commit,
    'mlflow.source.git.branch': code?.branch,
    'mlflow.source.git.repoURL': code?.remote,
    [CAPTURE_TAGS.machine]: machine.id,
    [CAPTURE_TAGS.changedLines]: code ? String(code.changed_lines) : null,
  };
  return Object.fromEntries(
    Object.entries(known).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined; // a user id without a name, as in containers
  }
}

const textsOf = (values: Record<string, Plain>, named: RegExp = /./s): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => named.test(name))
      .map(([name, value]) => [name, String(value)]),
  );
