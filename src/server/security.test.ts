import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { rawRequest, type RawAnswer, type RawRequest } from '../../test/harness/raw-request.ts';
import { quiet, recordsOf } from '../../test/harness/records.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { NewUser, systemActor } from '../domains/identity/schema.ts';

const PASSWORD = 'correct horse battery';
const P = '/api/v1/projects/default';

const json = { 'content-type': 'application/json' };
const INSIDE = /node_modules|\bat \w+ \(|\.[jt]s:\d+|rondo-server-|SQLITE|select .* from/i;

describe('what broke other platforms', () => {
  let open: TestServer;
  let network: TestServer;
  let ana: { authorization: string };
  beforeAll(async () => {
    open = await testServer();
    network = await testServer('sqlite', { host: '0.0.0.0' });
    for (const { domains } of [open, network]) {
      const root = systemActor('test');
      await domains.identity.createUser(root, NewUser.parse({ name: 'ana', password: PASSWORD }));
      await domains.identity.setMember(root, 'default', 'ana', 'editor');
    }
    // Nothing may still be starting or going on when rows and files are compared.
    for (const server of [open, network]) {
      const headers = { authorization: `Bearer ${server.token}` };
      const gateway = async () =>
        (await server.call('GET', '/api/v1/status', undefined, { headers })).body.gateway;
      await vi.waitFor(async () => expect(await gateway()).not.toBeNull(), { timeout: 60_000 });
      await quiet(server, 'default');
    }
    const { secret } = await open.domains.identity.signIn('ana', PASSWORD, 'setup');
    ana = { authorization: `Bearer ${secret}` };
  });
  afterAll(async () => {
    await open.end();
    await network.end();
  });

  const files = (server: TestServer) =>
    readdirSync(server.data, { recursive: true })
      .map(String)
      .filter((name) => !/-(wal|shm)$/.test(name))
      .sort();

  const admin = () => ({ authorization: `Bearer ${open.token}` });
  const foreign = { origin: 'http://evil.example' };
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

  /** Case, request, statuses that are right; `nobody`: on a server that is not on loopback. */
  const cases: [string, () => RawRequest & { nobody?: true; as?: object }, number[]][] = [
    // Ray
    [
      'CVE-2023-48022 job without a token',
      () => ({ method: 'POST', path: `${P}/pipelines/x/runs`, headers: json, body: '{"params":{}}' }),
      [401],
    ],
    [
      'CVE-2023-48022 its own address',
      () => ({
        nobody: true,
        method: 'POST',
        path: '/api/jobs/',
        headers: json,
        body: '{"entrypoint":"id"}',
      }),
      [401],
    ],
    [
      'CVE-2023-48023 log proxy',
      () => ({ path: '/log_proxy?url=http://169.254.169.254/', as: admin() }),
      [404],
    ],
    [
      'CVE-2023-6019 shell in a format',
      () => ({ path: '/worker/cpu_profile?format=`id`', as: admin() }),
      [404],
    ],
    ['CVE-2023-6020 static traversal', () => ({ path: '/static/../../../../etc/passwd' }), [404]],
    ['CVE-2023-6020 encoded', () => ({ path: '/assets/..%2f..%2f..%2fetc%2fpasswd' }), [404]],
    ['CVE-2023-6020 encoded twice', () => ({ path: '/assets/%252e%252e%252fpackage.json' }), [404]],
    [
      'CVE-2023-6021 log name traversal',
      () => ({ path: `${P}/step-runs/..%2f..%2ftoken/log`, as: admin() }),
      [400, 404],
    ],
    [
      'CVE-2025-62593 no User-Agent, foreign Host',
      () => ({ path: '/api/v1/projects', headers: { host: 'evil.example' } }),
      [403],
    ],
    [
      'CVE-2025-62593 loopback name as a prefix',
      () => ({ path: '/api/v1/projects', headers: { host: 'localhost.evil.example' } }),
      [403],
    ],
    ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(
      (method): [string, () => RawRequest, number[]] => [
        `CVE-2026-27482 ${method} from another origin`,
        () => ({
          method,
          path: `${P}/rules/x`,
          headers: { ...json, ...foreign, ...admin() },
          body: method === 'GET' ? '' : '{}',
        }),
        [403],
      ],
    ),
    // BentoML
    [
      'CVE-2024-2912 pickle by content type',
      () => ({
        method: 'POST',
        path: `${P}/ci-results`,
        headers: { 'content-type': 'application/vnd.bentoml+pickle' },
        body: 'cposix\nsystem\n',
        as: admin(),
      }),
      [415],
    ],
    [
      'CVE-2025-27520 pickle by header',
      () => ({
        method: 'POST',
        path: `${P}/ci-results`,
        headers: { ...json, 'payload-container': 'pickle', 'payload-meta': '{}' },
        body: 'cposix\nsystem\n',
        as: admin(),
      }),
      [400],
    ],
    [
      'CVE-2024-9056 endless boundary',
      () => ({
        method: 'POST',
        path: `${P}/ci-results`,
        headers: { 'content-type': `multipart/form-data; boundary=${'-'.repeat(8000)}` },
        body: '-'.repeat(1_000_000),
        as: admin(),
      }),
      [400, 415],
    ],
    // ZenML
    [
      'CVE-2024-25723 activate an active user',
      () => ({
        method: 'PUT',
        path: '/api/v1/users/ana/activate',
        headers: json,
        body: '{"password":"taken over by me"}',
      }),
      [401, 404],
    ],
    [
      'CVE-2024-25723 as an admin',
      () => ({
        method: 'PUT',
        path: '/api/v1/users/ana/activate',
        headers: json,
        body: '{"password":"taken over by me"}',
        as: admin(),
      }),
      [404],
    ],
    [
      'CVE-2024-2213 new password without the old',
      () => ({
        method: 'POST',
        path: '/api/v1/me/password',
        headers: json,
        body: '{"new_password":"taken over by me"}',
        as: ana,
      }),
      [400],
    ],
    [
      'CVE-2024-2213 empty old password',
      () => ({
        method: 'POST',
        path: '/api/v1/me/password',
        headers: json,
        body: '{"old_password":"","new_password":"taken over by me"}',
        as: ana,
      }),
      [400],
    ],
    [
      'CVE-2024-2213 wrong old password',
      () => ({
        method: 'POST',
        path: '/api/v1/me/password',
        headers: json,
        body: '{"old_password":"a guess","new_password":"taken over by me"}',
        as: ana,
      }),
      [403],
    ],
    [
      'CVE-2024-2035 own role',
      () => ({
        method: 'PATCH',
        path: '/api/v1/users/ana',
        headers: json,
        body: '{"role":"admin"}',
        as: ana,
      }),
      [403],
    ],
    [
      'CVE-2024-2035 own role in the project',
      () => ({ method: 'PUT', path: `${P}/members/ana`, headers: json, body: '{"role":"admin"}', as: ana }),
      [403],
    ],
    [
      'CVE-2024-2171 open redirect',
      () => ({ path: '/login?next=https://evil.example', headers: { accept: 'text/html' } }),
      [200, 404],
    ],
    [
      'CVE-2024-5062 redirect by a double slash',
      () => ({ path: '//evil.example/..', headers: { accept: 'text/html' } }),
      [200, 404],
    ],
    // ClearML
    [
      'CVE-2024-24592 artifact without a token',
      () => ({ nobody: true, path: '/api/2.0/mlflow-artifacts/artifacts/1/a/artifacts/x' }),
      [401],
    ],
    [
      'CVE-2024-24593 cross-site form',
      () => ({
        method: 'POST',
        path: '/api/2.0/mlflow/experiments/create',
        headers: { 'content-type': 'text/plain', 'sec-fetch-site': 'cross-site' },
        body: '{"name":"x"}',
      }),
      [403],
    ],
    [
      'CVE-2024-24593 text that is JSON',
      () => ({
        method: 'POST',
        path: '/api/2.0/mlflow/experiments/create',
        headers: { 'content-type': 'text/plain' },
        body: '{"name":"x"}',
      }),
      [400, 415],
    ],
    ['CVE-2024-43779 tokens of somebody else', () => ({ path: '/api/v1/users/ana/tokens', as: ana }), [403]],
    // Rules, and MLflow's record as far as it is about users
    [
      'CVE-2023-6014 user without credentials',
      () => ({
        method: 'POST',
        path: '/api/v1/users',
        headers: json,
        body: `{"name":"eve","password":"${PASSWORD}"}`,
      }),
      [401],
    ],
    [
      'CVE-2023-6014 in MLflow’s words',
      () => ({
        nobody: true,
        method: 'POST',
        path: '/api/2.0/mlflow/users/create',
        headers: json,
        body: '{"username":"eve","password":"x"}',
      }),
      [401],
    ],
    [
      'CVE-2025-11200 empty password',
      () => ({
        method: 'POST',
        path: '/api/v1/users',
        headers: json,
        body: '{"name":"eve","password":""}',
        as: admin(),
      }),
      [400],
    ],
    [
      'CVE-2025-11200 short password',
      () => ({
        method: 'POST',
        path: '/api/v1/users',
        headers: json,
        body: '{"name":"eve","password":"12345678901"}',
        as: admin(),
      }),
      [400],
    ],
    ...['admin', 'root', 'rondo', 'user'].flatMap((name) =>
      ['password', 'password1234', 'admin', name].map((password): [string, () => RawRequest, number[]] => [
        `CVE-2026-2635 default account ${name}/${password}`,
        () => ({
          method: 'POST',
          path: '/api/v1/sign-in',
          headers: json,
          body: JSON.stringify({ name, password }),
        }),
        [401],
      ]),
    ),
    [
      'malformed JSON',
      () => ({ method: 'POST', path: '/api/v1/sign-in', headers: json, body: '{"name":' }),
      [400],
    ],
    [
      'depth of 100,000',
      () => ({ method: 'POST', path: '/api/v1/sign-in', headers: json, body: deep }),
      [400],
    ],
    [
      'prototype in a body',
      () => ({
        method: 'POST',
        path: '/api/v1/sign-in',
        headers: json,
        body: '{"__proto__":{"role":"admin"},"name":"ana","password":"x"}',
      }),
      [400],
    ],
    [
      'constructor in a body',
      () => ({
        method: 'POST',
        path: '/api/v1/sign-in',
        headers: json,
        body: '{"constructor":{"prototype":{"role":"admin"}},"name":"ana","password":"x"}',
      }),
      [400],
    ],
    [
      'name of a megabyte',
      () => ({
        method: 'POST',
        path: '/api/v1/users',
        headers: json,
        body: JSON.stringify({ name: 'x'.repeat(1_000_000), password: PASSWORD }),
        as: admin(),
      }),
      [400],
    ],
    [
      'NUL in a name',
      () => ({
        method: 'POST',
        path: '/api/v1/users',
        headers: json,
        body: JSON.stringify({ name: 'a\u0000b', password: PASSWORD }),
        as: admin(),
      }),
      [400],
    ],
    ['broken percent encoding', () => ({ path: '/api/v1/users/%zz', as: admin() }), [400]],
    ['page without end', () => ({ path: '/api/v1/activity?limit=1000000000', as: admin() }), [400]],
    [
      'body of 20 MB',
      () => ({ method: 'POST', path: '/api/v1/sign-in', headers: json, body: `"${'x'.repeat(20_000_000)}"` }),
      [413],
    ],
    ['token in the wrong place', () => ({ path: `/api/v1/users?token=${open.token}` }), [401]],
  ];

  it.each(cases)('%s', async (_name, sent, wanted) => {
    const { nobody, as, ...given } = sent();
    const server = nobody ? network : open;
    const before = [await recordsOf(server), files(server)];
    const started = Date.now();
    const answer = await rawRequest(server.url, {
      ...given,
      headers: { ...given.headers, ...(as as Record<string, string>) },
    });
    expect(Date.now() - started).toBeLessThan(30_000);
    expect(wanted, `${answer.status} ${answer.text.slice(0, 300)}`).toContain(answer.status);
    expect(answer.text).not.toMatch(INSIDE);
    expect(answer.headers.location).toBeUndefined();
    expect([await recordsOf(server), files(server)]).toEqual(before);
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  it('cannot be framed, sniffed or scripted, whatever the answer', async () => {
    const asked: RawRequest[] = [
      { path: '/', headers: { accept: 'text/html' } },
      { path: '/health' },
      { path: '/api/v1/projects' },
      { path: '/api/v1/nothing' },
      { path: '/api/v1/users' },
      { path: '/api/2.0/mlflow/runs/get?run_id=x' },
      { path: '/api/v1/projects', headers: { host: 'evil.example' } },
    ];
    for (const sent of asked) {
      const { headers } = await rawRequest(open.url, sent);
      const where = JSON.stringify(sent);
      expect(headers['content-security-policy'], where).toContain("frame-ancestors 'none'");
      expect(headers['content-security-policy'], where).toContain("default-src 'self'");
      expect(headers, where).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
      });
      expect(headers['access-control-allow-origin'], where).toBeUndefined();
      expect(headers['set-cookie'], where).toBeUndefined();
    }
  });

  it('CVE-2024-2032 the same user 50 times at once is one row', async () => {
    const body = JSON.stringify({ name: 'once', password: PASSWORD });
    const made = await Promise.all(
      Array.from({ length: 50 }, () =>
        rawRequest(open.url, {
          method: 'POST',
          path: '/api/v1/users',
          headers: { ...json, ...admin() },
          body,
        }),
      ),
    );
    const statuses = made.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(49);
  });

  it('CVE-2024-4680 an old session does not survive a new password', async () => {
    const signIn = async (password: string) =>
      rawRequest(open.url, {
        method: 'POST',
        path: '/api/v1/sign-in',
        headers: json,
        body: JSON.stringify({ name: 'once', password }),
      });
    const bearer = (answer: RawAnswer) => ({
      authorization: `Bearer ${(JSON.parse(answer.text) as { secret: string }).secret}`,
    });
    const [mine, stolen] = [bearer(await signIn(PASSWORD)), bearer(await signIn(PASSWORD))];
    const body = JSON.stringify({ old_password: PASSWORD, new_password: 'an entirely new one' });
    const changed = await rawRequest(open.url, {
      method: 'POST',
      path: '/api/v1/me/password',
      headers: { ...json, ...mine },
      body,
    });
    expect(changed.status).toBe(200);
    expect((await rawRequest(open.url, { path: '/api/v1/me', headers: stolen })).status).toBe(401);
    expect((await rawRequest(open.url, { path: '/api/v1/me', headers: mine })).status).toBe(200);
    expect((await signIn(PASSWORD)).status).toBe(401);
  });

  it('CVE-2024-24595 keeps no password and no token that can be read', async () => {
    const { secret } = await open.domains.identity.signIn('ana', PASSWORD, 'elsewhere');
    const stored = readdirSync(open.data).filter((name) => name.startsWith('rondo.db'));
    expect(stored.length).toBeGreaterThan(0);
    for (const name of stored) {
      const bytes = readFileSync(join(open.data, name));
      for (const word of [secret, PASSWORD, open.token]) expect(bytes.includes(word), name).toBe(false);
    }
  });

  it('CVE-2024-4311 answers guessing with 429 and says how long to wait', async () => {
    const body = JSON.stringify({ name: 'ana', password: 'a wrong password' });
    const answers = await Promise.all(
      Array.from({ length: 1000 }, () =>
        rawRequest(open.url, { method: 'POST', path: '/api/v1/sign-in', headers: json, body }),
      ),
    );
    const limited = answers.filter((answer) => answer.status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(960);
    for (const answer of limited) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answers.filter((answer) => ![401, 429].includes(answer.status))).toEqual([]);
  });
});
