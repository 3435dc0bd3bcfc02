import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../../../test/harness/server.ts';
import { API, wireOf } from '../../../test/harness/wire.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.end());

const { call, raw, newRun } = wireOf(() => server);

describe('the wire', () => {
  it('serves both prefixes without a token, and numbers as numbers', async () => {
    for (const prefix of [API, '/ajax-api/2.0/mlflow']) {
      const { status, body } = await call('GET', '/experiments/get?experiment_id=0', undefined, prefix);
      expect(status).toBe(200);
      expect(body.experiment).toMatchObject({ name: 'Default', artifact_location: 'mlflow-artifacts:/0' });
      expect(body.experiment.creation_time).toBeTypeOf('number');
    }
  });

  it.each<[string, string, unknown, number, string, string]>([
    [
      'POST',
      '/experiments/create',
      {},
      400,
      'INVALID_PARAMETER_VALUE',
      "Missing value for required parameter 'name'. See the API docs for more information about request parameters.",
    ],
    [
      'POST',
      '/experiments/create',
      { name: 123 },
      400,
      'INVALID_PARAMETER_VALUE',
      "Invalid value 123 for parameter 'name' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters.",
    ],
    [
      'POST',
      '/experiments/create',
      { name: 'Default' },
      400,
      'RESOURCE_ALREADY_EXISTS',
      'Experiment(name=Default) already exists.',
    ],
    [
      'GET',
      '/experiments/get?experiment_id=99999',
      undefined,
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'No Experiment with id=99999 exists',
    ],
    [
      'GET',
      '/experiments/get?experiment_id=abc',
      undefined,
      400,
      'INVALID_PARAMETER_VALUE',
      "Invalid experiment ID 'abc'. Experiment ID must be a valid integer.",
    ],
    [
      'GET',
      '/experiments/get-by-name?experiment_name=no%20such',
      undefined,
      404,
      'RESOURCE_DOES_NOT_EXIST',
      "Could not find experiment with name 'no such'",
    ],
    [
      'GET',
      '/runs/get',
      undefined,
      400,
      'INVALID_PARAMETER_VALUE',
      "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
    ],
    ['GET', '/runs/get?run_id=nope', undefined, 404, 'RESOURCE_DOES_NOT_EXIST', 'Run with id=nope not found'],
    [
      'POST',
      '/runs/log-batch',
      { run_id: 'x', metrics: [{ key: 'z', timestamp: 1 }] },
      400,
      'INVALID_PARAMETER_VALUE',
      "Missing value for required parameter 'metrics[0].value'. See the API docs for more information about request parameters.",
    ],
    [
      'POST',
      '/runs/log-batch',
      { run_id: 'x', metrics: 'x' },
      400,
      'INVALID_PARAMETER_VALUE',
      "Invalid value \"x\" for parameter 'metrics' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters.",
    ],
    [
      'POST',
      '/runs/log-batch',
      { run_id: 'x', params: [{ key: 'a' }, { key: 'a' }] },
      400,
      'INVALID_PARAMETER_VALUE',
      "Duplicate parameter keys have been submitted: ['a']. Please ensure the request contains only one param value per param key.",
    ],
    [
      'POST',
      '/runs/log-batch',
      {
        run_id: 'x',
        metrics: Array.from({ length: 1001 }, (_, step) => ({ key: 'm', value: 1, timestamp: 1, step })),
      },
      400,
      'INVALID_PARAMETER_VALUE',
      'A batch logging request can contain at most 1000 metrics. Got 1001 metrics. Please split up metrics across multiple requests and try again.',
    ],
    [
      'POST',
      '/runs/log-metric',
      { run_id: 'x', key: 'a/../b', value: 1, timestamp: 1 },
      400,
      'INVALID_PARAMETER_VALUE',
      "Invalid value \"a/../b\" for parameter 'name' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to 'b'",
    ],
    [
      'POST',
      '/runs/log-parameter',
      { run_id: 'x', key: 'k'.repeat(251), value: 'v' },
      400,
      'INVALID_PARAMETER_VALUE',
      "'Param key' exceeds the maximum length of 250 characters",
    ],
    [
      'POST',
      '/runs/search',
      { experiment_ids: ['0'], max_results: 50001 },
      400,
      'INVALID_PARAMETER_VALUE',
      "Invalid value 50001 for parameter 'max_results' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters.",
    ],
    [
      'POST',
      '/runs/search',
      { experiment_ids: ['0'], max_results: 0 },
      400,
      'INVALID_PARAMETER_VALUE',
      "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer",
    ],
    [
      'POST',
      '/experiments/search-datasets',
      { experiment_ids: [] },
      400,
      'INVALID_PARAMETER_VALUE',
      'SearchDatasets request must specify at least one experiment_id.',
    ],
    [
      'GET',
      '/registered-models/alias?name=none&alias=x',
      undefined,
      404,
      'RESOURCE_DOES_NOT_EXIST',
      'Registered Model with name=none not found',
    ],
    [
      'GET',
      '/model-versions/get?name=m&version=x',
      undefined,
      400,
      'INVALID_PARAMETER_VALUE',
      "Parameter 'version' must be an integer, got 'x'.",
    ],
  ])('%s %s refuses in the words clients match', async (method, path, body, status, error_code, message) => {
    const answer = await call(method, path, body);
    expect(answer.body).toMatchObject({ error_code, message });
    expect(answer.body.error_class).toBe(
      error_code === 'RESOURCE_DOES_NOT_EXIST' ? 'RESOURCE_NOT_FOUND' : error_code,
    );
    expect(answer.body.sqlstate).toBe('KAM00');
    expect(answer.status).toBe(status);
  });

  it('takes what clients really send: numbers as text, null, NaN, empty bodies, JSON in JSON', async () => {
    const run_id = await newRun();
    const logged = await call('POST', '/runs/log-metric', {
      run_id,
      run_uuid: run_id,
      key: 'm',
      value: 'NaN',
      timestamp: '12',
      step: null,
      more: 'ignored',
    });
    expect([logged.status, logged.body]).toEqual([200, {}]);
    const { body } = await call('GET', `/metrics/get-history?run_uuid=${run_id}&metric_key=m&max_results=5`);
    expect(body.metrics).toEqual([{ key: 'm', value: 'NaN', timestamp: 12, step: 0 }]);
    const json = { 'content-type': 'application/json' };
    expect((await raw('POST', `${API}/runs/create`, '', json)).status).toBe(200);
    const twice = JSON.stringify(JSON.stringify({ name: 'twice' }));
    expect((await raw('POST', `${API}/experiments/create`, twice, json)).status).toBe(200);
    const literal = await call(
      'POST',
      '',
      { experiment_ids: ['0'] },
      '/api/2.0mlflow/experiments/search-datasets',
    );
    expect(literal.status).toBe(200);
    const info = await call('GET', '/server-info', undefined, '/api/3.0/mlflow');
    expect(info.body).toMatchObject({ store_type: 'SqlStore', workspaces_enabled: true });
  });

  it('takes the arguments of a GET from its body when it has no query, and the first of a parameter given twice', async () => {
    const run = await newRun();
    const json = { 'content-type': 'application/json' };
    const get = (path: string, body?: string) => raw('GET', `${API}/runs/get${path}`, body, json);
    expect((await get('', JSON.stringify({ run_id: run }))).text).toContain(run);
    expect((await get('', JSON.stringify(JSON.stringify({ run_id: run })))).text).toContain(run);
    expect((await get(`?run_id=${run}`, '{"run_id":"none"}')).text).toContain(run);
    expect((await get(`?run_id=${run}&run_id=none`)).text).toContain(run);
    expect((await get('', '{')).status).toBe(400);
    expect((await get('', JSON.stringify({ run_id: run, more: 'x'.repeat(1_000_000) }))).status).toBe(400);
    expect((await get('')).text).toContain("required parameter 'run_id'");
  });

  it('understands names of enums in lower case, and passes over those that it does not know', async () => {
    const run = await newRun();
    const update = async (status: unknown) =>
      (await call('POST', '/runs/update', { run_id: run, status })).body.run_info?.status;
    expect(await update('failed')).toBe('FAILED');
    expect(await update('DONE')).toBe('FAILED');
    expect(await update(3)).toBe('FINISHED');
    const search = { experiment_ids: ['0'], run_view_type: 'nonsense' };
    expect((await call('POST', '/runs/search', search)).status).toBe(200);
  });

  it('keeps what is said with a character in it that no database keeps, and refuses such a name', async () => {
    const run_id = await newRun();
    const value = 'a\u0000b\ud800c 😀';
    for (const path of ['log-parameter', 'set-tag'])
      expect((await call('POST', `/runs/${path}`, { run_id, key: 'k', value })).status).toBe(200);
    const { data } = (await call('GET', `/runs/get?run_id=${run_id}`)).body.run;
    for (const pairs of [data.params, data.tags])
      expect(pairs).toContainEqual({ key: 'k', value: 'a\ufffdb\ufffdc 😀' });
    for (const name of ['a\u0000', 'a\ud800']) {
      expect((await call('POST', '/experiments/create', { name })).status).toBe(400);
      expect((await call('POST', '/registered-models/create', { name })).status).toBe(400);
    }
  });

  it('takes a dataset whose profile is as long as one may be, and none that is longer', async () => {
    const run_id = await newRun();
    const log = (length: number) => {
      const dataset = { name: 'd', digest: String(length), source_type: 'local', source: '{}' };
      const datasets = [{ dataset: { ...dataset, profile: 'x'.repeat(length) } }];
      return call('POST', '/runs/log-inputs', { run_id, datasets });
    };
    expect((await log(16_777_215)).body).toEqual({});
    expect((await log(16_777_216)).body.message).toContain('exceeds the maximum length of 16777215');
  });

  it('leaves empty lists out, takes an empty page token for none, and says no outputs of a new run', async () => {
    const { body } = await call('POST', '/runs/create', {});
    expect(body.run).not.toHaveProperty('outputs');
    const { run_id } = body.run.info;
    const history = await call('GET', `/metrics/get-history?run_id=${run_id}&metric_key=never`);
    expect(history.body).toEqual({});
    const files = await call('GET', `/artifacts/list?run_id=${run_id}`);
    expect(Object.keys(files.body)).toEqual(['root_uri']);
    const found = await call('POST', '/runs/search', { experiment_ids: ['0'], page_token: '' });
    expect(found.status).toBe(200);
  });

  it('says that it takes no uploads in parts, so that clients send the file whole', async () => {
    const proxy = '/api/2.0/mlflow-artifacts';
    for (const step of ['create', 'complete', 'abort']) {
      const { status, body } = await call('POST', `/mpu/${step}/0/a`, { path: 'a', num_parts: 2 }, proxy);
      expect([status, body.error_code]).toEqual([501, 'NOT_IMPLEMENTED']);
    }
    expect((await call('GET', '/presigned/0/a', undefined, proxy)).status).toBe(501);
    const { run } = (await call('POST', '/runs/create', {})).body;
    for (const direction of ['upload', 'download']) {
      const asked = { run_id: run.info.run_id, path: 'a' };
      expect((await call('POST', `/artifacts/presigned-${direction}-url`, asked)).status).toBe(400);
    }
  });

  it('answers a route it does not have with an empty 404, so that clients fall back', async () => {
    for (const path of [
      '/api/3.0/mlflow/nothing',
      '/ajax-api/2.0/mlflow/gateway-proxy',
      '/ajax-api/2.0/mlflow/runs/create-promptlab-run',
    ]) {
      expect(await raw('GET', path)).toMatchObject({ status: 404, text: '' });
    }
  });

  it('uploads, lists, downloads and removes files', async () => {
    const run = await newRun();
    const proxy = '/api/2.0/mlflow-artifacts/artifacts';
    const put = await raw('PUT', `${proxy}/0/${run}/artifacts/deep/a%20b.txt`, 'hello', {
      'content-type': 'text/plain',
    });
    expect(put.status).toBe(200);
    expect((await raw('PUT', `${proxy}/0/${run}/artifacts/empty`, '')).status).toBe(200);
    const listed = await raw('GET', `${proxy}?path=0%2F${run}%2Fartifacts`);
    expect(JSON.parse(listed.text)).toEqual({
      files: [
        { path: 'deep', is_dir: true },
        { path: 'empty', is_dir: false, file_size: 0 },
      ],
    });
    const inRun = await call('GET', `/artifacts/list?run_id=${run}&path=deep`);
    expect(inRun.body).toEqual({
      root_uri: `mlflow-artifacts:/0/${run}/artifacts`,
      files: [{ path: 'deep/a b.txt', is_dir: false, file_size: 5 }],
    });
    const got = await raw('GET', `/get-artifact?run_id=${run}&path=deep/a%20b.txt`);
    expect([got.status, got.text]).toEqual([200, 'hello']);
    expect(got.headers).toMatchObject({
      'content-disposition': 'attachment; filename="a b.txt"',
      'x-content-type-options': 'nosniff',
    });
    const ajax = await raw(
      'POST',
      `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=ui.json`,
      '{}',
      {
        'content-type': 'application/json',
      },
    );
    expect(ajax.status).toBe(200);
    expect((await raw('DELETE', `${proxy}/0/${run}/artifacts/deep`)).status).toBe(200);
    expect((await raw('GET', `${proxy}/0/${run}/artifacts/deep/a%20b.txt`)).status).toBe(404);
  });
});
