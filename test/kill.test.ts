import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rondo, type TrackedRun } from '../src/sdk/index.ts';
import { linearModel } from './harness/onnx.ts';

const TOKEN = 'a-token-for-tests-only';
const CLIENTS = 6;

/** What a caller was told is done: an answer with its output, a truth, or a metric with its value. */
interface Told {
  predictions: Map<string, number>;
  labels: Map<string, number>;
  metrics: Map<string, number>;
}

describe('kill -9 under load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-kill-'));
  const told: Told = { predictions: new Map(), labels: new Map(), metrics: new Map() };
  let child: ChildProcess;
  let url: string;
  let rondo: Rondo;
  let run: TrackedRun;
  let next = 0;
  let busy = true;

  async function start(port: string): Promise<void> {
    const flags = ['server', '--port', port, '--gateway-port', '0', '--data', folder, '--token', TOKEN];
    child = fork('dist/cli.js', flags, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    url = await new Promise<string>((resolve, reject) => {
      child.once('message', (facts) => resolve((facts as { url: string }).url));
      child.once('exit', () => reject(new Error('The server did not start.')));
    });
    rondo = new Rondo({ url, token: TOKEN, patient: true });
  }
  const dead = () => new Promise((resolve) => child.once('exit', resolve));
  const gateway = async () => (await rondo.server.getStatus({})).gateway ?? '';
  const post = (address: string, body: unknown) =>
    fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  beforeAll(async () => {
    await start('0');
    run = await rondo.startRun({ experiment: 'e', name: 'load', background: false });
    const { model_id } = await run.logModel({
      name: 'model',
      flavor: 'onnx',
      bytes: linearModel([1], 0),
      signature: { inputs: [{ name: 'x', type: 'double' }], outputs: [{ name: 'y', type: 'double' }] },
    });
    await rondo.registerModel('same', { model_id, run_id: run.id });
    while ((await gateway()) === '') await pause(20);
    const body = { environment: 'dev', model: 'same', version: 1 };
    await rondo.serving.deploy({ params: { endpoint: 'same' }, body });
  });
  afterAll(async () => {
    busy = false;
    const ended = dead();
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Asks, tells the truth and tracks without a pause; what fails was not promised, and is sent anew under another number. */
  async function client(): Promise<void> {
    while (busy) {
      const x = next++;
      try {
        const at = await gateway();
        const answer = await post(`${at}/endpoints/same/invocations`, { dataframe_records: [{ x }] });
        if (answer.status !== 200) throw new Error(`status ${answer.status}`);
        const id = String(answer.headers.get('x-rondo-prediction-id'));
        await answer.arrayBuffer();
        told.predictions.set(id, x);
        const feedback = { feedback: [{ prediction_id: id, label: x }] };
        if ((await post(`${at}/api/v1/feedback`, feedback)).status === 200) told.labels.set(id, x);
        await run.logMetric(`m${x}`, x);
        told.metrics.set(`m${x}`, x);
      } catch {
        await pause(20);
      }
    }
  }

  /** Another 100 answers: the loop goes on. */
  async function goesOn(): Promise<void> {
    const before = told.metrics.size;
    const until = Date.now() + 20_000;
    while (told.metrics.size < before + 100) {
      if (Date.now() > until) throw new Error('Nothing went on within 20 s.');
      await pause(20);
    }
  }

  it('loses no acknowledged write and no answered prediction, of the gateway, the server, and both', async () => {
    const load = Promise.all(Array.from({ length: CLIENTS }, client));
    await goesOn();

    for (const pid of gatewayProcesses(folder)) process.kill(pid, 'SIGKILL');
    // Any word of the control plane to the gateway starts another.
    await rondo.serving.settle({ params: { endpoint: 'same' }, body: {} });
    await goesOn();

    const { port } = new URL(url);
    const ended = dead();
    child.kill('SIGKILL');
    await ended;
    await start(port);
    await goesOn();

    const both = gatewayProcesses(folder);
    const gone = dead();
    child.kill('SIGKILL');
    for (const pid of both) process.kill(pid, 'SIGKILL');
    await gone;
    await start(port);
    await goesOn();

    busy = false;
    await load;
    const through = Date.now() + 1000;
    await rondo.serving.settle({ params: { endpoint: 'same' }, body: { through } });
    const logged = await allPredictions(through);
    const lost = [...told.predictions].filter(([id, x]) => logged.get(id)?.output !== x);
    expect(lost).toEqual([]);
    expect([...told.labels].filter(([id, x]) => logged.get(id)?.label !== x)).toEqual([]);
    const { run: stored } = await rondo.tracking.getRun({ query: { run_id: run.id } } as never);
    const metrics = new Map((stored.data.metrics ?? []).map(({ key, value }) => [key, Number(value)]));
    expect([...told.metrics].filter(([key, x]) => metrics.get(key) !== x)).toEqual([]);
    expect(told.predictions.size).toBeGreaterThanOrEqual(400);
    // Every life of the gateway has answered: the epoch is the third part of an id.
    expect(new Set([...told.predictions.keys()].map((id) => id.split('.')[2])).size).toBe(3);
  }, 120_000);

  /** Every logged answer by its id, with the truth about it. */
  async function allPredictions(until: number): Promise<Map<string, { output: unknown; label: unknown }>> {
    const found = new Map<string, { output: unknown; label: unknown }>();
    for (let to = until; ; ) {
      const { predictions } = await rondo.serving.listPredictions({
        params: { endpoint: 'same' },
        query: { limit: 1000, until: to },
      });
      const before = found.size;
      for (const row of predictions)
        found.set(String(row.prediction_id), { output: row.output, label: row.label });
      const last = Number(predictions.at(-1)?.event_time);
      if (predictions.length < 1000 || found.size === before) return found;
      to = last + 1;
    }
  }
});

/** The parent of the gateway and its workers. */
function gatewayProcesses(data: string): number[] {
  const { pid } = JSON.parse(readFileSync(join(data, 'gateway', 'gateway.lock'), 'utf8')) as { pid: number };
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const children = lines.map((line) => line.trim().split(/\s+/).map(Number));
  return [pid, ...children.flatMap(([own, parent]) => (parent === pid && own !== undefined ? [own] : []))];
}
