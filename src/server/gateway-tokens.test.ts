import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linearModel } from '../../test/harness/onnx.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { NewUser, systemActor } from '../domains/identity/schema.ts';
import { Rondo } from '../sdk/index.ts';

const root = systemActor('test');
const plain = { label: 'app', role: null, project: null, expires_at: null };

describe('a gateway off loopback', () => {
  let server: TestServer;
  let gateway: string;
  beforeAll(async () => {
    server = await testServer('sqlite', { host: '0.0.0.0' });
    const rondo = new Rondo({ url: server.url.replace('0.0.0.0', '127.0.0.1'), token: server.token });
    const run = await rondo.startRun({ experiment: 'e', name: 'r' });
    const { model_id } = await run.logModel({
      name: 'model',
      flavor: 'onnx',
      bytes: linearModel([2], 0),
      signature: { inputs: [{ name: 'x', type: 'float' }], outputs: [{ name: 'y', type: 'float' }] },
    });
    await run.end();
    await rondo.registerModel('late', { model_id, run_id: run.id });
    await rondo.serving.deploy({
      params: { endpoint: 'late' },
      body: { environment: 'dev', model: 'late', version: 1 } as never,
    });
    gateway = ((await rondo.server.getStatus({})).gateway ?? '').replace('0.0.0.0', '127.0.0.1');
    for (const project of ['default', 'other'])
      await server.call('PUT', `/api/v1/projects/${project}`, { project });
  });
  afterAll(() => server.end());

  const ask = async (token: string | undefined) => {
    const response = await fetch(`${gateway}/endpoints/late/invocations`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ dataframe_split: { columns: ['x'], data: [[1]] } }),
    });
    return response.status;
  };

  async function account(name: string, project: string): Promise<{ id: string; secret: string }> {
    const { identity } = server.domains;
    await identity.createUser(root, NewUser.parse({ name, kind: 'service' }));
    await identity.setMember(root, project, name, 'viewer');
    return identity.createServiceToken(root, name, plain);
  }

  it('hears of tokens, roles and revocations from the server', async () => {
    const { identity } = server.domains;
    expect(await ask(undefined)).toBe(401);
    expect(await ask(server.token)).toBe(200);
    const app = await account('app', 'default');
    const stranger = await account('stranger', 'other');
    await expect.poll(() => ask(app.secret), { timeout: 60_000 }).toBe(200);
    await expect.poll(() => ask(stranger.secret), { timeout: 60_000 }).toBe(404);
    await identity.setMember(root, 'default', 'app', 'none');
    await expect.poll(() => ask(app.secret), { timeout: 60_000 }).not.toBe(200);
    await identity.setMember(root, 'default', 'app', 'editor');
    await expect.poll(() => ask(app.secret), { timeout: 60_000 }).toBe(200);
    await identity.revokeToken(root, app.id);
    await expect.poll(() => ask(app.secret), { timeout: 60_000 }).toBe(401);
  }, 120_000);
});
