import { execFile, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';

const TOKEN = 'a-token-for-tests-only';
const python = process.env.MLFLOW_PYTHON;
const root = fileURLToPath(new URL('../..', import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'rondo-mlflow-'));
let server: ReturnType<typeof fork>;
let url: string;

beforeAll(async () => {
  if (!python) throw new Error('Set MLFLOW_PYTHON to a Python that has mlflow and scikit-learn.');
  await build();
  server = fork(
    join(root, 'bin/rondo.js'),
    (
      `server --port 0 --gateway-port 0 --token ${TOKEN} --webhook-allow 127.0.0.1 --data ` +
      join(data, 'rondo')
    ).split(' '),
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  url = await new Promise<string>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`The server ended with ${code} before it answered.`)));
    server.stdout?.on('data', (chunk: Buffer) => {
      const found = /serves at (http:\S+)/.exec(chunk.toString())?.[1];
      if (found) resolve(found);
    });
  });
});

afterAll(async () => {
  if (server && server.exitCode === null) {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }
  rmSync(data, { recursive: true, force: true });
});

const run = (script: string) =>
  promisify(execFile)(python ?? '', ['-W', 'ignore', join(root, script)], {
    cwd: data,
    env: {
      ...process.env,
      MLFLOW_TRACKING_URI: url,
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
      RONDO_TOKEN: TOKEN,
    },
    maxBuffer: 16_000_000,
  });

it('serves the real MLflow client', async () => {
  const { stdout } = await run('test/full/mlflow_client.py');
  expect(stdout.trim().split('\n').at(-1)).toBe('ok');
});

it('runs the scikit-learn example', async () => {
  const { stdout } = await run('examples/sklearn/train.py');
  expect(stdout).toMatch(
    /accuracy of models:\/wine@champion: 0\.\d+|accuracy of models:\/wine@champion: 1\.0/,
  );
});
