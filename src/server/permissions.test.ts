import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WALKED_ENGINES } from '../../test/harness/database.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { NewUser, type Role, ROLES, systemActor } from '../domains/identity/schema.ts';
import { type Endpoint, methodsOf, type Need, pathsOf } from '../lib/contract/index.ts';

const root = systemActor('test');
const PASSWORD = 'correct horse battery';

/** What the contract's words mean, written down once more: the weakest role that each need asks for. */
const LEAST: Record<Need, Role | 'anybody' | 'a name'> = {
  public: 'anybody',
  self: 'a name',
  view: 'viewer',
  track: 'editor',
  edit: 'editor',
  operate: 'operator',
  admin: 'admin',
};
const GUESTS: readonly Need[] = ['public', 'view', 'track'];

type Verdict = 'allowed' | 401 | 403;
const has = (role: Role | null, need: Need): boolean => {
  const least = LEAST[need];
  if (least === 'anybody' || least === 'a name') return true;
  return role !== null && ROLES.indexOf(role) >= ROLES.indexOf(least);
};

/** Somebody who asks about project alpha. `here`: role there, `anywhere`: strongest role in some project, `server`: over the server. */
interface Caller {
  name: string;
  authorization(): Promise<string | undefined>;
  verdict(endpoint: Endpoint): Verdict;
}

const inProject = (endpoint: Endpoint): boolean =>
  (endpoint.dialect === 'mlflow' && !endpoint.across) || endpoint.path.includes('/:project');

function named(roles: { here: Role | null; anywhere: Role | null; server: Role | null }) {
  return (endpoint: Endpoint): Verdict => {
    const role = inProject(endpoint) ? roles.here : endpoint.across ? roles.anywhere : roles.server;
    return has(role, endpoint.needs) ? 'allowed' : 403;
  };
}

describe.each(WALKED_ENGINES)('every endpoint, for everybody, on %s', (engine) => {
  let loopback: TestServer;
  let network: TestServer;
  let callers: Caller[];
  beforeAll(async () => {
    loopback = await testServer(engine);
    network = await testServer(engine, { host: '0.0.0.0' });
    for (const server of [loopback, network])
      for (const project of ['alpha', 'beta'])
        expect((await server.call('PUT', `/api/v1/projects/${project}`, { project })).status).toBe(200);
    callers = await makeCallers(network);
  });
  afterAll(async () => {
    await loopback.end();
    await network.end();
  });

  /** Asks with dummy values, which is enough to see whether the gate lets through. */
  async function ask(server: TestServer, method: string, url: string, endpoint: Endpoint, secret?: string) {
    const stop = new AbortController();
    const withBody = method !== 'GET' && method !== 'HEAD' && endpoint.kind !== 'upload';
    const response = await fetch(server.url.replace('0.0.0.0', '127.0.0.1') + url, {
      method,
      signal: stop.signal,
      headers: {
        'x-mlflow-workspace': 'alpha',
        ...(withBody ? { 'content-type': 'application/json' } : {}),
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      },
      ...(withBody ? { body: '{}' } : {}),
    });
    const endless = response.status === 200 && endpoint.kind === 'events';
    const text = endless ? '' : await response.text();
    if (endless) stop.abort();
    return { status: response.status, text };
  }

  /** Every way to reach an endpoint: paths of both prefixes, methods, and HEAD beside GET. */
  function ways(endpoint: Endpoint): { method: string; url: string }[] {
    const methods = methodsOf(endpoint).flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    return pathsOf(endpoint).flatMap((path) => {
      const url = path.replace(':project', 'alpha').replace(/:\w+|\*/g, '1');
      return methods.map((method) => ({ method, url }));
    });
  }

  async function walk(server: TestServer, caller: Caller): Promise<number> {
    let asked = 0;
    let secret = await caller.authorization();
    for (const { endpoint } of server.domains.bound) {
      const wanted = caller.verdict(endpoint);
      for (const { method, url } of ways(endpoint)) {
        const { status, text } = await ask(server, method, url, endpoint, secret);
        const where = `${caller.name}: ${method} ${url} (${endpoint.needs}) ${status} ${text.slice(0, 200)}`;
        const refused = /This needs a token|token is not valid here|Needs the role/.test(text);
        asked++;
        // 501 is how MLflow's clients are told to do it another way.
        if (status !== 501) expect(status, where).toBeLessThan(500);
        if (wanted === 'allowed') {
          // A handler may refuse for reasons of its own; the gate says so in its own words.
          expect(refused, where).toBe(false);
          if (method === 'GET') expect([401, 403], where).not.toContain(status);
        } else {
          expect(status, where).toBe(wanted);
          if (method !== 'HEAD') expect(refused, where).toBe(true);
        }
      }
      // What somebody does about themselves may end the token that asks.
      if (endpoint.needs === 'self') secret = await caller.authorization();
    }
    return asked;
  }

  async function makeCallers(server: TestServer): Promise<Caller[]> {
    const { identity } = server.domains;
    const actorOf = async (name: string) => {
      const { secret } = await identity.signIn(name, PASSWORD, name);
      return server.domains.gate.authenticate(`Bearer ${secret}`);
    };
    const user = async (name: string, role: Role | null, member?: [string, Role]) => {
      await identity.createUser(root, NewUser.parse({ name, password: PASSWORD, role }));
      if (member) await identity.setMember(root, member[0], name, member[1]);
      return actorOf(name);
    };
    const plain = { label: 'matrix', role: null, project: null, expires_at: null };
    const tokenOf =
      (actor: Awaited<ReturnType<typeof user>>, more: object = {}) =>
      async () =>
        (await identity.createToken(actor, { ...plain, ...more })).secret;
    const always = (verdict: Verdict) => () => verdict;

    const members: Caller[] = [];
    for (const role of ROLES) {
      const actor = await user(`alpha-${role}`, null, ['alpha', role]);
      const verdict = named({ here: role, anywhere: role, server: null });
      members.push({ name: `${role} of alpha`, authorization: tokenOf(actor), verdict });
    }
    const stranger = await user('beta-admin', null, ['beta', 'admin']);
    const worker = await user('operator', 'operator');
    const reader = await user('viewer', 'viewer');
    const boss = await user('boss', 'admin');
    const shut = await user('shut-out', 'operator');
    await identity.setMember(root, 'alpha', 'shut-out', 'none');
    const revoked = await identity.createToken(boss, plain);
    await identity.revokeToken(boss, revoked.id);
    const expired = await identity.createToken(boss, { ...plain, expires_at: Date.now() + 30 });
    await new Promise((resolve) => setTimeout(resolve, 40));
    const leaver = await user('leaver', 'admin');
    const left = await identity.createToken(leaver, plain);
    await identity.changeUser(root, 'leaver', { disabled: true });
    return [
      ...members,
      {
        name: 'admin of beta',
        authorization: tokenOf(stranger),
        verdict: named({ here: null, anywhere: 'admin', server: null }),
      },
      {
        name: 'operator, token for beta',
        authorization: tokenOf(worker, { project: 'beta' }),
        verdict: named({ here: null, anywhere: 'operator', server: null }),
      },
      {
        name: 'admin, token for viewers',
        authorization: tokenOf(boss, { role: 'viewer' }),
        verdict: named({ here: 'viewer', anywhere: 'viewer', server: 'viewer' }),
      },
      {
        name: 'viewer everywhere',
        authorization: tokenOf(reader),
        verdict: named({ here: 'viewer', anywhere: 'viewer', server: 'viewer' }),
      },
      {
        name: 'operator everywhere but in alpha',
        authorization: tokenOf(shut),
        verdict: named({ here: null, anywhere: 'operator', server: 'operator' }),
      },
      {
        name: 'admin',
        authorization: tokenOf(boss),
        verdict: always('allowed'),
      },
      { name: 'revoked', authorization: async () => revoked.secret, verdict: always(401) },
      { name: 'expired', authorization: async () => expired.secret, verdict: always(401) },
      { name: 'disabled', authorization: async () => left.secret, verdict: always(401) },
      { name: 'no such token', authorization: async () => 'rondo_t_nonsense', verdict: always(401) },
    ];
  }

  it('lets a guest on loopback read and track, and nothing else', async () => {
    const guest: Caller = {
      name: 'guest',
      authorization: async () => undefined,
      verdict: ({ needs }) => (GUESTS.includes(needs) ? 'allowed' : 401),
    };
    expect(await walk(loopback, guest)).toBeGreaterThan(200);
  }, 120_000);

  it('lets nobody in off loopback', async () => {
    const nobody: Caller = {
      name: 'nobody',
      authorization: async () => undefined,
      verdict: ({ needs }) => (needs === 'public' ? 'allowed' : 401),
    };
    expect(await walk(network, nobody)).toBeGreaterThan(200);
  }, 120_000);

  it('asks the role in the project of everybody with a name', async () => {
    const asked = await Promise.all(callers.map((caller) => walk(network, caller)));
    expect(Math.min(...asked)).toBeGreaterThan(200);
  }, 300_000);

  it('does not tell nobody which addresses exist', async () => {
    const paths = [
      '/api/v1/users',
      '/api/v1/no-such-thing',
      '/api/v1/projects/alpha/rules',
      '/api/v1',
      '/nothing',
    ];
    const answers = await Promise.all(
      paths.flatMap((path) =>
        ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) =>
          network.call(method, path, undefined, { anonymous: true }),
        ),
      ),
    );
    const said = answers.map(({ status, body }) => JSON.stringify([status, { ...body, request_id: '' }]));
    expect(new Set(said).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
    expect(answers[0]?.headers.get('www-authenticate')).toBe('Bearer realm="rondo"');
    const unknown = await network.call('GET', '/api/v1/no-such-thing');
    expect(unknown.status).toBe(404);
  });

  it('asks on loopback too when it is told to', async () => {
    const closed = await testServer('sqlite', { openLoopback: 'false' });
    expect((await closed.call('GET', '/api/v1/projects', undefined, { anonymous: true })).status).toBe(401);
    expect((await closed.call('GET', '/health', undefined, { anonymous: true })).status).toBe(200);
    expect((await closed.call('GET', '/api/v1/projects')).status).toBe(200);
    await closed.end();
  });

  it.each([
    ['POST', '/api/v1/projects/alpha/pipelines', 'application/json'],
    ['POST', '/api/v1/projects/alpha/blobs', 'application/octet-stream'],
    ['POST', '/api/v1/no-such-thing', 'application/json'],
  ])('refuses a big body without reading it: %s %s', async (method, path, type) => {
    const { port } = new URL(network.url);
    const promised = 1_000_000_000;
    const outcome = await new Promise<{ answer: string; sent: number }>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1');
      let answer = '';
      const chunk = Buffer.alloc(64 * 1024, 0x20);
      const pump = () => {
        while (socket.writable && socket.bytesWritten < promised && socket.write(chunk));
      };
      socket.on('connect', () => {
        socket.write(
          `${method} ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${promised}\r\n\r\n`,
        );
        pump();
      });
      socket.on('drain', pump);
      socket.on('data', (data) => (answer += data.toString('latin1')));
      socket.on('error', () => {});
      socket.on('close', () => resolve({ answer, sent: socket.bytesWritten }));
    });
    expect(outcome.sent).toBeLessThan(20_000_000);
    if (outcome.answer !== '') expect(outcome.answer).toMatch(/^HTTP\/1\.1 401 [^]*connection: close/i);
  });
});
