import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../../../test/harness/server.ts';
import { API, wireOf } from '../../../test/harness/wire.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.end());

const { call, raw, newRun } = wireOf(() => server);

describe('requests that broke others', () => {
  const proxy = '/api/2.0/mlflow-artifacts/artifacts';

  it('answers a path with dots in it by no file of the machine', async () => {
    for (const path of [`${proxy}/../../../../etc/passwd`, `${proxy}/./../x`]) {
      const { status, text } = await raw('GET', path);
      expect([400, 404]).toContain(status);
      expect(text).not.toContain('root:');
    }
  });

  it('bounds names and keeps lookalikes apart', async () => {
    const create = (name: string) => call('POST', '/experiments/create', { name });
    expect((await create('x'.repeat(10_000_000))).status).toBe(400);
    expect((await create('nul\u0000')).status).toBe(400);
    expect((await create('a%2Fb')).status).toBe(200);
    expect((await create('a/b')).status).toBe(200);
    expect((await create('caf\u00e9')).status).toBe(200);
    expect((await create('cafe\u0301')).body.error_code).toBe('RESOURCE_ALREADY_EXISTS');
    const digits = await create('12345');
    const found = await call('GET', '/experiments/get-by-name?experiment_name=12345');
    expect(found.body.experiment.experiment_id).toBe(digits.body.experiment_id);
    expect((await call('GET', '/experiments/get?experiment_id=12345')).status).toBe(404);
  });

  it('keeps markup as text and names no type that a client chose', async () => {
    const run = await newRun();
    const html = '<script>alert(1)</script>';
    await call('POST', '/runs/set-tag', { run_id: run, key: 'x', value: html });
    const put = (type: string) =>
      raw('PUT', `${proxy}/0/${run}/artifacts/x.html`, html, { 'content-type': type });
    expect((await put('<script>')).text).not.toContain('<script>');
    expect((await put('text/html')).status).toBe(200);
    const file = await raw('GET', `/get-artifact?run_id=${run}&path=x.html`);
    expect(file.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(file.text).toBe(html);
    const { body, headers } = await call('GET', `/runs/get?run_id=${run}`);
    expect(body.run.data.tags).toContainEqual({ key: 'x', value: html });
    expect(headers.get('content-type')).toContain('application/json');
  });

  it('shows another project nothing', async () => {
    const run = await newRun();
    const headers = { 'x-mlflow-workspace': 'elsewhere' };
    const get = await raw('GET', `${API}/runs/get?run_id=${run}`, undefined, headers);
    expect(get.status).toBe(404);
    const file = await raw('GET', `${proxy}/0/${run}/artifacts/x`, undefined, headers);
    expect(file.status).toBe(404);
  });
});
