import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { readConfig } from './config.ts';

/** Raw request: fetch would not let a test choose Host and Sec-Fetch headers. */
function raw(url: string, method: string, headers: Record<string, string>): Promise<number> {
  const target = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: target.hostname, port: target.port, path: target.pathname, method, headers },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

describe('server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
  });
  afterAll(() => server.end());

  it('answers health, version, metrics and its description', async () => {
    expect((await server.call('GET', '/health')).body).toBe('OK');
    // MLflow's clients ask here which MLflow this is; what Rondo it is stands in the status.
    expect((await server.call('GET', '/version')).body).toBe('3.17.2');
    expect((await server.call('GET', '/api/v1/status')).body.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await server.call('GET', '/metrics')).body).toContain('process_cpu_seconds_total');
    const { body } = await server.call('GET', '/api/v1/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toContain('/api/v1/lineage');
  });

  it('answers unknown native routes with a JSON fault, unknown MLflow routes with nothing', async () => {
    const native = await server.call('GET', '/api/v1/nothing');
    expect(native).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    const mlflow = await server.call('POST', '/api/3.0/mlflow/nothing', {});
    expect(mlflow).toMatchObject({ status: 404, body: '' });
  });

  it('refuses foreign hosts and foreign origins on every method', async () => {
    const host = new URL(server.url).host;
    expect(await raw(`${server.url}/api/v1/me`, 'GET', { host: 'evil.example' })).toBe(403);
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      expect(
        await raw(`${server.url}/api/v1/me`, method, { host, origin: 'http://evil.example' }),
        method,
      ).toBe(403);
    }
    expect(await raw(`${server.url}/api/v1/me`, 'GET', { host, origin: `http://${host}` })).toBe(200);
    expect(await raw(`${server.url}/api/v1/me`, 'GET', { host, 'sec-fetch-site': 'cross-site' })).toBe(403);
  });

  it('knows who asks', async () => {
    expect((await server.call('GET', '/api/v1/me')).body).toMatchObject({
      name: 'start token',
      role: 'admin',
    });
    expect((await server.call('GET', '/api/v1/me', undefined, { anonymous: true })).body).toMatchObject({
      name: 'anonymous',
      may: ['public', 'view', 'track'],
    });
    const wrong = await server.call('GET', '/api/v1/me', undefined, {
      headers: { authorization: 'Bearer wrong' },
    });
    expect(wrong).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  });

  it('says which data folder or port is taken', async () => {
    await expect(testServer('sqlite', { data: server.data })).rejects.toMatchObject({ code: 'DATA_IN_USE' });
    const data = mkdtempSync(join(tmpdir(), 'rondo-server-'));
    const { port } = new URL(server.url);
    await expect(testServer('sqlite', { port, data })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    // Nothing of it goes on in this process: its database is closed.
    const open = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return []; // closed since it was listed
      }
    });
    expect(open.filter((file) => file.startsWith(data))).toEqual([]);
    rmSync(data, { recursive: true });
  });

  it('ends although somebody listens to its events', async () => {
    const listened = await testServer();
    const events = await fetch(`${listened.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${listened.token}` },
    });
    const reader = events.body?.getReader();
    await reader?.read();
    await listened.end();
    while (!(await reader?.read())?.done);
  });

  it('ends as soon as its last answer is out, on a connection that its client keeps', async () => {
    const asked = await testServer();
    const path = '/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/large.bin';
    const large = new Uint8Array(30_000_000);
    expect((await fetch(asked.url + path, { method: 'PUT', body: large })).status).toBe(200);
    const agent = new Agent({ keepAlive: true });
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(asked.url + path, { agent }, resolve)
        .on('error', reject)
        .end();
    });
    const ended = asked.end();
    await new Promise((resolve) => setTimeout(resolve, 200));
    let bytes = 0;
    for await (const chunk of answer) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(large.length);
    const began = Date.now();
    await ended;
    expect(Date.now() - began).toBeLessThan(5000);
    agent.destroy();
  });

  it('reports all faults of the settings at once', () => {
    expect(() => readConfig({}, { RONDO_PORT: 'x', RONDO_TOKEN: 'short' })).toThrow(
      /RONDO_PORT.*RONDO_TOKEN/,
    );
  });
});
