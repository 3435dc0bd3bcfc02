import { spawn } from 'node:child_process';

export interface Finished {
  code: number;
  out: string;
  /** The end of what it said on standard error. */
  err: string;
}

const MOST = 4000;

/** Runs a program of ours to its end, however long it takes. */
export function finished(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string | undefined>; input?: Uint8Array } = {},
): Promise<Finished> {
  const { cwd, env = process.env, input } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: env as NodeJS.ProcessEnv,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    });
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (err = `${err}${chunk.toString()}`.slice(-MOST)));
    child.once('error', (error) => resolve({ code: 127, out, err: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, out, err: err.trim() }));
    // It may end before it has read all.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
