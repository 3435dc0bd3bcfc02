import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rawRequest, type RawRequest } from '../../test/harness/raw-request.ts';
import { quiet, recordsOf } from '../../test/harness/records.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';

const API = '/api/2.0/mlflow';
const PROXY = '/api/2.0/mlflow-artifacts';
const json = { 'content-type': 'application/json' };
/** What no answer may hold: a line of /etc/passwd, a place in the code, a statement. */
const INSIDE = /root:.*:0:0:|node_modules|\bat \w+ \(|\.[jt]s:\d+|rondo-server-|SQLITE|select .* from/i;
const MARK = join(tmpdir(), `rondo-unpickled-${process.pid}`);

/** Paths that leave their folder when some layer decodes, splits or joins them another way. */
const CLIMBING = [
  '..\\..\\x',
  'C:/x',
  '\\\\host\\s',
  '//proc/self/root',
  '/etc/passwd',
  '../../../../etc/passwd',
  'a/../../../etc/passwd',
  'a#/../../x',
  'a?/a',
  ';/../../etc',
  'a\u0000b',
];

describe('what broke MLflow', () => {
  let server: TestServer;
  let network: TestServer;
  let run: string;
  let model: string;
  beforeAll(async () => {
    server = await testServer();
    network = await testServer('sqlite', { host: '0.0.0.0' });
    const call = async (method: string, path: string, body: object) =>
      (await server.call(method, API + path, body)).body;
    run = (await call('POST', '/runs/create', {})).run.info.run_id;
    model = (await call('POST', '/logged-models', { experiment_id: '0', name: 'm' })).model.info.model_id;
    await put(`${PROXY}/artifacts/0/${run}/artifacts/kept.txt`, 'kept');
    await put(`${PROXY}/artifacts/0/models/${model}/artifacts/MLmodel`, 'flavors: {sklearn: {}}');
    await call('POST', '/registered-models/create', { name: 'victim' });
    const source = `models:/${model}`;
    await call('POST', '/model-versions/create', { name: 'victim', source, model_id: model });
    for (const each of [server, network]) {
      const headers = { authorization: `Bearer ${each.token}` };
      const gateway = async () =>
        (await each.call('GET', '/api/v1/status', undefined, { headers })).body.gateway;
      await vi.waitFor(async () => expect(await gateway()).not.toBeNull(), { timeout: 60_000 });
      await quiet(each, 'default');
    }
  });
  afterAll(async () => {
    await server.end();
    await network.end();
  });

  const put = async (path: string, body: string) =>
    expect((await rawRequest(server.url, { method: 'PUT', path, body })).status).toBe(200);
  const filesOf = (of: TestServer) =>
    readdirSync(of.data, { recursive: true })
      .map(String)
      .filter((name) => !/-(wal|shm)$/.test(name))
      .sort();
  const everything = async (of: TestServer) => [await recordsOf(of), filesOf(of)];

  /** Asks, and expects one of the statuses, nothing of the inside in the answer, and nothing changed. */
  async function refuses(sent: RawRequest, wanted: readonly number[], of = server): Promise<string> {
    const before = await everything(of);
    const { status, text } = await rawRequest(of.url, sent);
    const where = `${sent.method ?? 'GET'} ${sent.path.slice(0, 200)}: ${status} ${text.slice(0, 200)}`;
    expect(wanted, where).toContain(status);
    expect(text, where).not.toMatch(INSIDE);
    expect(await everything(of), where).toEqual(before);
    return text;
  }
  const post = (path: string, body: object): RawRequest => ({
    method: 'POST',
    path: API + path,
    headers: json,
    body: JSON.stringify(body),
  });

  describe.each(CLIMBING)('CVE-2023-2780, 2024-1560, 2024-1593, 2023-6015 with the path %j', (path) => {
    // Written once encoded, and once more so that a second decoding would bring it back.
    const once = encodeURIComponent(path);
    const spellings = [once, encodeURIComponent(once), once.replaceAll('.', '%2e')];

    it('is nothing to read, write or remove by the proxy', async () => {
      for (const spelling of spellings) {
        for (const method of ['GET', 'PUT', 'DELETE'])
          await refuses(
            {
              method,
              path: `${PROXY}/artifacts/${spelling}`,
              ...(method === 'PUT' ? { body: 'x' } : {}),
            },
            [400],
          );
        await refuses({ path: `${PROXY}/artifacts?path=${spelling}` }, [400]);
        await refuses({ path: `${PROXY}/presigned/${spelling}` }, [400, 501]);
        for (const step of ['create', 'complete', 'abort'])
          await refuses(
            {
              method: 'POST',
              path: `${PROXY}/mpu/${step}/${spelling}`,
              headers: json,
              body: JSON.stringify({ path, num_parts: 1, upload_id: 'u', parts: [] }),
            },
            [400, 501],
          );
      }
    });

    it('is nothing of a run, a model or a version', async () => {
      for (const spelling of spellings) {
        for (const address of [
          `/get-artifact?run_id=${run}&path=${spelling}`,
          `/get-artifact?run_uuid=${run}&path=${spelling}`,
          `/model-versions/get-artifact?name=victim&version=1&path=${spelling}`,
          `${API}/artifacts/list?run_id=${run}&path=${spelling}`,
          `/ajax-api/2.0/mlflow/logged-models/${model}/artifacts/files?artifact_file_path=${spelling}`,
          `${API}/logged-models/${model}/artifacts/directories?artifact_directory_path=${spelling}`,
        ])
          await refuses({ path: address }, [400]);
        await refuses(
          {
            method: 'POST',
            path: `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=${spelling}`,
            headers: { 'content-type': 'application/octet-stream' },
            body: 'x',
          },
          [400],
        );
      }
      for (const direction of ['upload', 'download'])
        await refuses(post(`/artifacts/presigned-${direction}-url`, { run_id: run, path }), [400]);
    });
  });

  it.each([
    'file:///etc/',
    'FiLe:///etc/',
    'file:/etc',
    '/etc/passwd',
    'C:\\windows',
    'runs:/x/../../',
    'models:/m/../..',
    'Models:/m/1',
    'http:/etc',
    'http:///etc',
    'https://169.254.169.254/latest',
    's3:///..%2f..%2fx',
    's3://b/%2e%2e/%2e%2e/x',
    's3://b/x;/../../etc',
    'mlflow-artifacts:/../../etc',
    'mlflow-artifacts:/%252e%252e/x',
  ])(
    'CVE-2023-1177, 2025-11201, 2026-2614: no version comes from %s, whatever its tags say',
    async (source) => {
      const tags = (key: string) => [{ key, value: 'true' }];
      for (const more of [
        {},
        { run_id: run },
        { model_id: model },
        { tags: tags('mlflow.prompt.is_prompt') },
        { tags: tags('mlflow%2Eprompt%2Eis_prompt') },
        {
          run_id: run,
          tags: [...tags('mlflow.prompt.is_prompt'), { key: 'mlflow.prompt.text', value: 'x' }],
        },
      ])
        await refuses(post('/model-versions/create', { name: 'victim', source, ...more }), [400]);
      for (const path of ['passwd', 'etc/passwd'])
        await refuses({ path: `/model-versions/get-artifact?name=victim&version=2&path=${path}` }, [404]);
    },
  );

  it.each([
    'http://host#/../../etc/',
    'http:///?/../../etc/',
    'mlflow-artifacts://host#/../../etc/',
    'mlflow-artifacts:///?/../../etc/',
    's3://b/x;/../../etc',
    's3://b/x#y',
    'file:///etc',
    '/etc',
  ])('CVE-2024-3848: no experiment lies at %s', async (artifact_location) => {
    await refuses(post('/experiments/create', { name: 'planted', artifact_location }), [400]);
  });

  it('CVE-2023-43472, 2025-14279: a page of another site reads and writes nothing', async () => {
    const body = '{"name":"planted"}';
    const create = { path: `${API}/experiments/create`, body };
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      await refuses({ ...create, method: 'POST', headers: { 'content-type': type } }, [400]);
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
      for (const [name, value] of [
        ['host', 'evil.example'],
        ['origin', 'http://evil.example'],
        ['origin', 'null'],
      ] as const)
        for (const path of [`${API}/experiments/create`, `${PROXY}/artifacts/x`, '/graphql', '/v1/traces'])
          await refuses({ method, path, headers: { ...json, [name]: value }, body }, [403]);
  });

  it('CVE-2023-6014, 2025-1473: nobody makes or becomes a user', async () => {
    const body = JSON.stringify({ username: 'eve', password: '' });
    for (const path of [`${API}/users/create`, `${API}/users/create-ui`, '/signup'])
      for (const method of ['GET', 'POST'])
        for (const type of ['application/json', 'application/x-www-form-urlencoded'])
          await refuses(
            { method, path, headers: { 'content-type': type }, ...(method === 'GET' ? {} : { body }) },
            [401],
            network,
          );
  });

  it('CVE-2024-27132: markup is text in every answer, and is never sent as a page', async () => {
    const html = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    const word = 'b<b>b';
    await server.call('POST', `${API}/experiments/create`, { name: html });
    const made = await server.call('POST', `${API}/runs/create`, { run_name: html, user_id: html });
    const { run_id } = made.body.run.info;
    const dataset = { name: html, digest: '1', source_type: html, source: html, schema: html, profile: html };
    await server.call('POST', `${API}/runs/log-inputs`, { run_id, datasets: [{ dataset }] });
    await server.call('POST', `${API}/runs/set-tag`, { run_id, key: 'mlflow.note.content', value: html });
    await server.call('POST', `${API}/runs/log-parameter`, { run_id, key: 'p', value: html });
    await server.call('POST', `${API}/registered-models/create`, { name: word, description: html });
    await put(`${PROXY}/artifacts/0/${run_id}/artifacts/MLmodel`, `flavors: {"${html}": {}}`);
    for (const path of [
      `${API}/experiments/search?max_results=10`,
      `${API}/runs/get?run_id=${run_id}`,
      `${API}/registered-models/search`,
      `/api/v1/projects/default/activity`,
      `/get-artifact?run_id=${run_id}&path=MLmodel`,
      `${API}/runs/get?run_id=${encodeURIComponent(html)}`,
      `/${encodeURIComponent(html)}`,
    ]) {
      const { headers } = await rawRequest(server.url, { path });
      expect(headers['content-type'] ?? '', path).not.toContain('html');
      expect(headers['x-content-type-options'], path).toBe('nosniff');
    }
    const { body } = await server.call('GET', `${API}/runs/get?run_id=${run_id}`);
    expect(body.run.inputs.dataset_inputs[0].dataset).toEqual(dataset);
    for (const type of ['<script>alert(1)</script>', 'text/html<script>']) {
      const sent = { method: 'POST', path: `${API}/experiments/create`, headers: { 'content-type': type } };
      expect(await refuses({ ...sent, body: '{"name":"planted"}' }, [400])).not.toContain('script');
    }
  });

  it('CVE-2023-6974, 2025-52967: no gateway fetches what a caller names', async () => {
    for (const gateway_path of ['http://169.254.169.254/latest/', '//evil.example/', 'api/2.0/../../x']) {
      const sent = { headers: json, body: JSON.stringify({ gateway_path, request_type: 'GET' }) };
      for (const path of [
        '/ajax-api/2.0/mlflow/gateway-proxy',
        `/gateway/${encodeURIComponent(gateway_path)}`,
      ])
        for (const method of ['GET', 'POST']) await refuses({ method, path, ...sent }, [400, 404]);
    }
  });

  it('CVE-2024-0520: a file is named by its address, not by a header', async () => {
    const path = `${PROXY}/artifacts/0/${run}/artifacts/named.txt`;
    for (const name of ['../../planted', '/etc/planted', '..\\planted']) {
      const headers = { 'content-disposition': `attachment; filename="${name}"` };
      expect((await rawRequest(server.url, { method: 'PUT', path, headers, body: 'x' })).status).toBe(200);
    }
    const { files } = (await server.call('GET', `${API}/artifacts/list?run_id=${run}`)).body;
    expect(files.map((file: { path: string }) => file.path)).toEqual(['kept.txt', 'named.txt']);
    const { headers } = await rawRequest(server.url, { path: `/get-artifact?run_id=${run}&path=named.txt` });
    expect(headers['content-disposition']).toContain('named.txt');
    expect(filesOf(server).filter((name) => name.includes('planted'))).toEqual([]);
  });

  it('CVE-2024-3099: no two models are of one name, and none of a name that cannot be seen', async () => {
    const create = async (name: string) =>
      (await server.call('POST', `${API}/registered-models/create`, { name })).body;
    for (const name of ['nul\u0000', 'line\n', 'a/b', 'a:b', '..'])
      expect(await create(name), name).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    expect((await create('a%2Fb')).registered_model.name).toBe('a%2Fb');
    expect((await create('caf\u00e9')).registered_model.name).toBe('caf\u00e9');
    expect(await create('cafe\u0301')).toMatchObject({ error_code: 'RESOURCE_ALREADY_EXISTS' });
    const read = await rawRequest(server.url, { path: `${API}/registered-models/get?name=a%252Fb` });
    expect(JSON.parse(read.text).registered_model.name).toBe('a%2Fb');
  });

  it('CVE-2024-6838: a name and a place of 10 MB are refused', async () => {
    const name = 'x'.repeat(10_000_000);
    await refuses(post('/experiments/create', { name }), [400]);
    await refuses(post('/experiments/create', { name: 'x', artifact_location: `s3://b/${name}` }), [400]);
    await refuses(post('/registered-models/create', { name }), [400]);
    await refuses(post('/runs/create', { run_name: name }), [400]);
    await refuses(post('/logged-models', { experiment_id: '0', name }), [400]);
  });

  it('CVE-2025-0453: 1000 aliases and deep nesting cost nothing', async () => {
    const aliases = Array.from({ length: 1000 }, (_, at) => `a${at}: name`).join(' ');
    const roots = Array.from(
      { length: 1000 },
      (_, at) => `r${at}: mlflowGetExperiment(input: {experimentId: "0"}) { experiment { name } }`,
    ).join(' ');
    const queries = [
      `{ mlflowGetExperiment(input: {experimentId: "0"}) { experiment { ${aliases} } } }`,
      `{ ${roots} }`,
      `${'{ a '.repeat(1000)}${'}'.repeat(1000)}`,
    ];
    // MLflow answers 200 and says in `errors` what it did not do.
    for (const query of queries) {
      const sent = { method: 'POST', path: '/graphql', headers: json, body: JSON.stringify({ query }) };
      expect(JSON.parse(await refuses(sent, [200, 400]))).toMatchObject({ data: null });
    }
    const batch = JSON.stringify(Array.from({ length: 1000 }, () => ({ query: '{ __typename }' })));
    await refuses({ method: 'POST', path: '/graphql', headers: json, body: batch }, [400]);
  });

  it('CVE-2024-37052: a pickle and a line of requirements are bytes, whoever registers them', async () => {
    const { body } = await server.call('POST', `${API}/logged-models`, { experiment_id: '0', name: 'evil' });
    const { model_id } = body.model.info;
    const pickle = `cposix\nsystem\n(S'touch ${MARK}'\ntR.`;
    const files = {
      MLmodel: 'flavors: {sklearn: {pickled_model: model.pkl}, python_function: {loader_module: os}}',
      'model.pkl': pickle,
      'requirements.txt': `scikit-learn; touch ${MARK}\n\`touch ${MARK}\`\n$(touch ${MARK})`,
      'conda.yaml': `!!python/object/apply:os.system ["touch ${MARK}"]`,
    };
    for (const [name, text] of Object.entries(files))
      await put(`${PROXY}/artifacts/0/models/${model_id}/artifacts/${name}`, text);
    await server.call('POST', `${API}/registered-models/create`, { name: 'evil' });
    const source = `models:/${model_id}`;
    const made = await server.call('POST', `${API}/model-versions/create`, {
      name: 'evil',
      source,
      model_id,
    });
    expect(made.status).toBe(200);
    const read = `/model-versions/get-artifact?name=evil&version=1&path=model.pkl`;
    expect((await rawRequest(server.url, { path: read })).text).toBe(pickle);
    await quiet(server, 'default');
    expect(existsSync(MARK)).toBe(false);
  });
});
