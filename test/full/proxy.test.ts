import { type ChildProcess, execFile, fork } from 'node:child_process';
import {
  createReadStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import type { ProxyReport } from '../../src/cli/proxy/report.ts';
import { endGateway, residentBytes, type ServerProcess, serverProcess } from '../harness/process.ts';
import { type Server, startMlflow } from './mlflow-replay/servers.ts';

const python = process.env.MLFLOW_PYTHON;
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rondo-proxy-full-'));
const state = join(folder, 'state');
const API = '/api/2.0/mlflow';
const TWO_GB = 2_000_000_000;

let mlflow: Server;
let rondo: ServerProcess;
let proxy: { child: ChildProcess; url: string };

/** `rondo proxy` as a program of its own. */
async function startProxy(port = 0): Promise<typeof proxy> {
  const args = [
    '--url',
    rondo.url,
    '--token',
    rondo.token,
    'proxy',
    '--upstream',
    mlflow.url,
    '--state',
    state,
  ];
  const child = fork(join(root, 'dist/cli.js'), [...args, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The proxy ended with ${code} before it answered.`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      const found = /serves at (http:\S+);/.exec(chunk.toString())?.[1];
      if (found) resolve(found);
    });
  });
  return { child, url };
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exit;
}

const report = async (): Promise<ProxyReport> => (await fetch(`${proxy.url}/-/proxy/report`)).json() as never;
const rondoCommand = async (...args: string[]) =>
  (await promisify(execFile)(process.execPath, [join(root, 'dist/cli.js'), ...args])).stdout;

async function drained(): Promise<ProxyReport> {
  for (;;) {
    const now = await report();
    if (now.waiting === 0) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// oxlint-disable-next-line typescript/no-explicit-any
async function call(to: string, method: string, path: string, body?: unknown): Promise<any> {
  const answer = await fetch(`${to}${API}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The parts of the client's script that MLflow's own server stands: the others ask for what only Rondo has. */
async function client(parts: string): Promise<void> {
  const script = readFileSync(join(root, 'test/full/mlflow_client.py'), 'utf8');
  const file = join(folder, 'client.py');
  // What only Rondo's grammar takes is left out, and MLflow does not tell the size of an empty file.
  const lines = script
    .split('\n')
    .filter((line) => !/Rondo reads more|metrics\.score IS NULL|params\.i IN|both = found|third/.test(line));
  const body = lines
    .join('\n')
    .replace(/\n\nmain\(\)\s*$/, '\n')
    .replace('("empty.txt", False, 0)', '("empty.txt", False, None)');
  writeFileSync(file, `${body}\n\n${parts}\nprint("ok")\n`);
  const { stdout } = await promisify(execFile)(python ?? '', ['-W', 'ignore', file], {
    cwd: folder,
    env: {
      ...process.env,
      MLFLOW_TRACKING_URI: proxy.url,
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '3',
      RONDO_TOKEN: '',
    },
    maxBuffer: 16_000_000,
  });
  expect(stdout.trim().split('\n').at(-1)).toBe('ok');
}

const unexplained = (of: ProxyReport) =>
  of.examples.filter(({ verdict }) => ['different', 'not imported'].includes(verdict));

beforeAll(async () => {
  if (!python) throw new Error('Set MLFLOW_PYTHON to a Python that has mlflow and scikit-learn.');
  await build();
  [mlflow, rondo] = await Promise.all([startMlflow(python, folder), serverProcess(join(folder, 'rondo'))]);
  proxy = await startProxy();
});

afterAll(async () => {
  await end(proxy?.child, 'SIGTERM');
  await mlflow?.stop();
  await rondo?.stop();
  await endGateway(join(folder, 'rondo'));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('between the real client and the real server', () => {
  it('finds no unexplained difference', async () => {
    await client(
      'experiment = experiments()\nruns(experiment)\nsearch()\nartifacts()\nautolog()\nregistry()\nprompts()\ntraces()',
    );
    await drained();
    await fetch(`${proxy.url}/version`);
    const now = await drained();
    expect(unexplained(now)).toEqual([]);
    expect(now.counts.lost).toBeUndefined();
    expect(now.counts.equal).toBeGreaterThan(300);
    expect(await rondoCommand('proxy', 'report', '--state', state)).toContain('0 unexplained differences.');
  });

  it('loses nothing when Rondo and the proxy are killed in the middle', async () => {
    const { run } = await call(proxy.url, 'POST', 'runs/create', {
      experiment_id: '0',
      start_time: 1,
      run_name: 'k',
    });
    const { run_id } = run.info;
    const told: number[] = [];
    const log = async (from: number, to: number) => {
      for (let step = from; step < to; step++) {
        await call(proxy.url, 'POST', 'runs/log-metric', {
          run_id,
          key: 'm',
          value: step,
          timestamp: 1,
          step,
        });
        told.push(step);
      }
    };
    await log(0, 20);
    const { port } = new URL(rondo.url);
    await rondo.kill();
    await log(20, 40);
    const writing = log(40, 10_000).catch(() => {});
    while (told.length < 60) await new Promise((resolve) => setTimeout(resolve, 5));
    await end(proxy.child, 'SIGKILL');
    await writing;
    rondo = await serverProcess(join(folder, 'rondo'), { port });
    proxy = await startProxy(Number(new URL(proxy.url).port));
    const now = await drained();
    expect(unexplained(now)).toEqual([]);
    const path = `metrics/get-history?run_id=${run_id}&metric_key=m`;
    for (const { url } of [mlflow, rondo]) {
      const { metrics } = await call(url, 'GET', path);
      expect(metrics.slice(0, told.length).map((point: { value: number }) => point.value)).toEqual(told);
    }
  });

  it('takes 2 GB without growing memory', async () => {
    const file = join(folder, 'big.bin');
    writeFileSync(file, '');
    truncateSync(file, TWO_GB);
    const { run } = await call(proxy.url, 'POST', 'runs/create', {
      experiment_id: '0',
      start_time: 1,
      run_name: 'b',
    });
    const address = `${proxy.url}/api/2.0/mlflow-artifacts/artifacts/0/${run.info.run_id}/artifacts/big.bin`;
    const before = residentBytes(proxy.child.pid as number);
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, residentBytes(proxy.child.pid as number))), 100);
    const put = await fetch(address, {
      method: 'PUT',
      body: Readable.toWeb(createReadStream(file)) as never,
      duplex: 'half',
    } as never);
    expect(put.status).toBe(200);
    await drained();
    const got = await fetch(address);
    let bytes = 0;
    for await (const chunk of got.body as never as AsyncIterable<Uint8Array>) bytes += chunk.length;
    clearInterval(watch);
    expect(bytes).toBe(statSync(file).size);
    expect(peak - before).toBeLessThan(150_000_000);
    expect(unexplained(await drained())).toEqual([]);
  });

  it('cuts over, the client goes on, and cuts back', async () => {
    await rondoCommand('proxy', 'cutover', '--state', state);
    expect((await report()).primary).toBe('rondo');
    await client('experiment = experiments()\nruns(experiment)\nsearch()');
    const { run } = await call(proxy.url, 'POST', 'runs/create', {
      experiment_id: '0',
      start_time: 1,
      run_name: 'c',
    });
    const { run_id } = run.info;
    expect((await call(rondo.url, 'GET', `runs/get?run_id=${run_id}`)).run.info.run_name).toBe('c');
    await drained();
    await end(proxy.child, 'SIGKILL');
    proxy = await startProxy(Number(new URL(proxy.url).port));
    expect((await report()).primary).toBe('rondo');
    expect(unexplained(await drained())).toEqual([]);
    await rondoCommand('proxy', 'cutover', '--back', '--state', state);
    await call(proxy.url, 'POST', 'runs/set-tag', { run_id, key: 'back', value: 'yes' });
    const { run: back } = await call(proxy.url, 'GET', `runs/get?run_id=${run_id}`);
    expect(back.info).toMatchObject({ run_id, run_name: 'c' });
    await client('experiment = experiments()\nruns(experiment)');
    expect(unexplained(await drained())).toEqual([]);
  });
});
