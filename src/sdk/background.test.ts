import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { Capture } from '../domains/tracking/schema/capture.ts';
import { sendLeftBehind } from './background.ts';
import { Journal } from './journal.ts';
import { Rondo } from './rondo.ts';

let server: TestServer;
let state: string;
beforeAll(async () => {
  server = await testServer();
  state = mkdtempSync(join(tmpdir(), 'rondo-journal-'));
  vi.stubEnv('XDG_STATE_HOME', state);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.end();
  rmSync(state, { recursive: true, force: true });
});

/** The way to the server, which can be cut and mended. */
async function cable() {
  let forward: Server | undefined;
  let port = 0;
  const open = () =>
    new Promise<void>((resolve) => {
      forward = createServer((asked, answer) => {
        const { hostname, port: to } = new URL(server.url);
        const headers = { ...asked.headers, host: `${hostname}:${to}` };
        const sent = request(
          { hostname, port: to, method: asked.method, path: asked.url, headers },
          (got) => {
            answer.writeHead(got.statusCode ?? 500, got.headers);
            got.pipe(answer);
          },
        );
        sent.on('error', () => answer.destroy());
        asked.pipe(sent);
      }).listen(port, '127.0.0.1', () => {
        ({ port } = (forward as Server).address() as AddressInfo);
        resolve();
      });
    });
  const cut = () =>
    new Promise<void>((resolve) => {
      forward?.close(() => resolve());
      forward?.closeAllConnections();
    });
  await open();
  return { url: `http://127.0.0.1:${port}`, open, cut };
}

const journals = () => readdirSync(join(state, 'rondo', 'runs'));
const stored = async (id: string) =>
  (await server.call('GET', `/api/2.0/mlflow/runs/get?run_id=${id}`)).body.run;
const history = async (id: string, key: string) =>
  (await server.call('GET', `/api/2.0/mlflow/metrics/get-history?run_id=${id}&metric_key=${key}`)).body
    .metrics;

describe('a run in the background', () => {
  it('logs without waiting, through a server that is away for a while, and loses nothing', async () => {
    const way = await cable();
    const rondo = new Rondo({ url: way.url, token: server.token });
    const run = await rondo.startRun({ experiment: 'back', params: { lr: 0.1 } });
    for (let step = 0; step < 500; step++) await run.logMetric('loss', step / 3, { step, time: step });
    expect(await run.flush()).toBe(true);
    await way.cut();
    for (let step = 500; step < 2500; step++)
      await run.logMetrics({ loss: step / 3, nan: Number.NaN }, { step, time: step });
    await run.setTags({ a: '1' });
    await run.setTags({ a: '2' });
    expect(await run.flush(300)).toBe(false);
    await way.open();
    await run.end();
    expect((await history(run.id, 'loss')).map(({ value }: { value: number }) => value)).toEqual(
      Array.from({ length: 2500 }, (_, step) => step / 3),
    );
    const { info, data } = await stored(run.id);
    expect(info.status).toBe('FINISHED');
    expect(data.params).toEqual([{ key: 'lr', value: '0.1' }]);
    expect(data.tags).toContainEqual({ key: 'a', value: '2' });
    expect(data.metrics).toContainEqual(expect.objectContaining({ key: 'nan', value: 'NaN' }));
    expect(journals()).toEqual([]);
    await way.cut();
  });

  it('begins, and logs a model, although the server is away at that moment', async () => {
    const way = await cable();
    const rondo = new Rondo({ url: way.url, token: server.token });
    await way.cut();
    const starting = rondo.startRun({ experiment: 'back' });
    const refused = await Promise.race([
      starting.then(() => false),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 300)),
    ]);
    expect(refused).toBe(true);
    await way.open();
    const run = await starting;
    await run.logParam('depth', 6);
    await way.cut();
    const logging = run.logModel({
      name: 'm',
      flavor: 'onnx',
      bytes: new Uint8Array(9),
      signature: { inputs: [], outputs: [] },
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await way.open();
    const { model_id } = await logging;
    await run.end();
    expect((await stored(run.id)).data.params).toEqual([{ key: 'depth', value: '6' }]);
    const model = await server.call('GET', `/api/2.0/mlflow/logged-models/${model_id}`);
    expect(model.body.model.info.status).toBe('LOGGED_MODEL_READY');
    await way.cut();
  });

  it('leaves out what is refused, tells of it, and sends the rest', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const rondo = new Rondo({ url: server.url, token: server.token });
    const run = await rondo.startRun({ experiment: 'back', params: { depth: 3 } });
    await run.logMetrics({ 'a/../b': 1, fine: 2 });
    await run.logParams({ depth: 4, width: 5 });
    await run.end();
    const { data } = await stored(run.id);
    expect(data.metrics.map(({ key }: { key: string }) => key)).toEqual(['fine']);
    expect(data.params).toEqual([
      { key: 'depth', value: '3' },
      { key: 'width', value: '5' },
    ]);
    expect(run.refused.map(({ what }) => what).sort()).toEqual(["metric 'a/../b'", "param 'depth'"]);
    expect(warned).toHaveBeenCalledTimes(2);
    warned.mockRestore();
  });

  it('is finished by others when its process died, also when that was in the middle of a line', async () => {
    const rondo = new Rondo({ url: server.url, token: server.token });
    const through = await rondo.startRun({ experiment: 'back', background: false });
    const left = Journal.begin({ url: server.url, project: 'default', run_id: through.id });
    left.add({ metrics: [{ key: 'm', value: 1, timestamp: 1, step: 0 }] });
    left.acknowledge(1);
    left.add({ metrics: [{ key: 'm', value: 2, timestamp: 2, step: 1 }] });
    left.add({ end: { status: 'FAILED', end_time: 7 } });
    const { appendFileSync, readFileSync, writeFileSync } = await import('node:fs');
    writeFileSync(left.file, readFileSync(left.file, 'utf8').replace(/"born":"[^"]*"/, '"born":"before"'));
    appendFileSync(left.file, '{"metrics":[{"key":"m","val');
    const found = Journal.leftBehind(server.url);
    expect(found.map((journal) => journal.waiting.length)).toEqual([2]);
    const connection = { url: server.url, token: server.token, project: 'default', fetch };
    expect(await sendLeftBehind(connection, found, () => {}, 10_000)).toBe(1);
    expect(await history(through.id, 'm')).toHaveLength(1);
    expect((await stored(through.id)).info).toMatchObject({ status: 'FAILED', end_time: 7 });
    expect(journals()).toEqual([]);
  });

  it('keeps files and datasets beside the journal until the server has them', async () => {
    const way = await cable();
    const rondo = new Rondo({ url: way.url, token: server.token });
    const run = await rondo.startRun({ experiment: 'back' });
    await way.cut();
    const bytes = new Uint8Array(300_000).map((_, at) => at % 251);
    await run.logArtifact('deep/bytes.bin', bytes);
    await run.logArtifact('note.txt', 'hello');
    await run.logDataset({ name: 'rows', digest: 'abc' });
    expect(readdirSync(join(state, 'rondo', 'runs', `${run.id}.files`))).toEqual(['0', '1']);
    expect(await run.flush(300)).toBe(false);
    await way.open();
    await run.end();
    const read = (path: string) =>
      fetch(`${server.url}/get-artifact?run_id=${run.id}&path=${path}`, {
        headers: { authorization: `Bearer ${server.token}` },
      });
    expect(new Uint8Array(await (await read('deep/bytes.bin')).arrayBuffer())).toEqual(bytes);
    expect(await (await read('note.txt')).text()).toBe('hello');
    expect((await stored(run.id)).inputs.dataset_inputs).toMatchObject([{ dataset: { digest: 'abc' } }]);
    expect(journals()).toEqual([]);
    await way.cut();
  });

  it('harms no training where no journal can be written', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    vi.stubEnv('XDG_STATE_HOME', '/dev/null/nowhere');
    const rondo = new Rondo({ url: server.url, token: server.token });
    const run = await rondo.startRun({ experiment: 'back', params: { a: 1 } });
    await run.logMetric('m', 1);
    await run.logArtifact('note.txt', 'hello');
    await run.end();
    vi.stubEnv('XDG_STATE_HOME', state);
    const { data, info } = await stored(run.id);
    expect([info.status, data.params, data.metrics]).toEqual([
      'FINISHED',
      [{ key: 'a', value: '1' }],
      [expect.objectContaining({ key: 'm', value: 1 })],
    ]);
    expect(warned).toHaveBeenCalledTimes(1);
    warned.mockRestore();
  });

  it('waits for the server and throws what it refuses where that is asked for', async () => {
    const rondo = new Rondo({ url: server.url, token: server.token });
    const run = await rondo.startRun({ experiment: 'back', background: false });
    await run.logMetric('m', 1);
    expect((await stored(run.id)).data.metrics).toHaveLength(1);
    await expect(run.logMetric('a/../b', 1)).rejects.toThrow();
    await run.end();
  });

  it('records what it was made of beside the training, and is done before it ends', async () => {
    vi.stubEnv('RONDO_CAPTURE', '');
    const rondo = new Rondo({ url: server.url, token: server.token });
    const run = await rondo.startRun({ experiment: 'back', params: { seed: 7 } });
    await run.end();
    const tags = Object.fromEntries(
      (await stored(run.id)).data.tags.map((tag: { key: string; value: string }) => [tag.key, tag.value]),
    );
    expect(tags).toMatchObject({ 'mlflow.source.type': 'LOCAL', 'rondo.machine': expect.any(String) });
    const answer = await server.call('GET', `/get-artifact?run_id=${run.id}&path=rondo/capture.json`);
    expect(Capture.parse(answer.body)).toMatchObject({ by: 'sdk', seeds: { seed: '7' } });
    vi.stubEnv('RONDO_CAPTURE', 'off');
  });

  it('keeps what belongs to a run that was deleted, and asks no more', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const rondo = new Rondo({ url: server.url, token: server.token });
    const run = await rondo.startRun({ experiment: 'back' });
    await server.call('POST', '/api/2.0/mlflow/runs/delete', { run_id: run.id });
    await run.logMetric('late', 1);
    await run.end();
    expect(run.refused).toHaveLength(1);
    expect(journals()).toEqual([`${run.id}.ndjson`]);
    warned.mockRestore();
  });
});
