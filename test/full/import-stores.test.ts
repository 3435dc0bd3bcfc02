import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import type { Report } from '../../src/cli/import/tally.ts';
import { runCli } from '../harness/cli.ts';
import { freshPostgres } from '../harness/database.ts';
import { checkStores, expectWhole, type Filled, fillStore, importFrom } from '../harness/imports.ts';
import { type Mlflow, MLFLOW_2, mlflowIn, type MlflowServer } from '../harness/mlflow.ts';
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

describe('workspaces of MLflow 3', () => {
  const NAMES = ['default', 'red-team', 'blue'];
  let running: MlflowServer;
  let uri: string;

  beforeAll(async () => {
    uri = `sqlite:///${join(home, 'workspaces.db')}`;
    running = await three.serve('--backend-store-uri', uri, '--enable-workspaces');
    for (const name of NAMES) await fillWorkspace(name);
  });
  afterAll(() => running?.stop());

  interface Answer {
    experiment_id: string;
    run: { info: { run_id: string; artifact_uri: string } };
  }

  async function ask(workspace: string, method: string, path: string, body: unknown): Promise<Answer> {
    const response = await fetch(running.url + path, {
      method,
      headers: { 'content-type': 'application/json', 'x-mlflow-workspace': workspace },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const said = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${said}`);
    return JSON.parse(said || '{}') as Answer;
  }

  /** Experiments and models of the same names in each. */
  async function fillWorkspace(name: string): Promise<void> {
    const post = (path: string, body: unknown) => ask(name, 'POST', `/api/2.0/mlflow/${path}`, body);
    if (name !== 'default') await ask('default', 'POST', '/api/3.0/mlflow/workspaces', { name });
    const { experiment_id } = await post('experiments/create', { name: 'late' });
    const { run } = await post('runs/create', { experiment_id, start_time: 1, run_name: `of ${name}` });
    const { run_id, artifact_uri } = run.info;
    await post('runs/log-metric', { run_id, key: 'loss', value: 0.5, timestamp: 2, step: 0 });
    await post('runs/update', { run_id, status: 'FINISHED', end_time: 3 });
    const path = artifact_uri.replace(/^mlflow-artifacts:\/*/, '');
    await ask(name, 'PUT', `/api/2.0/mlflow-artifacts/artifacts/${path}/note.txt`, `"${name}"`);
    await post('registered-models/create', { name: 'delays' });
    await post('model-versions/create', { name: 'delays', source: `runs:/${run_id}/`, run_id });
  }

  const runsIn = async (server: TestServer, project: string) => {
    const headers = { 'x-mlflow-workspace': project };
    const ids = ((
      await server.call('POST', '/api/2.0/mlflow/experiments/search', { max_results: 10 }, { headers })
    ).body.experiments ?? []) as { experiment_id: string }[];
    const found = await server.call(
      'POST',
      '/api/2.0/mlflow/runs/search',
      { experiment_ids: ids.map(({ experiment_id }) => experiment_id) },
      { headers },
    );
    return (found.body.runs ?? []).map(({ info }: { info: { run_name: string } }) => info.run_name);
  };

  it.each([
    ['a server', () => running.url],
    ['a database', () => uri],
  ])('of %s become projects', async (_name, source) => {
    await within(async (server) => {
      const destination = ['--artifacts-destination', join(home, 'mlartifacts')];
      const { out, code, err } = await runCli(
        ['import', 'mlflow', source(), '--all-workspaces', '--json', ...destination],
        { cwd: home, env: { RONDO_URL: server.url, RONDO_TOKEN: server.token, XDG_STATE_HOME: state() } },
      );
      expect([code, err]).toEqual([0, expect.anything()]);
      const reports = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Report);
      expect(reports.map(({ project }) => project).toSorted()).toEqual(NAMES.toSorted());
      for (const report of reports) {
        expectWhole(report, 1);
        expect(report.counts).toMatchObject({ files: { imported: 1 }, versions: { imported: 1 } });
        expect(await runsIn(server, report.project)).toEqual([`of ${report.project}`]);
      }
    });
  });

  it('are chosen by name, and said when there are others', async () => {
    await within(async (server) => {
      const one = await importFrom(server, running.url, state());
      expect(one.notes).toMatchObject([{ kind: 'workspaces', id: expect.stringContaining('red-team') }]);
      expect(await runsIn(server, 'default')).toEqual(['of default']);
      const two = await importFrom(server, running.url, state(), '--workspace', 'blue');
      expect(two.left_out).toMatchObject([{ kind: 'versions', id: 'delays/1' }]);
      expect((await runsIn(server, 'default')).toSorted()).toEqual(['of blue', 'of default']);
      await expect(importFrom(server, uri, state(), '--workspace', 'green')).rejects.toThrow('green');
    });
  });
});

describe('files in S3', () => {
  const endpoint = process.env.RONDO_TEST_S3_URL;
  let mlflow: Mlflow;
  let running: MlflowServer;
  let filled: Filled;
  let uri: string;

  beforeAll(async () => {
    if (!endpoint)
      throw new Error(
        'Set RONDO_TEST_S3_URL to an S3 server, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      );
    process.env.MLFLOW_S3_ENDPOINT_URL = endpoint;
    const bucket = `mlflow-${randomUUID().slice(0, 8)}`;
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
    mlflow = await three.with(['boto3'], { MLFLOW_S3_ENDPOINT_URL: endpoint });
    uri = `sqlite:///${join(home, 's3.db')}`;
    const root = ['--default-artifact-root', `s3://${bucket}/some root`];
    running = await mlflow.serve('--backend-store-uri', uri, ...root);
    filled = await fillStore(mlflow, running.url);
  });
  afterAll(async () => {
    delete process.env.MLFLOW_S3_ENDPOINT_URL;
    await running?.stop();
  });

  it('come through the server', () => bringsAll(mlflow, filled, running.url));

  it('are read from the bucket where a database is the source', () => bringsAll(mlflow, filled, uri));

  it('are left out with what the store says, and nothing beside them', async () => {
    process.env.MLFLOW_S3_ENDPOINT_URL = 'http://127.0.0.1:9';
    try {
      await within(async (server) => {
        const report = await importFrom(server, uri, state());
        expect(report.counts).toMatchObject({ runs: { imported: 4, left_out: 0 }, files: { imported: 0 } });
        expect(report.left_out.map(({ kind }) => kind)).toEqual(Array(6).fill('files'));
        expect(report.left_out[0]?.why).toMatch(/^s3:.* cannot be read: .*ECONNREFUSED/);
      });
    } finally {
      process.env.MLFLOW_S3_ENDPOINT_URL = endpoint;
    }
  });
});
