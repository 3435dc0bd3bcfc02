import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { endGateway, type ServerProcess, serverProcess } from './harness/process.ts';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'rondo-webhook-kill-'));
const env = { RONDO_WEBHOOK_ALLOW: '127.0.0.1' };
const heard: { id: string; text: string; answer: ServerResponse }[] = [];
const receiver = createServer((request, answer) => {
  let text = '';
  request.on('data', (part: Buffer) => (text += part.toString()));
  request.on('end', () => heard.push({ id: String(request.headers['x-mlflow-delivery-id']), text, answer }));
});
let server: ServerProcess | undefined;
let address: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in`;
  server = await serverProcess(data, { env });
});
afterAll(async () => {
  await server?.stop();
  await endGateway(data);
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
});

async function call(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${server?.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server?.token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return answer.json() as Promise<any>; // oxlint-disable-line typescript/no-explicit-any
}
async function until<T>(read: () => T | Promise<T | undefined> | undefined): Promise<T> {
  for (;;) {
    const found = await read();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const rondo = async (...args: string[]) => {
  const flags = ['--url', server?.url ?? '', '--token', server?.token ?? ''];
  return (await promisify(execFile)(process.execPath, [cli, ...flags, ...args])).stdout;
};

it('delivers what was committed before the server was killed, under the same id', async () => {
  const { webhook } = await call('POST', '/api/2.0/mlflow/webhooks', {
    name: 'ci',
    url: address,
    events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }],
  });
  await call('POST', '/api/2.0/mlflow/registered-models/create', { name: 'kept' });
  const first = await until(() => heard[0]);
  await server?.kill();
  await endGateway(data);
  server = await serverProcess(data, { env });
  const second = await until(() => heard[1]);
  expect({ id: second.id, text: second.text }).toEqual({ id: first.id, text: first.text });
  expect(JSON.parse(second.text)).toMatchObject({ entity: 'registered_model', data: { name: 'kept' } });
  second.answer.end('heard');
  const path = `/api/v1/projects/default/webhooks/${webhook.webhook_id}/deliveries`;
  const done = await until(async () => {
    const [delivery] = (await call('GET', path)).deliveries as { state: string }[];
    return delivery?.state === 'delivered' ? delivery : undefined;
  });
  expect(done).toMatchObject({ id: first.id, status: 200 });
  expect(heard).toHaveLength(2);

  expect(await rondo('webhooks', 'list')).toContain('registered_model.created');
  expect(await rondo('webhooks', 'deliveries', webhook.webhook_id)).toContain('delivered');
  const tested = rondo('webhooks', 'test', webhook.webhook_id);
  (await until(() => heard[2])).answer.end();
  expect(await tested).toContain('The receiver answered 200.');
  const refused = rondo('webhooks', 'test', webhook.webhook_id);
  const third = await until(() => heard[3]);
  third.answer.statusCode = 500;
  third.answer.end();
  await expect(refused).rejects.toMatchObject({ code: 1 });
});
