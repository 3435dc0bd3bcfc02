import { type ChildProcess, fork, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, gathered } from '../../test/harness/data-plane.ts';
import {
  type Bundle,
  bundleGateway,
  linearRoute,
  putModel,
  routeTable,
  temporaryFolder,
} from '../../test/harness/gateway.ts';
import { slowModel } from '../../test/harness/onnx.ts';
import { adoptOrSpawn, type GatewayControl } from '../domains/serving/gateway-client.ts';
import { recentLines } from '../domains/serving/gateway/recovery.ts';
import { type EndpointRoute, LogRecord } from '../domains/serving/schema/route.ts';
import { isAlive, identify } from '../lib/process-id.ts';

let bundle: Bundle;
const controls: GatewayControl[] = [];
beforeAll(async () => {
  bundle = await bundleGateway();
});
afterAll(async () => {
  for (const control of controls) await control.stop().catch(() => {});
  bundle.remove();
});

interface Place {
  folder: string;
  artifacts: string;
}
const newPlace = (): Place => {
  const folder = temporaryFolder('gateway');
  return { folder: join(folder, 'gateway'), artifacts: join(folder, 'artifacts') };
};
async function start(place: Place, port = 0): Promise<GatewayControl> {
  const control = await adoptOrSpawn(place.folder, {
    entry: bundle.entry,
    host: '127.0.0.1',
    port,
    artifacts: place.artifacts,
  });
  controls.push(control);
  return control;
}
const portOf = (control: GatewayControl) => Number(new URL(control.url()).port);
const ask = (port: number, row: number[], headers?: Record<string, string>) =>
  call(port, 'POST', '/endpoints/eta/invocations', { instances: [row] }, headers);
const logged = async (place: Place) =>
  (await gathered(recentLines(join(place.folder, 'log'), 1 << 28))).map((line) =>
    LogRecord.parse(JSON.parse(line)),
  );
const predictions = async (place: Place) =>
  (await logged(place)).flatMap((record) => (record.kind === 'prediction' ? [record] : []));
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('waited too long');
}

/** Clients on keep-alive connections that ask without a pause; `end` gives the ids that were answered and the failures. */
function clients(port: number, count: number): { end(): Promise<{ ids: string[]; failures: string[] }> } {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  let over = false;
  const ids: string[] = [];
  const failures: string[] = [];
  const body = JSON.stringify({ instances: [[1, 2]] });
  const one = () =>
    new Promise<void>((resolve) => {
      const headers = { 'content-type': 'application/json', 'content-length': String(body.length) };
      const request = httpRequest(
        { agent, port, host: '127.0.0.1', method: 'POST', path: '/endpoints/eta/invocations', headers },
        (response) => {
          response.resume();
          response.on('error', () => {});
          response.on('close', () => {
            if (response.statusCode === 200 && response.complete)
              ids.push(String(response.headers['x-rondo-prediction-id']));
            else failures.push(`status ${response.statusCode}`);
            resolve();
          });
        },
      );
      request.on('error', (error) => {
        failures.push(error.message);
        resolve();
      });
      request.end(body);
    });
  const all = Promise.all(
    Array.from({ length: count }, async () => {
      while (!over) await one();
    }),
  );
  return {
    async end() {
      over = true;
      await all;
      agent.destroy();
      return { ids, failures };
    },
  };
}

test('new versions and new workers take over under load without one failed request, and everything answered is in the log', async () => {
  const place = newPlace();
  const control = await start(place);
  const versions = [1, 2].map((w) =>
    linearRoute(place.artifacts, [{ weights: [w, w], id: w, version: String(w) }]),
  );
  await control.putRoutes(routeTable(1, versions[0] as EndpointRoute));
  const load = clients(portOf(control), 16);
  for (let i = 2; i <= 7; i++) {
    await control.putRoutes(routeTable(i, versions[(i + 1) % 2] as EndpointRoute));
    if (i % 2 === 0) await control.replace();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { ids, failures } = await load.end();
  expect(failures).toEqual([]);
  expect(ids.length).toBeGreaterThan(500);
  expect(new Set(ids.map((id) => id.split('.')[1]))).toEqual(new Set(['1', '2']));
  expect(new Set(ids.map((id) => id.split('.')[2])).size).toBe(4);
  const inLog = (await predictions(place)).map((record) => record.prediction_id);
  expect(new Set(inLog).size).toBe(inLog.length);
  expect(new Set(inLog)).toEqual(new Set(ids));
  expect((await control.status()).serving?.epoch).toBe(4);
  await control.stop();
});

test('kill -9 of the worker: only requests in flight fail, no answered prediction, feedback or key is lost', async () => {
  const place = newPlace();
  const control = await start(place);
  const port = portOf(control);
  await control.putRoutes(routeTable(1, linearRoute(place.artifacts, [{ weights: [2, 3] }])));
  await control.push({
    batch_id: 'b',
    project: 'default',
    view: 'v',
    version: 1,
    features: ['f'],
    keys: ['k'],
    event_times: [1],
    created_times: 2,
    values: [0.1],
  });
  const keyed = await ask(port, [1, 2], { 'idempotency-key': 'once' });
  const answered: string[] = [];
  for (let round = 0; round < 3; round++) {
    const before = (await control.status()).serving;
    const load = clients(port, 8);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const id = String((await ask(port, [1, 2])).headers['x-rondo-prediction-id']);
    expect(
      (await call(port, 'POST', '/api/v1/feedback', { feedback: [{ prediction_id: id, label: round }] }))
        .status,
    ).toBe(200);
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await until(async () => ((await control.status()).serving?.epoch ?? 0) > (before?.epoch ?? 0));
    const after = await ask(port, [1, 2]);
    expect(after.status).toBe(200);
    const { ids, failures } = await load.end();
    expect(failures.length).toBeLessThanOrEqual(8);
    answered.push(id, String(after.headers['x-rondo-prediction-id']), ...ids);
  }
  const status = await control.status();
  expect(status.restarts).toBe(3);
  expect(status.worker?.features).toMatchObject([{ view: 'v', version: 1, rows: 1 }]);
  const again = await ask(port, [1, 2], { 'idempotency-key': 'once' });
  expect(again.headers['x-rondo-prediction-id']).toBe(keyed.headers['x-rondo-prediction-id']);
  const records = await logged(place);
  const inLog = new Set(
    records.flatMap((record) => (record.kind === 'prediction' ? [record.prediction_id] : [])),
  );
  expect(answered.filter((id) => !inLog.has(id))).toEqual([]);
  expect(new Set(answered).size).toBe(answered.length);
  expect(records.flatMap((record) => (record.kind === 'feedback' ? [record.label] : []))).toEqual([0, 1, 2]);
  expect(
    records.flatMap((record) => (record.kind === 'gap' && record.reason === 'sequence' ? [record] : [])),
  ).toEqual([]);
  await control.stop();
});

test('the gateway outlives a killed server, takes feedback meanwhile, and the next server adopts it', async () => {
  const place = newPlace();
  const script = join(place.folder, '..', 'server.mjs');
  await build({
    entryPoints: ['src/domains/serving/gateway-client.ts'],
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  const runner = join(place.folder, '..', 'run.mjs');
  writeFileSync(
    runner,
    `import { adoptOrSpawn } from './server.mjs';
     const control = await adoptOrSpawn(process.argv[2], { entry: process.argv[3], host: '127.0.0.1', port: 0, artifacts: process.argv[4] });
     process.send({ url: control.url(), adopted: control.adopted, status: await control.status() });
     setInterval(() => {}, 1000);`,
  );
  const serverProcess = async (): Promise<{
    child: ChildProcess;
    said: { url: string; adopted: boolean; status: { pid: number } };
  }> => {
    const child = fork(runner, [place.folder, bundle.entry, place.artifacts]);
    const said = await new Promise<{ url: string; adopted: boolean; status: { pid: number } }>((resolve) =>
      child.once('message', (message) => resolve(message as never)),
    );
    return { child, said };
  };
  const first = await serverProcess();
  const control = await start(place);
  expect(control.adopted).toBe(true);
  await control.putRoutes(routeTable(1, linearRoute(place.artifacts, [{ weights: [2, 3] }])));
  first.child.kill('SIGKILL');
  await new Promise((resolve) => first.child.once('exit', resolve));
  const answer = await ask(portOf(control), [1, 2]);
  expect(answer.json.predictions).toEqual([8]);
  const feedback = { feedback: [{ prediction_id: answer.headers['x-rondo-prediction-id'], label: 7 }] };
  expect((await call(portOf(control), 'POST', '/api/v1/feedback', feedback)).status).toBe(200);
  const second = await serverProcess();
  expect(second.said).toMatchObject({
    adopted: true,
    url: first.said.url,
    status: { pid: first.said.status.pid },
  });
  second.child.kill('SIGKILL');
  process.kill(first.said.status.pid, 'SIGTERM');
  await until(() => identify(first.said.status.pid) === undefined);
  await expect(ask(portOf(control), [1, 2])).rejects.toThrow();
});

test('routes survive both processes; a table that cannot be served is neither applied nor stored', async () => {
  const place = newPlace();
  const control = await start(place);
  const route = linearRoute(place.artifacts, [{ weights: [2, 3] }]);
  await control.putRoutes(routeTable(3, route));
  const [deployment] = route.deployments as [EndpointRoute['deployments'][number]];
  const bad = {
    ...route,
    deployments: [
      {
        ...deployment,
        model: { ...deployment.model, digest: putModel(place.artifacts, Buffer.from('no model')) },
      },
    ],
  };
  await expect(control.putRoutes(routeTable(4, bad))).rejects.toMatchObject({
    status: 422,
    code: 'UNPROCESSABLE',
    hint: expect.any(String),
  });
  await expect(control.putRoutes(routeTable(2, route))).rejects.toMatchObject({ status: 409 });
  await expect(control.replace(join(place.folder, 'missing.js'))).rejects.toMatchObject({ status: 503 });
  const before = await control.status();
  for (const pid of [before.pid, before.serving?.pid ?? 0]) process.kill(pid, 'SIGKILL');
  await until(() => !isAlive(before));
  const next = await start(place, before.port);
  expect(next.adopted).toBe(false);
  const status = await next.status();
  expect(status.worker).toMatchObject({ revision: 3, unserved: [], endpoints: [{ name: 'eta' }] });
  expect(status.serving?.epoch).toBeGreaterThan(before.serving?.epoch ?? 0);
  expect((await ask(portOf(next), [1, 2])).json.predictions).toEqual([8]);
  await next.stop();
});

test('one endpoint whose model is gone does not keep the others from starting', async () => {
  const place = newPlace();
  const control = await start(place);
  const [eta, lost] = [
    linearRoute(place.artifacts, [{ weights: [2, 3] }]),
    linearRoute(place.artifacts, [{ weights: [5, 5] }], { name: 'lost' }),
  ];
  await control.putRoutes(routeTable(1, lost, eta));
  const digest = lost.deployments[0]?.model.digest as string;
  writeFileSync(join(place.artifacts, 'blobs', digest.slice(0, 2), digest), 'overwritten');
  const before = await control.status();
  process.kill(before.serving?.pid ?? 0, 'SIGKILL');
  await until(async () => (await control.status()).worker?.epoch === (before.serving?.epoch ?? 0) + 1);
  expect((await control.status()).worker?.unserved).toEqual(['lost']);
  expect((await ask(portOf(control), [1, 2])).status).toBe(200);
  await control.stop();
});

test('segments are sealed on request, named by digest, and forgotten when acknowledged', async () => {
  const place = newPlace();
  const control = await start(place);
  await control.putRoutes(routeTable(1, linearRoute(place.artifacts, [{ weights: [2, 3] }])));
  for (let i = 0; i < 5; i++) await ask(portOf(control), [i, i]);
  expect(await control.sealed()).toEqual([]);
  await control.seal();
  const [segment] = await control.sealed();
  expect(statSync(segment?.path as string).size).toBe(segment?.bytes);
  const lines = readFileSync(segment?.path as string, 'utf8')
    .trimEnd()
    .split('\n');
  expect(lines.filter((line) => line.startsWith('{"kind":"prediction"')).length).toBe(5);
  await control.acknowledge(segment?.digest as string);
  expect(await control.sealed()).toEqual([]);
  await control.stop();
});

test('a slow model runs in a thread of its own', async () => {
  const place = newPlace();
  const control = await start(place);
  const route = linearRoute(place.artifacts, [{ weights: [1, 1] }]);
  const [deployment] = route.deployments as [EndpointRoute['deployments'][number]];
  const slow = { ...deployment.model, digest: putModel(place.artifacts, slowModel()) };
  await control.putRoutes(routeTable(1, { ...route, deployments: [{ ...deployment, model: slow }] }));
  const status = await control.status();
  expect(status.worker?.endpoints[0]?.deployments[0]?.place).toBe('thread');
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(portOf(control), [512, 512])));
  for (const { json } of answers) expect(json.predictions[0]).toBeCloseTo(1, 3);
  await control.stop();
});

test('the folder admits one gateway and nobody else; a second one on a taken port says so', async () => {
  const place = newPlace();
  const control = await start(place);
  expect(statSync(place.folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(place.folder)).toContain('control.sock');
  const second = (folder: string) =>
    new Promise<{ code: number | null; text: string }>((resolve) => {
      const child = spawn(process.execPath, [
        bundle.entry,
        '--folder',
        folder,
        '--port',
        String(portOf(control)),
      ]);
      let text = '';
      child.stderr.on('data', (data: Buffer) => (text += data.toString()));
      child.on('close', (code) => resolve({ code, text }));
    });
  expect(await second(place.folder)).toEqual({ code: 1, text: expect.stringContaining('Another gateway') });
  expect(await second(newPlace().folder)).toEqual({ code: 1, text: expect.stringContaining('EADDRINUSE') });
  await control.stop();
});
