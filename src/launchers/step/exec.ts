import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { self } from '../../lib/process-id.ts';
import type { ChildJob, ChildMessage, ChildOrder, EndReport, LaunchFile, StepSpec } from '../protocol.ts';
import { AttemptApi, Lost, Refused } from './api.ts';
import { fetchBundle, fetchInputs, uploadOutputs } from './files.ts';
import { endGroup, guardGroup } from './group.ts';
import { LogSpool } from './spool.ts';

/** Time user code has between SIGTERM and SIGKILL. */
const GRACE_MS = 3000;
/** Time a finished child has to exit by itself. */
const EXIT_MS = 2000;
const PROGRESS_MS = 500;

type Progress = { progress: number | null; text: string | null };

/** One attempt from beginning to end. Answers the exit code: 0 when the server took the outcome, 3 when the attempt was lost. */
export async function runExec(folder: string): Promise<number> {
  const launch = JSON.parse(readFileSync(join(folder, 'launch.json'), 'utf8')) as LaunchFile;
  const workdir = join(folder, 'work');
  await mkdir(workdir, { recursive: true, mode: 0o700 });
  const api = new AttemptApi(launch);
  const child = startChild(workdir, launch, api.url);
  const spool = new LogSpool(join(folder, 'log.jsonl'), (chunks) => api.log(chunks));
  const attempt = new AttemptRun(api, child, spool, launch);
  try {
    const loading = fetchBundle(api, launch, launch.shared).then((bundle) => {
      child.send({ type: 'load', bundle } satisfies ChildOrder, () => {});
      return bundle;
    });
    const [spec, bundle] = await Promise.all([api.start({ ...self(), host: hostname() }), loading]);
    const report = await attempt.run(spec, bundle, folder, workdir);
    await spool.close();
    await publish(api, report);
    return 0;
  } catch (error) {
    if (!(error instanceof Lost)) console.error(error);
    return 3;
  } finally {
    attempt.stopBeating();
    await endGroup(child, 0);
    await rm(folder, { recursive: true, force: true });
  }
}

class AttemptRun {
  readonly #api: AttemptApi;
  readonly #child: ChildProcess;
  readonly #spool: LogSpool;
  readonly #launch: LaunchFile;
  readonly #exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #closed: Promise<void>;
  #progress: Progress = { progress: null, text: null };
  #beat: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #result: (message: ChildMessage) => void = () => {};
  /** Ends the attempt from outside: the lease is lost, or somebody sent SIGTERM. */
  #interrupt: (why: Lost | 'stopped') => void = () => {};

  constructor(api: AttemptApi, child: ChildProcess, spool: LogSpool, launch: LaunchFile) {
    this.#api = api;
    this.#child = child;
    this.#spool = spool;
    this.#launch = launch;
    child.stdout?.on('data', (bytes: Buffer) => spool.write('out', bytes));
    child.stderr?.on('data', (bytes: Buffer) => spool.write('err', bytes));
    const disconnected = new Promise<void>((resolve) => child.once('disconnect', resolve));
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        // Its last message may still be on the way.
        void Promise.race([disconnected, later(200)]).then(() => resolve({ code, signal }));
      });
    });
    this.#closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  }

  async run(spec: StepSpec, bundle: string, folder: string, workdir: string): Promise<EndReport> {
    const interrupted = new Promise<Lost | 'stopped'>((resolve) => {
      this.#interrupt = resolve;
    });
    process.on('SIGTERM', () => this.#interrupt('stopped'));
    this.#beat = setInterval(() => void this.#sendBeat(), spec.beat_ms);
    const result = new Promise<ChildMessage>((resolve) => {
      this.#result = resolve;
    });
    this.#child.on('message', (message: ChildMessage) => this.#hear(message));
    const inputs = await fetchInputs(this.#api, spec, join(folder, 'inputs'));
    const { token } = this.#launch;
    const job: ChildJob = { spec, bundle, workdir, url: this.#api.url, token, inputs };
    this.#child.send({ type: 'run', job } satisfies ChildOrder, () => {});
    const outcome = await Promise.race([
      result,
      interrupted,
      this.#exited.then(() => 'exited' as const),
      ...(spec.timeout_ms === null ? [] : [later(spec.timeout_ms)]),
    ]);
    return this.#conclude(outcome, spec);
  }

  stopBeating(): void {
    clearInterval(this.#beat);
    clearTimeout(this.#soon);
  }

  async #conclude(
    outcome: ChildMessage | Lost | 'stopped' | 'exited' | 'timeout',
    spec: StepSpec,
  ): Promise<EndReport> {
    if (outcome instanceof Lost || outcome === 'stopped' || outcome === 'timeout') {
      await endGroup(this.#child, GRACE_MS);
      if (outcome instanceof Lost) throw outcome;
      await this.#drained();
      if (outcome === 'stopped') return failed('stopped', 'The attempt was asked to stop (SIGTERM).');
      return failed(
        'timeout',
        `The step did not end within its timeout of ${seconds(spec.timeout_ms ?? 0)}; it and all it started were ended.`,
      );
    }
    const exit = await Promise.race([this.#exited, later(EXIT_MS)]);
    await endGroup(this.#child, 0);
    await this.#drained();
    if (outcome === 'exited') return this.#early(exit === 'timeout' ? { code: null, signal: null } : exit);
    if (outcome.type === 'done') return this.#deliver(spec, outcome.outputs);
    if (outcome.type === 'failed') return failed(outcome.kind, outcome.error);
    return failed('setup', 'The step ended in an unknown way.');
  }

  /** All that the group printed has arrived; a process that left the group cannot hold it up. */
  async #drained(): Promise<void> {
    await Promise.race([this.#closed, later(EXIT_MS)]);
  }

  #early(exit: { code: number | null; signal: NodeJS.Signals | null }): EndReport {
    const printed = this.#spool.lastErrors();
    const detail = printed ? `\nIts last words:\n${printed}` : '';
    const memory = /heap out of memory/i.test(printed) || exit.signal === 'SIGKILL';
    if (exit.signal) {
      const guess = memory ? ' (SIGKILL from outside usually means that the machine ran out of memory)' : '';
      const text = `The step was ended by ${exit.signal}${exit.signal === 'SIGKILL' ? guess : ''}.${detail}`;
      return { ...failed('signal', text), signal: exit.signal };
    }
    const text = `The step's process exited with code ${exit.code} before the step returned.${detail}`;
    return { ...failed('exit', text), exit_code: exit.code };
  }

  async #deliver(spec: StepSpec, outputs: Record<string, unknown>): Promise<EndReport> {
    try {
      return { outcome: 'done', outputs: await uploadOutputs(this.#api, spec, outputs) };
    } catch (error) {
      if (error instanceof Lost) throw error;
      return failed('output', error instanceof Error ? error.message : String(error));
    }
  }

  #hear(message: ChildMessage): void {
    if (message.type === 'progress') {
      this.#progress = {
        progress: message.value ?? this.#progress.progress,
        text: message.text ?? this.#progress.text,
      };
      this.#soon ??= setTimeout(() => {
        this.#soon = undefined;
        void this.#sendBeat();
      }, PROGRESS_MS);
    } else if (message.type !== 'ready') this.#result(message);
  }

  async #sendBeat(): Promise<void> {
    try {
      await this.#api.beat(this.#progress);
    } catch (error) {
      if (error instanceof Lost) this.#interrupt(error);
    }
  }
}

/** User code runs in a process group of its own; it boots while the server is asked what to run. */
function startChild(workdir: string, launch: LaunchFile, url: string): ChildProcess {
  const limit = launch.memory_mb === null ? [] : [`--max-old-space-size=${launch.memory_mb}`];
  const flags = ['--enable-source-maps', '--no-warnings=ExperimentalWarning', ...limit];
  const child = spawn(process.execPath, [...flags, process.argv[1] as string, 'child'], {
    cwd: workdir,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      ...launch.env,
      RONDO_URL: url,
      RONDO_TOKEN: launch.token,
      RONDO_WORKDIR: workdir,
      MLFLOW_TRACKING_URI: url,
      MLFLOW_TRACKING_TOKEN: launch.token,
      MLFLOW_WORKSPACE: launch.project,
    },
  });
  if (child.pid !== undefined) guardGroup(child.pid);
  child.on('error', () => {});
  return child;
}

/** A refused outcome (for example an output of the wrong form) is itself the failure of the step. */
async function publish(api: AttemptApi, report: EndReport): Promise<void> {
  try {
    await api.end(report);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await api.end(failed('output', error.message));
  }
}

const failed = (
  kind: Extract<EndReport, { outcome: 'failed' }>['kind'],
  error: string,
): Extract<EndReport, { outcome: 'failed' }> => ({
  outcome: 'failed',
  kind,
  error,
  exit_code: null,
  signal: null,
});

const later = (ms: number) =>
  new Promise<'timeout'>((resolve) =>
    setTimeout(() => resolve('timeout'), Math.min(ms, 2 ** 31 - 1)).unref(),
  );

const seconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);
