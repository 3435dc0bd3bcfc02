import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawRequest, type Tail } from '../../../test/harness/raw-request.ts';
import { testServer, type TestServer } from '../../../test/harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.end());

const raw = (...asked: Tail<typeof rawRequest>) => rawRequest(server.url, ...asked);
const API = '/api/2.0/mlflow';
const call = (method: string, path: string, body?: unknown, prefix = API) =>
  server.call(method, prefix + path, body, { anonymous: true });
const newRun = async (): Promise<string> => (await call('POST', '/runs/create', {})).body.run.info.run_id;
const blobs = () => {
  try {
    return readdirSync(join(server.data, 'artifacts', 'blobs'), { recursive: true }).length;
  } catch {
    return 0;
  }
};

describe('requests that broke others', () => {
  const proxy = '/api/2.0/mlflow-artifacts/artifacts';

  it.each([
    '%252e%252e%252f%252e%252e%252fetc%252fpasswd',
    '..%5c..%5cx',
    '%2e%2e%2fx',
    '%5c%5chost%5cs',
    'C:%2fx',
    '%2fetc%2fpasswd',
    '%2f%2fproc%2fself%2froot',
    'a%3b%2f..%2f..%2fetc',
    'a%23%2f..%2fx',
    'a%3f%2fa',
    'a%00b',
  ])('nothing is read, written or removed by %s', async (path) => {
    const before = blobs();
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status, text } = await raw(method, `${proxy}/${path}`, method === 'PUT' ? 'x' : undefined);
      expect([method, status]).toEqual([method, 400]);
      expect(text).not.toContain(server.data);
    }
    const run = await newRun();
    expect((await raw('GET', `/get-artifact?run_id=${run}&path=${path}`)).status).toBe(400);
    expect((await raw('GET', `${API}/artifacts/list?run_id=${run}&path=${path}`)).status).toBe(400);
    expect(blobs()).toBe(before);
  });

  it('answers a path with dots in it by no file of the machine', async () => {
    for (const path of [`${proxy}/../../../../etc/passwd`, `${proxy}/./../x`]) {
      const { status, text } = await raw('GET', path);
      expect([400, 404]).toContain(status);
      expect(text).not.toContain('root:');
    }
  });

  it.each([
    'file:///etc/',
    'FiLe:///etc',
    '/etc/passwd',
    'runs:/x/../../',
    'models:/m/../..',
    'http:/etc',
    's3:///..%2f..%2fx',
    'http://169.254.169.254/latest',
  ])('no version comes from %s, whatever its tags say', async (source) => {
    await call('POST', '/registered-models/create', { name: 'victim' });
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    for (const extra of [{}, { tags }, { run_id: await newRun() }]) {
      const { status, body } = await call('POST', '/model-versions/create', {
        name: 'victim',
        source,
        ...extra,
      });
      expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    }
    const { body } = await call('GET', "/model-versions/search?filter=name%3D'victim'");
    expect(body.model_versions).toEqual([]);
    const file = await raw('GET', '/model-versions/get-artifact?name=victim&version=1&path=passwd');
    expect(file.status).toBe(404);
  });

  it.each(['http://host#/../../etc/', 'http:///?/../../etc', 'x:;/../../etc', 'file:///etc'])(
    'no experiment lies at %s',
    async (artifact_location) => {
      const name = `at ${artifact_location}`;
      const { status } = await call('POST', '/experiments/create', { name, artifact_location });
      expect(status).toBe(400);
      const found = await call('GET', `/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`);
      expect(found.status).toBe(404);
    },
  );

  it('refuses a simple cross-site POST, and a foreign Host or Origin on every method', async () => {
    const body = '{"name":"csrf"}';
    const path = `${API}/experiments/create`;
    expect((await raw('POST', path, body, { 'content-type': 'text/plain' })).status).toBe(400);
    const json = { 'content-type': 'application/json' };
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await raw(method, path, body, { ...json, origin: 'http://evil.example' })).status).toBe(403);
      expect((await raw(method, path, body, { ...json, host: 'evil.example' })).status).toBe(403);
    }
    expect((await call('GET', '/experiments/get-by-name?experiment_name=csrf')).status).toBe(404);
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
