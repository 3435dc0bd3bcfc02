import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import { freshPostgres } from '../harness/database.ts';
import { checkStores, expectWhole, type Filled, fillStore, importFrom } from '../harness/imports.ts';
import { type Mlflow, MLFLOW_2, mlflowIn } from '../harness/mlflow.ts';
import { testServer, type TestServer } from '../harness/server.ts';

const home = mkdtempSync(join(tmpdir(), 'rondo-import-stores-'));
const state = () => mkdtempSync(join(home, 'state-'));
let three: Mlflow;

beforeAll(async () => {
  three = mlflowIn(home, { IMPORT_POINTS: '1000' });
  await build();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function within(body: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await testServer();
  try {
    await body(server);
  } finally {
    await server.end();
  }
}

/** All of it, twice: the second time nothing is new. */
async function bringsAll(mlflow: Mlflow, filled: Filled, source: string): Promise<void> {
  await within(async (server) => {
    const stateHome = state();
    expectWhole(await importFrom(server, source, stateHome), 4);
    const again = await importFrom(server, source, stateHome);
    expectWhole(again, 4);
    for (const [kind, { imported }] of Object.entries(again.counts)) expect(imported, kind).toBe(0);
    await checkStores(mlflow, server, filled);
  });
}

describe('MLflow 2', () => {
  let two: Mlflow;
  let database: Filled;
  beforeAll(async () => {
    two = await three.with(MLFLOW_2);
    database = await fillStore(two, `sqlite:///${join(home, 'two.db')}`);
  });

  it('is brought in from its database', () => bringsAll(two, database, database.uri));

  it('is brought in from its server', async () => {
    const running = await two.serve('--backend-store-uri', database.uri);
    try {
      await bringsAll(two, database, running.url);
    } finally {
      await running.stop();
    }
  });

  it('is brought in from its folder', async () => {
    const folder = await fillStore(two, join(home, 'two', 'mlruns'));
    await bringsAll(two, folder, folder.uri);
  });
});

describe('PostgreSQL under MLflow 3', () => {
  it('is brought in from the database itself', async () => {
    const url = await freshPostgres();
    const mlflow = await three.with(['psycopg2-binary']);
    const filled = await fillStore(mlflow, url.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:'));
    await bringsAll(mlflow, filled, filled.uri);
  });
});
