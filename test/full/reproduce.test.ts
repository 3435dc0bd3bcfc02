import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import { runCli } from '../harness/cli.ts';
import { testServer, type TestServer } from '../harness/server.ts';

const python = process.env.MLFLOW_PYTHON ?? '';
const TRAINING = `
import os, random, sys
import mlflow
from shape import power
random.seed(int(os.environ.get("SECRET_SEED", "1")))
mlflow.set_experiment("python")
with mlflow.start_run(run_name="from the script") as run:
    mlflow.log_param("alpha", sys.argv[1])
    for step in range(20):
        mlflow.log_metric("loss", float(sys.argv[1]) * random.random() ** power, step=step)
    mlflow.log_text("hello", "note.txt")
    print("joined", run.info.run_id)
with mlflow.start_run() as second:
    print("second", second.info.run_id)
if os.environ.get("SECRET_SEED") == "9":
    raise RuntimeError("fails after all")
`;

let server: TestServer;
let folder: string;
let code: string;
beforeAll(async () => {
  if (!python) throw new Error('Set MLFLOW_PYTHON to a Python that has mlflow.');
  await build();
  server = await testServer();
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'rondo-python-')));
  code = join(folder, 'code');
  mkdirSync(code);
  writeFileSync(join(code, 'train.py'), TRAINING);
  writeFileSync(join(code, 'shape.py'), 'power = 1\n');
  writeFileSync(join(code, '.gitignore'), '__pycache__\n');
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  writeFileSync(join(code, 'shape.py'), 'power = 2\n');
});
afterAll(async () => {
  await server.end();
  rmSync(folder, { recursive: true, force: true });
});

const git = (...args: string[]) =>
  execFileSync('git', ['-C', code, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
const rondo = (words: string[], env: Record<string, string> = {}) =>
  runCli(words, {
    cwd: code,
    env: {
      RONDO_URL: server.url,
      RONDO_TOKEN: server.token,
      TMPDIR: folder,
      XDG_STATE_HOME: join(folder, 'state'),
      ...env,
    },
  });
const stored = async (id: string) =>
  (await server.call('GET', `/api/2.0/mlflow/runs/get?run_id=${id}`)).body.run;

it('the real MLflow client joins a run of exec, and its training is made again', async () => {
  const exec = ['runs', 'exec', '--experiment', 'python', '-p', 'seed=1', '--', python, 'train.py', '0.5'];
  const ran = await rondo(exec);
  const id = /^Run (\w{32}):/m.exec(ran.err)?.[1] ?? '';
  expect(ran).toMatchObject({ code: 0, out: expect.stringContaining(`joined ${id}`) });
  expect(ran.out).not.toContain(`second ${id}`);
  const first = await stored(id);
  expect(first.info).toMatchObject({ status: 'FINISHED', run_name: 'from the script' });
  expect(first.data.params).toEqual([
    { key: 'alpha', value: '0.5' },
    { key: 'seed', value: '1' },
  ]);
  expect(first.data.metrics).toMatchObject([{ key: 'loss', step: 19 }]);
  const { body: record } = await server.call('GET', `/get-artifact?run_id=${id}&path=rondo/capture.json`);
  expect(record).toMatchObject({
    code: { changes: 'whole', changed_lines: 2 },
    environment: { language: 'python', locks: [{ kind: 'packages.txt' }] },
  });
  const packages = await server.call('GET', `/get-artifact?run_id=${id}&path=rondo/environment/packages.txt`);
  expect(packages.body).toMatch(/^mlflow==\d/m);

  git('checkout', '-q', '--', '.');
  const again = await rondo(['--json', 'runs', 'reproduce', id]);
  expect(again).toMatchObject({ code: 0 });
  const { reproduction, differs } = JSON.parse(again.out);
  expect([reproduction.verdict, reproduction.comparison.within, differs]).toEqual(['reproduced', 0, []]);

  const seeded = await rondo(['runs', 'reproduce', id], { SECRET_SEED: '2' });
  expect([seeded.code, seeded.out]).toEqual([1, expect.stringContaining('Not reproduced: 1 of 1 metrics')]);
  const failed = await rondo(['runs', 'reproduce', id], { SECRET_SEED: '9' });
  expect([failed.code, failed.out]).toEqual([1, expect.stringContaining('the command ended with 1')]);
});

it('makes the environment of a Python anew from the packages that it had', async () => {
  const venv = join(folder, 'venv');
  execFileSync('python3', ['-m', 'venv', venv]);
  writeFileSync(
    join(code, 'plain.py'),
    `import json, os, sys, urllib.request
body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "depth", "value": sys.prefix != sys.base_prefix, "timestamp": 1}
request = urllib.request.Request(
    os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric",
    json.dumps({**body, "value": 1.0 if body["value"] else 0.0}).encode(),
    {"content-type": "application/json", "authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]},
)
urllib.request.urlopen(request).read()
print(sys.prefix)
`,
  );
  const ran = await rondo(['runs', 'exec', '--', join(venv, 'bin', 'python'), 'plain.py']);
  const id = /^Run (\w{32}):/m.exec(ran.err)?.[1] ?? '';
  expect(ran.out.trim()).toBe(venv);
  const again = await rondo(['runs', 'reproduce', id, '--env', 'locked']);
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Reproduced') });
  expect(again.err).toMatch(/^\S+rondo-reproduce-\S+venv$/m);
});
