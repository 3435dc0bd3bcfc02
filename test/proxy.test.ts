import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTROL_FILE, type Proxy, SECRET_HEADER, startProxy } from '../src/cli/proxy/proxy.ts';
import { MLFLOW_VERSION } from '../src/domains/tracking/schema.ts';
import { testServer, type TestServer } from './harness/server.ts';

const API = '/api/2.0/mlflow';
const FILES = '/api/2.0/mlflow-artifacts/artifacts';
const PATIENCE_MS = 60_000;

/** Both sides are Rondo here: what is tested is the way between them. `test/full/proxy.test.ts` has MLflow itself on the other side. */
let upstream: TestServer;
let rondo: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'rondo-proxy-'));
let proxy: Proxy;

const start = (more: Partial<Parameters<typeof startProxy>[0]> = {}) =>
  startProxy({
    upstream: upstream.url,
    rondo: rondo.url,
    rondoToken: rondo.token,
    upstreamAuthorization: `Bearer ${upstream.token}`,
    folder: join(folder, 'state'),
    host: '127.0.0.1',
    port: 0,
    timeoutMs: 30_000,
    sample: 1,
    ...more,
  });

// oxlint-disable-next-line typescript/no-explicit-any
async function call(method: string, path: string, body?: unknown, to = proxy.url): Promise<any> {
  const answer = await fetch(to + (path.startsWith('/') ? path : `${API}/${path}`), {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      authorization: `Bearer ${upstream.token}`,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) return { status: answer.status, text };
  return text === '' ? '' : JSON.parse(text);
}

const counted = (verdict: string) => (proxy.report().counts as Record<string, number>)[verdict] ?? 0;
const drained = async () => expect(await proxy.drained(PATIENCE_MS)).toBe(true);

beforeAll(async () => {
  [upstream, rondo] = await Promise.all([testServer(), testServer()]);
  proxy = await start();
});
afterAll(async () => {
  await proxy?.close();
  await Promise.all([upstream?.end(), rondo?.end()]);
  rmSync(folder, { recursive: true, force: true });
});

describe('before the cut-over', () => {
  it('both sides have the same things under the same ids', async () => {
    const { experiment_id } = await call('POST', 'experiments/create', { name: 'mirrored' });
    const { run } = await call('POST', 'runs/create', { experiment_id });
    const { run_id, run_name } = run.info;
    for (let step = 0; step < 20; step++)
      await call('POST', 'runs/log-metric', { run_id, key: 'm', value: step, timestamp: 5, step });
    await call('POST', 'runs/set-tag', { run_id, key: 'k', value: 'v' });
    const { model } = await call('POST', 'logged-models', { experiment_id, source_run_id: run_id });
    await call('POST', 'registered-models/create', { name: 'm' });
    const source = 's3://bucket/m';
    const { model_version } = await call('POST', 'model-versions/create', { name: 'm', source });
    expect((await call('GET', `runs/get?run_id=${run_id}`)).run.data.metrics).toHaveLength(1);
    const found = await call('POST', 'runs/search', { experiment_ids: [experiment_id] });
    expect(found.runs).toHaveLength(1);
    await drained();
    const there = (path: string) => call('GET', path, undefined, rondo.url);
    expect((await there(`runs/get?run_id=${run_id}`)).run.info).toMatchObject({ run_name, experiment_id });
    const history = await there(`metrics/get-history?run_id=${run_id}&metric_key=m`);
    expect(history.metrics.map((point: { value: number }) => point.value)).toEqual([...Array(20).keys()]);
    expect((await there(`logged-models/${model.info.model_id}`)).model.info.name).toBe(model.info.name);
    const version = `model-versions/get?name=m&version=${model_version.version}`;
    expect((await there(version)).model_version.source).toBe(source);
    expect(proxy.report().examples).toEqual([]);
    expect(counted('different')).toBe(0);
    expect(counted('equal')).toBeGreaterThanOrEqual(26);
  });

  it('large files pass as they come, and arrive on both sides', async () => {
    const { run } = await call('POST', 'runs/create', { experiment_id: '0' });
    const bytes = Buffer.alloc(3_000_000, 'abcdefgh');
    const path = `${FILES}/0/${run.info.run_id}/artifacts/big.bin`;
    const put = await fetch(proxy.url + path, {
      method: 'PUT',
      body: bytes,
      headers: { authorization: `Bearer ${upstream.token}` },
    });
    expect(put.status).toBe(200);
    await drained();
    const digest = (data: ArrayBuffer) => createHash('sha256').update(Buffer.from(data)).digest('hex');
    for (const { url, token } of [upstream, rondo, { url: proxy.url, token: upstream.token }]) {
      const got = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
      expect(digest(await got.arrayBuffer())).toBe(digest(bytes.buffer as ArrayBuffer));
    }
    await drained();
    expect(readdirSync(join(folder, 'state', 'bodies'))).toEqual([]);
    expect(counted('different')).toBe(0);
  });

  it('gives the client what MLflow says, also when that is a refusal, and mirrors no refused write', async () => {
    const before = counted('refused');
    const refused = await call('POST', 'experiments/create', { name: 'mirrored' });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('RESOURCE_ALREADY_EXISTS');
    expect((await call('POST', 'runs/delete', { run_id: '0'.repeat(32) })).status).toBe(404);
    expect(counted('refused')).toBe(before + 2);
  });

  it('says apart what was there before, and reports what differs', async () => {
    const old = await call('POST', 'runs/create', { experiment_id: '0' }, upstream.url);
    await call('POST', 'runs/set-tag', { run_id: old.run.info.run_id, key: 'k', value: 'v' });
    await drained();
    expect(counted('not imported')).toBe(1);
    const { run } = await call('POST', 'runs/create', { experiment_id: '0', run_name: 'one' });
    await drained();
    const change = { run_id: run.info.run_id, key: 'k', value: 'only here' };
    await call('POST', 'runs/set-tag', change, rondo.url);
    expect(rondo.token).toBe(upstream.token);
    await call('GET', `runs/get?run_id=${run.info.run_id}`);
    await drained();
    expect(counted('different')).toBe(1);
    const [example] = proxy.report().examples.filter(({ verdict }) => verdict === 'different');
    expect(example).toMatchObject({ route: 'GET runs/get', at: 'body.run.data.tags' });
    const text = JSON.stringify(proxy.report());
    expect(text).not.toContain(upstream.token);
  });

  it('refuses to cut over while answers differ', async () => {
    await expect(proxy.switchTo('rondo')).rejects.toThrow(/1 answers differ/);
    expect(proxy.report().primary).toBe('upstream');
  });
});

describe('Rondo away', () => {
  it('costs the client nothing, and what was written meanwhile arrives in order', async () => {
    await proxy.close();
    const { port } = new URL(rondo.url);
    await rondo.close();
    proxy = await start();
    const { run } = await call('POST', 'runs/create', { experiment_id: '0' });
    const { run_id } = run.info;
    for (let step = 0; step < 400; step++)
      await call('POST', 'runs/set-tag', { run_id, key: 'last', value: String(step) });
    expect(proxy.report().waiting).toBe(401);
    expect(proxy.report().trouble).toMatch(/ECONNREFUSED/);
    await expect(proxy.switchTo('rondo')).rejects.toThrow(/Nothing was changed/);
    await proxy.close();
    const again = await testServer('sqlite', { data: rondo.data, port });
    rondo = again;
    proxy = await start();
    await drained();
    const { run: there } = await call('GET', `runs/get?run_id=${run_id}`, undefined, rondo.url);
    expect(there.data.tags).toContainEqual({ key: 'last', value: '399' });
  });
});

describe('the cut-over', () => {
  it('turns the sides around, and back, without a client noticing', async () => {
    const { run: before } = await call('POST', 'runs/create', { experiment_id: '0' });
    await proxy.switchTo('rondo', { force: true });
    const { experiment_id } = await call('POST', 'experiments/create', { name: 'after' });
    const { run } = await call('POST', 'runs/create', { experiment_id, run_name: 'ours' });
    const { run_id } = run.info;
    await call('POST', 'runs/set-tag', { run_id, key: 'k', value: 'v' });
    await call('POST', 'runs/set-tag', { run_id: before.info.run_id, key: 'k', value: 'v' });
    await drained();
    const asked = { experiment_ids: [experiment_id] };
    expect((await call('POST', 'runs/search', asked, rondo.url)).runs[0].info.run_id).toBe(run_id);
    // MLflow chooses its own ids, so it has the run under another one.
    expect((await call('POST', 'runs/search', asked, upstream.url)).runs[0].info.run_id).not.toBe(run_id);
    await proxy.close();
    proxy = await start();
    expect(proxy.report().primary).toBe('rondo');
    await proxy.switchTo('upstream', { force: true });
    await call('POST', 'runs/set-tag', { run_id, key: 'back', value: 'yes' });
    const { run: back } = await call('GET', `runs/get?run_id=${run_id}`);
    expect(back.info).toMatchObject({ run_id, run_name: 'ours' });
    expect(back.data.tags).toContainEqual({ key: 'back', value: 'yes' });
    await drained();
    const { run: there } = await call('GET', `runs/get?run_id=${run_id}`, undefined, rondo.url);
    expect(there.data.tags).toContainEqual({ key: 'back', value: 'yes' });
  });
});

describe('the proxy itself', () => {
  it('shows its report on this machine, and takes orders only from who can read its folder', async () => {
    const page = await fetch(`${proxy.url}/-/proxy`);
    expect(await page.text()).toContain('MLflow answers clients.');
    const report = await (await fetch(`${proxy.url}/-/proxy/report`)).json();
    expect(report).toMatchObject({ primary: 'upstream', waiting: 0 });
    expect((await fetch(`${proxy.url}/-/proxy/cutover?force`, { method: 'POST' })).status).toBe(404);
    const control = JSON.parse(readFileSync(join(folder, 'state', CONTROL_FILE), 'utf8'));
    const headers = { [SECRET_HEADER]: control.secret };
    const refused = await fetch(`${control.url}/-/proxy/cutover?back`, { method: 'POST', headers });
    expect(refused.status).toBe(409);
    await expect(start()).rejects.toThrow(/Another proxy/);
  });

  it('says 502 when MLflow is away and 504 when it does not answer', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const slow = await start({ folder: join(folder, 'slow'), upstream: url, timeoutMs: 200 });
    const late = await call('GET', 'runs/get?run_id=x', undefined, slow.url);
    expect(late).toMatchObject({ status: 504 });
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    const away = await call('POST', 'runs/create', {}, slow.url);
    expect(away.status).toBe(502);
    expect(JSON.parse(away.text)).toMatchObject({ error_code: 'TEMPORARILY_UNAVAILABLE' });
    expect(slow.report().waiting).toBe(0);
    await slow.close();
  });

  it('passes packed answers on as they are and compares what is in them', async () => {
    const text = JSON.stringify({ experiment: { experiment_id: '0', name: 'Other' } });
    const packed = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(text));
    });
    await new Promise<void>((resolve) => packed.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(packed.address() as AddressInfo).port}`;
    const other = await start({ folder: join(folder, 'packed'), upstream: url });
    expect(await call('GET', 'experiments/get?experiment_id=0', undefined, other.url)).toEqual(
      JSON.parse(text),
    );
    // A read is compared after its client has its answer.
    await expect
      .poll(() => other.report().examples.find(({ at }) => at === 'body.experiment.name')?.first)
      .toMatchObject({ mlflow: 'Other', rondo: 'Default' });
    await other.close();
    packed.close();
  });

  it('compares the bytes where one side calls text what is a file for the other', async () => {
    const plain = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end(MLFLOW_VERSION);
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const other = await start({ folder: join(folder, 'plain'), upstream: url });
    expect(await (await fetch(`${other.url}/version`)).text()).toBe(MLFLOW_VERSION);
    await expect.poll(() => (other.report().counts as Record<string, number>).known).toBe(1);
    expect(other.report().examples.map(({ at }) => at)).toEqual([
      'headers.content-type',
      'headers.x-content-type-options',
    ]);
    await other.close();
    plain.close();
  });
});
