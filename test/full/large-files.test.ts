import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { trackingContract } from '../../src/domains/tracking/contract.ts';
import { createClient } from '../../src/lib/contract/index.ts';
import { endGateway, residentBytes, type ServerProcess, serverProcess } from '../harness/process.ts';

const TWO_GB = 2_000_000_000;
const MOST_GROWTH = 150_000_000;
const CLIENT_BYTES = 400_000_000;

const data = mkdtempSync(join(tmpdir(), 'rondo-large-'));
let server: ServerProcess;
let run: string;

beforeAll(async () => {
  server = await serverProcess(data);
  run = (await ask('/runs/create', {})).run.info.run_id;
});
afterAll(async () => {
  await server?.stop();
  await endGateway(data);
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
});

async function post(path: string, body: object | string) {
  return fetch(`${server.url}/api/2.0/mlflow${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
const ask = async (path: string, body: object) => (await post(path, body)).json();
const address = (name: string) =>
  `${server.url}/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/${name}`;
const filesOf = async () =>
  (await (await fetch(`${server.url}/api/2.0/mlflow/artifacts/list?run_id=${run}`)).json()).files ?? [];
/** Files in the artifact store, finished or not. */
const stored = () =>
  readdirSync(join(data, 'artifacts'), { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  ).length;

/** How far the memory of a process, the server's when left out, grows over what it had, while `body` runs. */
async function growth(body: () => Promise<unknown>, pid = server.pid): Promise<number> {
  const before = residentBytes(pid);
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, residentBytes(pid))), 50);
  await body().finally(() => clearInterval(watch));
  return peak - before;
}

function* zeros(bytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(1_000_000);
  for (let sent = 0; sent < bytes; sent += piece.length) yield piece;
}

it('takes 2 GB and gives them back without growing memory', async () => {
  const up = await growth(async () => {
    const body = Readable.toWeb(Readable.from(zeros(TWO_GB)));
    const answer = await fetch(address('big.bin'), { method: 'PUT', body, duplex: 'half' } as never);
    expect(answer.status).toBe(200);
  });
  expect(await filesOf()).toEqual([{ path: 'big.bin', is_dir: false, file_size: TWO_GB }]);
  let bytes = 0;
  const down = await growth(async () => {
    const answer = await fetch(address('big.bin'));
    for await (const chunk of answer.body as never as AsyncIterable<Uint8Array>) bytes += chunk.length;
  });
  expect(bytes).toBe(TWO_GB);
  expect(Math.max(up, down)).toBeLessThan(MOST_GROWTH);
});

it('sends what our client is given piece by piece without holding it', async () => {
  const client = createClient(trackingContract, { url: server.url, token: server.token });
  const params = { '*': `0/${run}/artifacts/sent.bin` };
  const send = (bytes: number) =>
    client.uploadArtifact({ params }, { stream: Readable.from(zeros(bytes)) as never });
  // What is loaded with the first request is no growth.
  await send(1_000_000);
  const grown = await growth(() => send(CLIENT_BYTES), process.pid);
  expect(await filesOf()).toContainEqual({ path: 'sent.bin', is_dir: false, file_size: CLIENT_BYTES });
  expect(grown).toBeLessThan(CLIENT_BYTES / 2);
});

it('keeps nothing of an upload that is cut in the middle', async () => {
  const before = [await filesOf(), stored()];
  await new Promise<void>((resolve) => {
    const sending = request(address('cut.bin'), { method: 'PUT', headers: { 'content-length': 50_000_000 } });
    sending.once('error', () => resolve());
    sending.write(Buffer.alloc(20_000_000, randomUUID()), () =>
      sending.destroy(new Error('The line is cut.')),
    );
  });
  await expect.poll(async () => [await filesOf(), stored()]).toEqual(before);
});

it('refuses a log-batch of 10 MB with what it may hold, and goes on', async () => {
  const value = 'x'.repeat(9_900);
  const tags = Array.from({ length: 1000 }, (_, index) => ({ key: `t${index}`, value }));
  const grown = await growth(async () => {
    for (let time = 0; time < 5; time++) {
      const answer = await post('/runs/log-batch', { run_id: run, tags });
      expect([400, 413]).toContain(answer.status);
      const { error_code, message } = (await answer.json()) as { error_code: string; message: string };
      expect(error_code).toMatch(/INVALID_PARAMETER_VALUE|REQUEST_LIMIT_EXCEEDED|BAD_REQUEST/);
      expect(message).toMatch(/\d/);
    }
  });
  expect(grown).toBeLessThan(MOST_GROWTH);
  const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: 'm', value: step, timestamp: 1, step }));
  expect((await post('/runs/log-batch', { run_id: run, metrics })).status).toBe(200);
});
