import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { CAPTURE_PATHS } from '../../domains/tracking/schema/capture.ts';
import { sendLeftBehind } from '../../sdk/background.ts';
import { captureOf, codeOf } from '../../sdk/capture/capture.ts';
import { withoutValuesOf } from '../../sdk/capture/secrets.ts';
import { answeredFetch } from '../../sdk/connection.ts';
import { Journal } from '../../sdk/journal.ts';
import { Rondo } from '../../sdk/rondo.ts';
import type { Settings } from '../../sdk/settings.ts';
import type { TrackedRun } from '../../sdk/tracked-run.ts';
import { KeptOutput } from './kept-output.ts';

export interface Command {
  argv: readonly string[];
  cwd: string;
  env: Record<string, string | undefined>;
  experiment: string;
  name?: string | undefined;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  /** Which of the runs that the process starts joins this one: 0, the first, when left out. */
  nth?: number;
}

export interface Ended {
  run_id: string;
  status: 'FINISHED' | 'FAILED' | 'KILLED';
  /** As a shell has it: 128 and the signal's number for what a signal ended. */
  code: number;
}

/** Looking at the code holds up the command no longer than this. */
const CODE_MS = 10_000;
const LEFT_MS = 30_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command as a tracked run: records what it is made of, lets MLflow's client and the SDK join the run, keeps what it prints,
 * passes signals on. Recording never stops the command; what fails of it is one warning.
 */
export async function runTracked(
  settings: Settings,
  command: Command,
  io: { out: NodeJS.WritableStream; err: NodeJS.WritableStream; begun(run: TrackedRun): void },
): Promise<Ended> {
  const { argv, cwd, env, experiment, name, params = {}, tags = {}, nth = 0 } = command;
  // Inside of another `exec` it is a run of its own all the same.
  delete process.env.RONDO_RUN_ID;
  const rondo = new Rondo(settings);
  const run = await rondo.startRun({
    experiment,
    params,
    tags,
    capture: false,
    background: true,
    ...(name === undefined ? {} : { name }),
  });
  const relay = new Relay();
  io.begun(run);
  const code = codeOf(argv, cwd);
  const captured = record(run, { ...command, code });
  await Promise.race([code.catch(() => {}), new Promise((resolve) => setTimeout(resolve, CODE_MS).unref())]);
  const kept = new KeptOutput();
  const inside = { ...env, ...joining(settings, run, nth) };
  const ended = relay.early
    ? endedBy(relay.early)
    : await exitOf(argv, { cwd, env: inside, out: io.out, err: io.err, kept, relay });
  relay.end();
  await captured;
  await run.logArtifact(CAPTURE_PATHS.output, withoutValuesOf(inside, kept.text()));
  await sendWhatItLeft(settings, run.id);
  const status = await statusAfter(rondo, run.id, ended);
  await run.end(status);
  return { run_id: run.id, status, code: ended.code };
}

async function record(
  run: TrackedRun,
  { argv, cwd, env, params, nth, code }: Command & { code: ReturnType<typeof codeOf> },
): Promise<void> {
  try {
    const asked = {
      by: 'exec',
      argv,
      cwd,
      env,
      params,
      code,
      ...(nth === undefined ? {} : { nth }),
    } as const;
    const { tags, files } = await captureOf(asked);
    await run.setTags(tags);
    for (const [path, bytes] of files) await run.logArtifact(path, bytes);
  } catch (error) {
    console.warn(`Rondo could not record what run ${run.id} is made of: ${(error as Error).message}`);
  }
}

/** What lets MLflow's client and the SDK log to this run. */
function joining({ url, token, project }: Settings, run: TrackedRun, nth: number): Record<string, string> {
  return {
    MLFLOW_TRACKING_URI: url,
    MLFLOW_RUN_ID: run.id,
    MLFLOW_EXPERIMENT_ID: run.experimentId,
    RONDO_URL: url,
    RONDO_PROJECT: project,
    RONDO_RUN_ID: run.id,
    RONDO_RUN_NTH: String(nth),
    // What is printed shall be seen, and kept, when it is printed.
    PYTHONUNBUFFERED: '1',
    ...(project === 'default' ? {} : { MLFLOW_WORKSPACE: project }),
    ...(token === undefined ? {} : { RONDO_TOKEN: token, MLFLOW_TRACKING_TOKEN: token }),
  };
}

interface Exit {
  /** As a shell has it: 128 and the signal's number for what a signal ended. */
  code: number;
  signal: NodeJS.Signals | null;
}

/** Signals to this process go to the command; one that comes before there is a command is kept, and nothing is started. */
class Relay {
  #child: ChildProcess | undefined;
  early: NodeJS.Signals | undefined;
  readonly #stops = SIGNALS.map((signal) => {
    const listener = () => this.#take(signal);
    process.on(signal, listener);
    return () => void process.off(signal, listener);
  });

  to(child: ChildProcess): void {
    this.#child = child;
  }

  end(): void {
    for (const stop of this.#stops) stop();
  }

  #take(signal: NodeJS.Signals): void {
    if (!this.#child) this.early ??= signal;
    // What is typed at a terminal reaches the command without us.
    else if (signal !== 'SIGINT' || !process.stdin.isTTY) this.#child.kill(signal);
  }
}

const endedBy = (signal: NodeJS.Signals): Exit => ({ code: 128 + constants.signals[signal], signal });

function exitOf(
  [program = '', ...args]: readonly string[],
  io: {
    cwd: string;
    env: Record<string, string | undefined>;
    out: NodeJS.WritableStream;
    err: NodeJS.WritableStream;
    kept: KeptOutput;
    relay: Relay;
  },
): Promise<Exit> {
  const { cwd, env, out, err, kept, relay } = io;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: env as NodeJS.ProcessEnv,
      stdio: ['inherit', 'pipe', 'pipe'],
    });
    relay.to(child);
    for (const [from, to] of [
      [child.stdout, out],
      [child.stderr, err],
    ] as const) {
      from.on('data', (chunk: Buffer) => kept.add(chunk));
      from.pipe(to, { end: false });
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      const text = `${program} could not be started: ${error.message}\n`;
      kept.add(Buffer.from(text));
      err.write(text);
      resolve({ code: error.code === 'ENOENT' ? 127 : 126, signal: null });
    });
    child.once('close', (code, signal) => {
      resolve(signal === null ? { code: code ?? 1, signal } : endedBy(signal));
    });
  });
}

/** Of a process that was killed, what it had not sent yet. */
async function sendWhatItLeft({ url, token, project }: Settings, run_id: string): Promise<void> {
  const left = Journal.leftBehind(url).filter(({ header }) => header.run_id === run_id);
  await sendLeftBehind({ url, token, project, fetch: answeredFetch }, left, () => {}, LEFT_MS).catch(
    () => {},
  );
}

/** A program that ended well may have said of its run that it failed. */
async function statusAfter(rondo: Rondo, run_id: string, { code, signal }: Exit): Promise<Ended['status']> {
  if (signal !== null || code > 128) return 'KILLED';
  if (code !== 0) return 'FAILED';
  const said = await rondo.tracking.getRun({ query: { run_id } }).catch(() => undefined);
  const status = said?.run.info.status;
  return status === 'FAILED' || status === 'KILLED' ? status : 'FINISHED';
}
