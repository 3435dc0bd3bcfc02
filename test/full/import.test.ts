import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import type { Report } from '../../src/cli/import/tally.ts';
import { testServer, type TestServer } from '../harness/server.ts';

const python = process.env.MLFLOW_PYTHON ?? '';
const root = fileURLToPath(new URL('../..', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'rondo-import-full-'));
const POINTS = '25000';
const RUNS = 300;

interface Filled {
  uri: string;
  /** What the script of the source says of it. */
  names: string;
}

const inPython = (script: string, args: string[], env: Record<string, string>) =>
  promisify(execFile)(python, ['-W', 'ignore', join(root, 'test/full', script), ...args], {
    cwd: home,
    env: { ...process.env, IMPORT_POINTS: POINTS, MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1', ...env },
    maxBuffer: 16_000_000,
  });

async function fill(uri: string, env: Record<string, string> = {}): Promise<Filled> {
  const { stdout } = await inPython('import_source.py', [], { MLFLOW_TRACKING_URI: uri, ...env });
  const names = stdout.split('\n').findLast((line) => line.startsWith('{'));
  if (names === undefined) throw new Error(stdout);
  return { uri, names };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

let database: Filled;
let folder: Filled;
let mlflow: ChildProcess;
let address: string;

beforeAll(async () => {
  if (!python) throw new Error('Set MLFLOW_PYTHON to a Python that has mlflow and scikit-learn.');
  await build();
  database = await fill(`sqlite:///${join(home, 'mlflow.db')}`, { IMPORT_RUNS: String(RUNS) });
  folder = await fill(join(home, 'store', 'mlruns'), { MLFLOW_ALLOW_FILE_STORE: 'true' });
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  const args = ['server', '--backend-store-uri', database.uri, '--port', String(port), '--workers', '1'];
  mlflow = spawn(join(dirname(python), 'mlflow'), args, { cwd: home, stdio: 'ignore', detached: true });
  while (
    !(await fetch(`${address}/health`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (mlflow.exitCode !== null) throw new Error('mlflow server ended.');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
});
afterAll(async () => {
  if (mlflow?.pid !== undefined && mlflow.exitCode === null) {
    const gone = new Promise((resolve) => mlflow.once('exit', resolve));
    process.kill(-mlflow.pid, 'SIGTERM');
    await gone;
  }
  rmSync(home, { recursive: true, force: true });
});

describe('rondo import mlflow', () => {
  const state = () => mkdtempSync(join(home, 'state-'));
  const command = (server: TestServer, source: string, stateHome: string, ...more: string[]) => ({
    args: [join(root, 'bin/rondo.js'), 'import', 'mlflow', source, '--json', ...more],
    env: { ...process.env, RONDO_URL: server.url, RONDO_TOKEN: server.token, XDG_STATE_HOME: stateHome },
  });

  async function bring(
    server: TestServer,
    source: string,
    stateHome: string,
    ...more: string[]
  ): Promise<Report> {
    const { args, env } = command(server, source, stateHome, ...more);
    const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 16_000_000 });
    return JSON.parse(stdout) as Report;
  }

  async function check(server: TestServer, from: string, names: string): Promise<void> {
    const { stdout } = await inPython('import_check.py', [names], {
      IMPORT_FROM: from,
      MLFLOW_TRACKING_URI: server.url,
      MLFLOW_TRACKING_TOKEN: server.token,
      MLFLOW_ALLOW_FILE_STORE: 'true',
    });
    expect(stdout).toMatch(/^checked \d\d+/m);
  }

  function expectWhole(report: Report, runs: number): void {
    expect(report).toMatchObject({ complete: true, left_out: [] });
    expect(report.counts.runs).toMatchObject({ found: runs, left_out: 0 });
    expect(report.digests.every(({ equal }) => equal)).toBe(true);
    expect(report.digests.reduce((sum, one) => sum + one.runs, 0)).toBe(runs);
  }

  it.each([
    ['a database', () => database.uri, () => database, RUNS + 4],
    ['a server', () => address, () => database, RUNS + 4],
    ['a folder', () => folder.uri, () => folder, 4],
  ])('brings in all of %s, as the real client sees it', async (_name, source, filled, runs) => {
    const server = await testServer();
    try {
      const stateHome = state();
      const counted = await bring(server, source(), stateHome, '--dry-run');
      expect(
        (await server.call('POST', '/api/2.0/mlflow/runs/search', { experiment_ids: ['0'] })).body,
      ).toEqual({});
      const first = await bring(server, source(), stateHome);
      expectWhole(first, runs);
      expect(first.counts.points?.imported).toBe(counted.counts.points?.found);
      expect(first.counts.files?.imported).toBe(counted.counts.files?.found);
      // Once more, by what the machine remembers, and without it: nothing is new.
      for (const again of [
        await bring(server, source(), stateHome),
        await bring(server, source(), state()),
      ]) {
        expectWhole(again, runs);
        for (const [kind, { imported }] of Object.entries(again.counts)) expect(imported, kind).toBe(0);
      }
      await check(server, filled().uri, filled().names);
    } finally {
      await server.end();
    }
  });

  it('goes on where it was killed', async () => {
    const server = await testServer();
    try {
      const stateHome = state();
      const { args, env } = command(server, database.uri, stateHome);
      const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
      const imports = join(stateHome, 'rondo', 'imports');
      const done = () => {
        const [name = ''] = existsSync(imports) ? readdirSync(imports) : [];
        const file = join(imports, name, 'runs.ndjson');
        return name !== '' && existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
      };
      while (done() === 0 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
      await ended(child, 'SIGKILL');
      const before = done();
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThan(RUNS);
      const report = await bring(server, database.uri, stateHome);
      expectWhole(report, RUNS + 4);
      expect(report.counts.runs?.present).toBeGreaterThanOrEqual(before);
      await check(server, database.uri, database.names);
    } finally {
      await server.end();
    }
  });
});
