import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from './harness/database.ts';
import { testServer, type TestServer } from './harness/server.ts';

const API = '/api/2.0/mlflow';
const RUN = 'ab'.repeat(16);

describe.each(ENGINES)('ids that another server has given, on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer(engine);
  });
  afterAll(() => server.end());

  const post = (path: string, body: object, id?: string, anonymous = false) =>
    server.call('POST', path.startsWith('/') ? path : `${API}/${path}`, body, {
      anonymous,
      ...(id === undefined ? {} : { headers: { 'x-rondo-given-id': id } }),
    });

  it('are what experiments get, and later ones go on behind them', async () => {
    expect((await post('experiments/create', { name: 'given' }, '41')).body).toEqual({ experiment_id: '41' });
    expect((await post('experiments/create', { name: 'next' })).body).toEqual({ experiment_id: '42' });
    expect((await post('experiments/create', { name: 'below' }, '7')).body).toEqual({ experiment_id: '7' });
    expect((await post('experiments/create', { name: 'then' })).body).toEqual({ experiment_id: '43' });
    const taken = await post('experiments/create', { name: 'other' }, '41');
    expect(taken).toMatchObject({ status: 400, body: { error_code: 'RESOURCE_ALREADY_EXISTS' } });
    const named = await post('experiments/create', { name: 'given' }, '50');
    expect(named).toMatchObject({ status: 400, body: { error_code: 'RESOURCE_ALREADY_EXISTS' } });
    expect((await post('experiments/create', { name: 'x' }, 'x')).status).toBe(400);
  });

  it('are what runs, logged models, traces and assessments get, once', async () => {
    const model = `m-${RUN}`;
    const trace = `tr-${RUN}`;
    const run = await post('runs/create', { experiment_id: '0' }, RUN);
    expect(run.body.run.info.run_id).toBe(RUN);
    expect(run.body.run.info.artifact_uri).toContain(RUN);
    const logged = await post('logged-models', { experiment_id: '0', name: 'm' }, model);
    expect(logged.body.model.info.model_id).toBe(model);
    const begun = await post('traces', { experiment_id: '0', timestamp_ms: 1 }, trace);
    expect(begun.body.trace_info.request_id).toBe(trace);
    const path = `/api/3.0/mlflow/traces/${trace}/assessments`;
    const body = { assessment: { assessment_name: 'ok', feedback: { value: true } } };
    expect((await post(path, body, 'a-1')).body.assessment.assessment_id).toBe('a-1');
    for (const [where, what, id] of [
      ['runs/create', { experiment_id: '0' }, RUN],
      ['logged-models', { experiment_id: '0', name: 'm' }, model],
      ['traces', { experiment_id: '0', timestamp_ms: 1 }, trace],
      [path, body, 'a-1'],
    ] as const) {
      const again = await post(where, what, id);
      expect(again, where).toMatchObject({ status: 400, body: { error_code: 'RESOURCE_ALREADY_EXISTS' } });
    }
    for (const where of ['runs/create', 'logged-models', 'traces'])
      expect((await post(where, { experiment_id: '0' }, '../x')).status, where).toBe(400);
  });

  it('are what versions get, and later ones go on behind them', async () => {
    await post('registered-models/create', { name: 'm' });
    const version = async (id?: string) => {
      const { body } = await post('model-versions/create', { name: 'm', source: 's3://bucket/m' }, id);
      return body.model_version?.version ?? body.error_code;
    };
    expect(await version('5')).toBe('5');
    expect(await version()).toBe('6');
    expect(await version('2')).toBe('2');
    expect(await version('5')).toBe('RESOURCE_ALREADY_EXISTS');
    expect(await version()).toBe('7');
  });

  it('are chosen by those who may operate there', async () => {
    const guest = await post('runs/create', { experiment_id: '0' }, 'cd'.repeat(16), true);
    expect(guest.status).toBe(401);
    await server.call('POST', '/api/v1/users', { name: 'logs', kind: 'service', role: 'editor' });
    const made = await server.call('POST', '/api/v1/users/logs/tokens', { label: 'logs' });
    const headers = { authorization: `Bearer ${made.body.secret}`, 'x-rondo-given-id': 'cd'.repeat(16) };
    const editor = await server.call('POST', `${API}/runs/create`, { experiment_id: '0' }, { headers });
    expect(editor.status).toBe(403);
    expect((await server.call('GET', `${API}/runs/get?run_id=${'cd'.repeat(16)}`)).status).toBe(404);
  });
});
