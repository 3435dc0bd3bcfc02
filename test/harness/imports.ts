import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { Report } from '../../src/cli/import/tally.ts';
import type { Mlflow } from './mlflow.ts';
import type { TestServer } from './server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A tracking store that `import_source.py` has filled, and the names that it gave. */
export interface Filled {
  uri: string;
  names: string;
}

export async function fillStore(
  mlflow: Mlflow,
  uri: string,
  env: Record<string, string> = {},
): Promise<Filled> {
  const out = await mlflow.run('import_source.py', [], { MLFLOW_TRACKING_URI: uri, ...env });
  const names = out.split('\n').findLast((line) => line.startsWith('{'));
  if (names === undefined) throw new Error(out);
  return { uri, names };
}

/** `rondo import mlflow SOURCE --json`, as it is called. */
export const importCommand = (server: TestServer, source: string, stateHome: string, ...more: string[]) => ({
  args: [join(root, 'bin/rondo.js'), 'import', 'mlflow', source, '--json', ...more],
  env: { ...process.env, RONDO_URL: server.url, RONDO_TOKEN: server.token, XDG_STATE_HOME: stateHome },
});

/** Answers its report; rejects when there is none. */
export async function importFrom(
  server: TestServer,
  source: string,
  stateHome: string,
  ...more: string[]
): Promise<Report> {
  const { args, env } = importCommand(server, source, stateHome, ...more);
  const running = promisify(execFile)(process.execPath, args, { env, maxBuffer: 16_000_000 });
  const { stdout } = await running.catch((error: Error & { stdout: string }) => {
    if (error.stdout.startsWith('{')) return error;
    throw error;
  });
  return JSON.parse(stdout) as Report;
}

/** Compares source and server as MLflow's client reads both. */
export async function checkStores(
  mlflow: Mlflow,
  server: TestServer,
  { uri, names }: Filled,
  env: Record<string, string> = {},
): Promise<void> {
  const out = await mlflow.run('import_check.py', [names], {
    IMPORT_FROM: uri,
    MLFLOW_TRACKING_URI: server.url,
    MLFLOW_TRACKING_TOKEN: server.token,
    MLFLOW_ALLOW_FILE_STORE: 'true',
    ...env,
  });
  expect(out).toMatch(/^checked \d\d+/m);
}

export function expectWhole(report: Report, runs: number): void {
  expect(report).toMatchObject({ complete: true, left_out: [] });
  expect(report.counts.runs).toMatchObject({ found: runs, left_out: 0 });
  expect(report.digests.every(({ equal }) => equal)).toBe(true);
  expect(report.digests.reduce((sum, one) => sum + one.runs, 0)).toBe(runs);
}
