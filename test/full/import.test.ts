import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import {
  checkStores,
  expectWhole,
  type Filled,
  fillStore,
  importCommand,
  importFrom,
} from '../harness/imports.ts';
import { type Mlflow, mlflowIn, type MlflowServer } from '../harness/mlflow.ts';
import { testServer } from '../harness/server.ts';

const home = mkdtempSync(join(tmpdir(), 'rondo-import-full-'));
const POINTS = '25000';
const RUNS = 300;

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

let mlflow: Mlflow;
let database: Filled;
let folder: Filled;
let running: MlflowServer;

beforeAll(async () => {
  mlflow = mlflowIn(home, { IMPORT_POINTS: POINTS });
  await build();
  database = await fillStore(mlflow, `sqlite:///${join(home, 'mlflow.db')}`, { IMPORT_RUNS: String(RUNS) });
  folder = await fillStore(mlflow, join(home, 'store', 'mlruns'), { MLFLOW_ALLOW_FILE_STORE: 'true' });
  running = await mlflow.serve('--backend-store-uri', database.uri);
});
afterAll(async () => {
  await running?.stop();
  rmSync(home, { recursive: true, force: true });
});

describe('rondo import mlflow', () => {
  const state = () => mkdtempSync(join(home, 'state-'));

  it.each([
    ['a database', () => database.uri, () => database, RUNS + 4],
    ['a server', () => running.url, () => database, RUNS + 4],
    ['a folder', () => folder.uri, () => folder, 4],
  ])('brings in all of %s, as the real client sees it', async (_name, source, filled, runs) => {
    const server = await testServer();
    try {
      const stateHome = state();
      const counted = await importFrom(server, source(), stateHome, '--dry-run');
      expect(
        (await server.call('POST', '/api/2.0/mlflow/runs/search', { experiment_ids: ['0'] })).body,
      ).toEqual({});
      const first = await importFrom(server, source(), stateHome);
      expectWhole(first, runs);
      expect(first.counts.points?.imported).toBe(counted.counts.points?.found);
      expect(first.counts.files?.imported).toBe(counted.counts.files?.found);
      // Once more, by what the machine remembers, and without it: nothing is new.
      for (const again of [
        await importFrom(server, source(), stateHome),
        await importFrom(server, source(), state()),
      ]) {
        expectWhole(again, runs);
        for (const [kind, { imported }] of Object.entries(again.counts)) expect(imported, kind).toBe(0);
      }
      await checkStores(mlflow, server, filled());
    } finally {
      await server.end();
    }
  });

  it('goes on where it was killed', async () => {
    const server = await testServer();
    try {
      const stateHome = state();
      const { args, env } = importCommand(server, database.uri, stateHome);
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
      const report = await importFrom(server, database.uri, stateHome);
      expectWhole(report, RUNS + 4);
      expect(report.counts.runs?.present).toBeGreaterThanOrEqual(before);
      await checkStores(mlflow, server, database);
    } finally {
      await server.end();
    }
  });
});
