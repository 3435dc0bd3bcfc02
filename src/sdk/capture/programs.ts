import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve, sep } from 'node:path';

interface Asked {
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** 10 s when left out. */
  ms?: number;
  /** `latin1` keeps every byte. */
  encoding?: 'utf8' | 'latin1';
}

const MOST_BYTES = 32_000_000;

/** What a program prints, or undefined when it is not there, fails, or takes too long. */
export function printed(
  program: string,
  args: readonly string[],
  { cwd, env, ms = 10_000, encoding = 'utf8' }: Asked = {},
): Promise<string | undefined> {
  return new Promise((done) => {
    const options = {
      timeout: ms,
      encoding,
      killSignal: 'SIGKILL',
      maxBuffer: MOST_BYTES,
      windowsHide: true,
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env: env as NodeJS.ProcessEnv }),
    } as const;
    try {
      execFile(program, args, options, (error, stdout) => done(error ? undefined : stdout)).stdin?.end();
    } catch {
      done(undefined);
    }
  });
}

/** The file that a shell would start, or undefined. */
export function found(
  program: string,
  cwd: string,
  env: Record<string, string | undefined> = process.env,
): string | undefined {
  if (isAbsolute(program) || program.includes(sep)) {
    const path = resolve(cwd, program);
    return existsSync(path) ? path : undefined;
  }
  return (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}
