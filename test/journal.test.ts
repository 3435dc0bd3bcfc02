import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testServer, type TestServer } from './harness/server.ts';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await testServer();
  folder = mkdtempSync(join(tmpdir(), 'rondo-journal-'));
});
afterAll(async () => {
  await server.end();
  rmSync(folder, { recursive: true, force: true });
});

const SDK = pathToFileURL(join(process.cwd(), 'dist', 'sdk.js')).href;

it('training that is killed loses nothing it logged in the background: rondo runs sync sends it', async () => {
  const script = join(folder, 'train.mjs');
  writeFileSync(
    script,
    `import { Rondo } from '${SDK}';
     const run = await new Rondo().startRun({ experiment: 'killed' });
     for (let step = 0; step < 3000; step++) run.logMetric('loss', step, { step, time: step });
     process.stdout.write(run.id + '\\n');
     for (;;) await new Promise((resolve) => setTimeout(resolve, 1000));`,
  );
  const env = { ...process.env, RONDO_URL: server.url, RONDO_TOKEN: server.token, XDG_STATE_HOME: folder };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const id = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  const died = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await died;
  expect(readdirSync(join(folder, 'rondo', 'runs'))).toEqual([`${id}.ndjson`]);

  const { stdout } = await promisify(execFile)(process.execPath, ['dist/cli.js', '--json', 'runs', 'sync'], {
    env,
  });
  expect(JSON.parse(stdout)).toEqual({ sent: 1, waiting: [], refused: [] });
  const { body } = await server.call(
    'GET',
    `/api/2.0/mlflow/metrics/get-history?run_id=${id}&metric_key=loss`,
  );
  expect(body.metrics.map((point: { value: number }) => point.value)).toEqual(
    Array.from({ length: 3000 }, (_, at) => at),
  );
  expect(readdirSync(join(folder, 'rondo', 'runs'))).toEqual([]);
});
