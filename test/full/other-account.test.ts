import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startToken } from '../../src/domains/identity/gate.ts';
import { methodsOf, pathsOf } from '../../src/lib/contract/index.ts';
import { Rondo } from '../../src/sdk/index.ts';
import { testServer, type TestServer } from '../harness/server.ts';
import { furnish } from '../harness/tenant.ts';

/** `nobody`: an account that owns nothing and is in no group. */
const OTHER = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('Skipped: only root can run a program as another account of the machine.');

/** Runs JavaScript as the other account; the program prints JSON. */
async function asOther<T>(program: string, input: unknown): Promise<T> {
  const run = promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', program, JSON.stringify(input)],
    { ...OTHER, cwd: '/', env: {}, maxBuffer: 64_000_000 },
  );
  return JSON.parse((await run).stdout) as T;
}

describe.skipIf(!isRoot)('another account of the machine', () => {
  let parent: string;
  let data: string;
  let server: TestServer;
  beforeAll(async () => {
    parent = mkdtempSync(join(tmpdir(), 'rondo-other-'));
    chmodSync(parent, 0o755);
    data = join(parent, 'data');
    // Somebody made the folder beforehand, open to all.
    mkdirSync(data);
    const token = startToken(data);
    chmodSync(data, 0o755);
    server = await testServer('sqlite', { data, token });
    await furnish(server, new Rondo({ url: server.url, token: server.token, project: 'beta' }), 'beta');
  });
  afterAll(async () => {
    await server.end();
    rmSync(parent, { recursive: true, force: true });
  });

  function* places(folder: string): Generator<{ path: string; kind: 'file' | 'folder' | 'socket' }> {
    yield { path: folder, kind: 'folder' };
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) yield* places(path);
      else yield { path, kind: entry.isSocket() ? 'socket' : 'file' };
    }
  }

  it('can run programs at all, so that the tests below mean something', async () => {
    expect(await asOther('console.log(JSON.stringify(process.getuid()))', null)).toBe(OTHER.uid);
    const program = `
      const [url] = JSON.parse(process.argv[1]);
      console.log(JSON.stringify((await fetch(url)).status));`;
    expect(await asOther(program, [`${server.url}/health`])).toBe(200);
  });

  it('reads no file, lists no folder and reaches no socket of the server', async () => {
    const all = [...places(data)];
    const of = (kind: string) => all.filter((place) => place.kind === kind);
    expect(of('socket').length).toBeGreaterThan(0);
    for (const needed of ['token', 'rondo.db', 'gateway', 'steps', 'analytics', 'artifacts', 'logs'])
      expect(readdirSync(data), needed).toContain(needed);
    const program = `
      import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
      import { connect } from 'node:net';
      const outcomes = [];
      const note = (path, what, code) => outcomes.push([path, what, code]);
      for (const { path, kind } of JSON.parse(process.argv[1])) {
        try {
          if (kind === 'folder') readdirSync(path);
          else if (kind === 'file') readFileSync(path);
          else await new Promise((resolve, reject) => connect(path).once('connect', resolve).once('error', reject));
          note(path, kind, 'OPEN');
        } catch (error) { note(path, kind, error.code); }
        try {
          if (kind === 'folder') writeFileSync(path + '/planted', 'x');
          else if (kind === 'file') writeFileSync(path, 'x');
          else continue;
          note(path, 'write', 'OPEN');
        } catch (error) { note(path, 'write', error.code); }
      }
      console.log(JSON.stringify(outcomes));
      process.exit(0);`;
    const outcomes = await asOther<[string, string, string][]>(program, all);
    expect(outcomes.length).toBeGreaterThan(all.length);
    expect(outcomes.filter(([, , code]) => code !== 'EACCES')).toEqual([]);
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(statSync(join(data, 'token')).mode & 0o777).toBe(0o600);
  });

  it('gets 401 from everything that runs code or changes production', async () => {
    const requests = server.domains.bound
      .filter(({ endpoint }) => ['self', 'edit', 'operate', 'admin'].includes(endpoint.needs))
      .flatMap(({ endpoint }) =>
        pathsOf(endpoint).flatMap((path) =>
          methodsOf(endpoint).map((method) => ({
            method,
            url: server.url + path.replace(':project', 'beta').replace(/:\w+|\*/g, '1'),
          })),
        ),
      );
    const program = `
      const outcomes = [];
      for (const { method, url } of JSON.parse(process.argv[1])) {
        const body = method === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json' } };
        outcomes.push([method, url, (await fetch(url, { method, ...body })).status]);
      }
      console.log(JSON.stringify(outcomes));`;
    const outcomes = await asOther<[string, string, number][]>(program, requests);
    expect(outcomes.length).toBeGreaterThan(50);
    expect(outcomes.filter(([, , status]) => status !== 401)).toEqual([]);
  });
});
