import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../test/harness/database.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { NewUser, systemActor } from '../domains/identity/schema.ts';

const PASSWORD = 'correct horse battery';
const root = systemActor('test');

describe.each(ENGINES)('workspaces on %s', (engine) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer(engine, { host: '0.0.0.0' });
    server.url = server.url.replace('0.0.0.0', '127.0.0.1');
  });
  afterAll(() => server.end());

  const path = (name = '') => `/api/3.0/mlflow/workspaces${name && `/${name}`}`;
  const call = (method: string, name = '', body?: unknown, headers = {}) =>
    server.call(method, path(name), body, { headers });
  const refused = (
    answer: { status: number; body: unknown },
    status: number,
    code: string,
    message: string,
  ) =>
    expect(answer).toMatchObject({
      status,
      body: { error_code: code, message: expect.stringContaining(message) as unknown },
    });

  it('are projects', async () => {
    expect((await call('GET')).body).toEqual({
      workspaces: [{ name: 'default', description: 'Default workspace for legacy resources' }],
    });
    const made = await call('POST', '', { name: 'team-a', description: 'ours' });
    expect(made).toMatchObject({ status: 201, body: { workspace: { name: 'team-a', description: 'ours' } } });
    expect((await server.call('GET', '/api/v1/projects/team-a')).body).toMatchObject({
      name: 'team-a',
      description: 'ours',
    });
    await server.call('PUT', '/api/v1/projects/team-b', { project: 'team-b', title: 'Team B' });
    expect((await call('GET', 'team-b')).body).toEqual({ workspace: { name: 'team-b' } });
    expect((await call('PATCH', 'team-b', { description: 'said' })).body.workspace.description).toBe('said');
    expect((await server.call('GET', '/api/v1/projects/team-b')).body.title).toBe('Team B');
    expect((await server.call('GET', '/ajax-api/3.0/mlflow/workspaces')).body.workspaces).toHaveLength(3);
    expect((await server.call('GET', '/api/2.0/mlflow/workspaces')).status).toBe(404);
  });

  it('are refused in the words of MLflow', async () => {
    const bad = 'INVALID_PARAMETER_VALUE';
    refused(await call('POST', '', {}), 400, bad, "Missing value for required parameter 'name'.");
    refused(await call('POST', '', { name: 'A' }), 400, bad, 'must be between 2 and 63 characters.');
    refused(await call('POST', '', { name: 'Aa' }), 400, bad, 'must match the pattern');
    refused(await call('POST', '', { name: 'api' }), 400, bad, "'api' is reserved and cannot be used.");
    refused(await call('POST', '', { name: 'default' }), 400, bad, 'is reserved and cannot be created');
    refused(await call('POST', '', { name: 'team-a' }), 400, 'RESOURCE_ALREADY_EXISTS', 'already exists.');
    refused(await call('GET', 'nope'), 404, 'RESOURCE_DOES_NOT_EXIST', "Workspace 'nope' not found");
    refused(await call('PATCH', 'team-a', {}), 400, bad, 'Workspace update must have at least one key');
    refused(await call('DELETE', 'default'), 400, bad, 'is reserved and cannot be deleted');
    refused(
      await call('DELETE', 'team-a?mode=NOPE'),
      400,
      bad,
      "Invalid deletion mode 'NOPE'. Must be one of: SET_DEFAULT, CASCADE, RESTRICT",
    );
    refused(
      await call('POST', '', { name: 'rooted', default_artifact_root: 's3://b/x' }),
      400,
      bad,
      'no artifact root of its own',
    );
  });

  it('are removed when nothing is left in them', async () => {
    const inside = { headers: { 'x-mlflow-workspace': 'team-a' } };
    const mlflow = (method: string, what: string, body: unknown) =>
      server.call(method, `/api/2.0/mlflow/${what}`, body, inside);
    expect((await mlflow('POST', 'registered-models/create', { name: 'm' })).status).toBe(200);
    for (const mode of ['', '?mode=RESTRICT', '?mode=CASCADE', '?mode=SET_DEFAULT'])
      refused(
        await call('DELETE', `team-a${mode}`),
        400,
        'INVALID_STATE',
        "Cannot delete workspace 'team-a': table 'registered_models' still contains 1 resource(s).",
      );
    expect((await mlflow('DELETE', 'registered-models/delete', { name: 'm' })).status).toBe(200);
    expect((await call('DELETE', 'team-a')).status).toBe(204);
    expect((await call('GET', 'team-a')).status).toBe(404);
    expect((await call('POST', '', { name: 'team-a' })).status).toBe(201);
  });

  it('are shown to those who may see them, and made by those who may', async () => {
    const { identity } = server.domains;
    await identity.createUser(root, NewUser.parse({ name: 'ana', password: PASSWORD }));
    await identity.setMember(root, 'team-b', 'ana', 'operator');
    const { secret } = await identity.signIn('ana', PASSWORD, 'here');
    const hers = { authorization: `Bearer ${secret}` };
    expect(
      (await call('GET', '', undefined, hers)).body.workspaces.map((w: { name: string }) => w.name),
    ).toEqual(['team-b']);
    expect((await call('GET', 'team-a', undefined, hers)).status).toBe(403);
    expect((await call('PATCH', 'team-b', { description: 'hers' }, hers)).status).toBe(200);
    const forbidden = await call('POST', '', { name: 'team-c' }, hers);
    refused(forbidden, 403, 'PERMISSION_DENIED', 'Needs the role operator');
    expect((await call('DELETE', 'team-b', undefined, hers)).status).toBe(403);
  });
});
