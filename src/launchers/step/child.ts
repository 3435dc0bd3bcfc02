import { pathToFileURL } from 'node:url';
import type { BundleHost, ChildJob, ChildMessage, ChildOrder } from '../protocol.ts';

const ERROR_LIMIT = 20_000;

/** Runs user code: waits for the one job, imports the bundle, reports how the step came out, exits. */
export function runChild(): void {
  printAtOnce();
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort(new Error('The step was asked to stop.')));
  // Without its `step exec` nobody would take the result.
  process.on('disconnect', () => process.exit(1));
  process.on('uncaughtException', (error) =>
    finish({ type: 'failed', kind: 'thrown', error: textOf(error) }),
  );
  process.on('message', (order: ChildOrder) => {
    // Loading begins early; what goes wrong with it is told when the step is to run.
    if (order.type === 'load') void import(pathToFileURL(order.bundle).href).catch(() => {});
    else
      run(order.job, stop.signal).then(finish, (error: unknown) =>
        finish({ type: 'failed', kind: 'setup', error: textOf(error) }),
      );
  });
  send({ type: 'ready' });
}

async function run(job: ChildJob, signal: AbortSignal): Promise<ChildMessage> {
  const { rondoBundle } = (await import(pathToFileURL(job.bundle).href)) as { rondoBundle: BundleHost };
  try {
    const outputs = await rondoBundle.run(job, {
      progress: (value, text) => send({ type: 'progress', value, text }),
      signal,
    });
    return { type: 'done', outputs };
  } catch (error) {
    const kind = (error as { code?: string } | null)?.code === 'STEP_OUTPUT' ? 'output' : 'thrown';
    return { type: 'failed', kind, error: kind === 'output' ? (error as Error).message : textOf(error) };
  }
}

function finish(message: ChildMessage): void {
  process.stdout.write('', () =>
    process.stderr.write('', () => send(message, () => process.exit(message.type === 'done' ? 0 : 1))),
  );
}

/** Prints block, so that nothing is lost when user code calls `process.exit`; Node offers this for its pipes internally only. */
function printAtOnce(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const { _handle } = stream as { _handle?: { setBlocking?(on: boolean): void } };
    _handle?.setBlocking?.(true);
  }
}

function send(message: ChildMessage, sent: () => void = () => {}): void {
  if (!process.connected) return;
  process.send?.(message, undefined, {}, (error) => {
    // Values that JSON cannot carry (a BigInt, a cycle) fail here.
    if (error && message.type === 'done') finish({ type: 'failed', kind: 'output', error: String(error) });
    else sent();
  });
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : `Thrown: ${String(error)}`;
  const cause =
    error instanceof Error && error.cause !== undefined ? `\nCaused by: ${textOf(error.cause)}` : '';
  return (text + cause).slice(0, ERROR_LIMIT);
}
