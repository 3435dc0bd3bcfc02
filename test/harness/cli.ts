import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the built command line in a folder. `begun` gets what is printed so far, each time that something is. */
export function runCli(
  words: readonly string[],
  options: {
    cwd: string;
    env: Record<string, string | undefined>;
    begun?: (out: string, pid: number) => void;
    /** The same of standard error. */
    told?: (err: string, pid: number) => void;
  },
): Promise<Ran> {
  const child = spawn(process.execPath, [join(process.cwd(), 'dist', 'cli.js'), ...words], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    ran.out += chunk.toString();
    options.begun?.(ran.out, child.pid ?? 0);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    ran.err += chunk.toString();
    options.told?.(ran.err, child.pid ?? 0);
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...ran, code })));
}
