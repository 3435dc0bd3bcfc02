import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as ask, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../../scripts/build.mjs';
import { startProxy } from '../../src/cli/proxy/proxy.ts';
import type { ProxyReport } from '../../src/cli/proxy/report.ts';
import { testServer, type TestServer } from '../harness/server.ts';

const API = '/api/2.0/mlflow';
const PATIENCE_MS = 60_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rondo-proxy-faults-'));
const run = promisify(execFile);

/** Both sides are Rondo: what is tested is the way between them, and what stands on it. */
let upstream: TestServer;
let rondo: TestServer;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  [upstream, rondo] = await Promise.all([testServer(), testServer()]);
});
afterAll(async () => {
  for (const each of opened) await each.close();
  await Promise.all([upstream?.end(), rondo?.end()]);
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
async function start(more: Partial<Parameters<typeof startProxy>[0]> = {}) {
  const proxy = await startProxy({
    upstream: upstream.url,
    rondo: rondo.url,
    rondoToken: rondo.token,
    upstreamAuthorization: `Bearer ${upstream.token}`,
    folder: join(folder, `state-${++count}`),
    host: '127.0.0.1',
    port: 0,
    timeoutMs: 30_000,
    sample: 1,
    ...more,
  });
  opened.push(proxy);
  return proxy;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({ close: () => server.close() });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Passes requests on to a server, as a load balancer does; what `before` answers goes no further. */
const passingTo =
  (
    to: string,
    before: (...args: Parameters<RequestListener>) => boolean,
    authorization?: string,
  ): RequestListener =>
  (request, response) => {
    if (before(request, response)) return void request.resume();
    const headers = { ...request.headers, ...(authorization ? { authorization } : {}) };
    delete headers.host;
    const on = ask(to + request.url, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    on.on('error', () => response.destroy());
    request.pipe(on);
  };

async function call(to: string, method: string, path: string, body?: unknown, authorization?: string) {
  return fetch(`${to}${API}/${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      authorization: authorization ?? `Bearer ${upstream.token}`,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
const newRun = async (to: string, authorization?: string): Promise<string> => {
  const answer = await call(to, 'POST', 'runs/create', { experiment_id: '0', run_name: 'r' }, authorization);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { run: { info: { run_id: string } } }).run.info.run_id;
};
const nameOn = async (server: TestServer, id: string) =>
  (
    (await (await call(server.url, 'GET', `runs/get?run_id=${id}`)).json()) as never as {
      run: { info: { run_name: string } };
    }
  ).run.info.run_name;

describe('an upstream behind HTTPS with an authority of its own', () => {
  const pem = (name: string) => join(folder, `${name}.pem`);
  let url: string;

  beforeAll(async () => {
    const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
    const plain = ['-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2'];
    await openssl('req', '-x509', ...plain, '-keyout', pem('ca-key'), '-out', pem('ca'), '-subj', '/CN=own');
    const signed = ['-CA', pem('ca'), '-CAkey', pem('ca-key'), '-addext', 'subjectAltName=IP:127.0.0.1'];
    const leaf = [
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-keyout',
      pem('key'),
      '-out',
      pem('cert'),
    ];
    await openssl('req', '-x509', ...plain, ...signed, ...leaf, '-subj', '/CN=upstream');
    const keys = { key: readFileSync(pem('key')), cert: readFileSync(pem('cert')) };
    const server = createSecureServer(
      keys,
      passingTo(upstream.url, () => false),
    );
    url = `https://${await listening(server as never)}`;
  });

  it('is reached when the authority is named', async () => {
    const proxy = await start({ upstream: url, upstreamCa: readFileSync(pem('ca'), 'utf8') });
    const id = await newRun(proxy.url);
    expect(await proxy.drained(PATIENCE_MS)).toBe(true);
    expect([await nameOn(upstream, id), await nameOn(rondo, id)]).toEqual(['r', 'r']);
    expect(proxy.report().counts).toMatchObject({ equal: 1 });
  });

  it('is told to be unknown when it is not, and nothing is in doubt', async () => {
    const proxy = await start({ upstream: url });
    const answer = await call(proxy.url, 'POST', 'runs/create', { experiment_id: '0' });
    expect(answer.status).toBe(502);
    expect(await answer.text()).toMatch(
      /nobody that is trusted here has signed its certificate.*--upstream-ca/,
    );
    expect(proxy.report().counts).toEqual({ refused: 1 });
  });
});

describe('who asks', () => {
  it('must be an operator of Rondo, which is said at the start', async () => {
    const member = await rondo.call('POST', '/api/v1/tokens', {
      name: 'reader',
      role: 'viewer',
      project: 'default',
    });
    const refused = start({ rondoToken: (member.body as { secret: string }).secret });
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining('may not operate on Rondo'),
    });
    await expect(start({ rondoToken: 'nonsense' })).rejects.toThrow('does not know the token of the proxy');
  });

  it('is passed on to an upstream that wants a name and a password, which the proxy has its own of', async () => {
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
    const seen: (string | undefined)[] = [];
    const guarded = createServer(
      passingTo(
        upstream.url,
        ({ headers }, response) => {
          seen.push(headers.authorization);
          if ([basic('ann:secret'), basic('proxy:own')].includes(headers.authorization ?? '')) return false;
          response
            .writeHead(401, { 'www-authenticate': 'Basic realm="mlflow"' })
            .end('You are not authenticated.');
          return true;
        },
        `Bearer ${upstream.token}`,
      ),
    );
    const proxy = await start({
      upstream: `http://${await listening(guarded)}`,
      upstreamAuthorization: basic('proxy:own'),
    });
    const stranger = await call(proxy.url, 'POST', 'runs/create', { experiment_id: '0' }, basic('ann:wrong'));
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="mlflow"',
    ]);
    const id = await newRun(proxy.url, basic('ann:secret'));
    expect(await proxy.drained(PATIENCE_MS)).toBe(true);
    expect(await nameOn(rondo, id)).toBe('r');
    expect(proxy.report().counts).toEqual({ refused: 1, equal: 1 });
    await proxy.switchTo('rondo');
    seen.length = 0;
    await newRun(proxy.url, `Bearer ${rondo.token}`);
    expect(await proxy.drained(PATIENCE_MS)).toBe(true);
    expect(new Set(seen)).toEqual(new Set([basic('proxy:own')]));
    const state = readFileSync(join(folder, `state-${count}`, 'proxy.db'), 'latin1');
    expect(state).not.toContain(basic('ann:secret'));
  });
});

describe('limits of rate', () => {
  const limited = (allowed: (number: number) => boolean, to: string) => {
    let number = 0;
    return createServer(
      passingTo(to, (request, response) => {
        if (request.url?.startsWith('/api/v1/') || allowed(number++)) return false;
        response.writeHead(429, { 'content-type': 'text/plain', 'retry-after': '7' }).end('Slower.');
        return true;
      }),
    );
  };

  it('of the upstream are heard by the client, who knows what to do, and mirrored to nobody', async () => {
    const server = limited((number) => number > 0, upstream.url);
    const proxy = await start({ upstream: `http://${await listening(server)}` });
    const refused = await call(proxy.url, 'POST', 'runs/create', { experiment_id: '0' });
    expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([
      429,
      '7',
      'Slower.',
    ]);
    const id = await newRun(proxy.url);
    expect(await proxy.drained(PATIENCE_MS)).toBe(true);
    expect(await nameOn(rondo, id)).toBe('r');
    expect(proxy.report().counts).toEqual({ refused: 1, equal: 1 });
  });

  it('of Rondo are waited for: everything arrives once and in order', async () => {
    const server = limited((number) => number % 3 === 2, rondo.url);
    const proxy = await start({ rondo: `http://${await listening(server)}` });
    const id = await newRun(proxy.url);
    for (let step = 0; step < 10; step++)
      await call(proxy.url, 'POST', 'runs/log-metric', {
        run_id: id,
        key: 'm',
        value: step,
        timestamp: 1,
        step,
      });
    expect(await proxy.drained(PATIENCE_MS)).toBe(true);
    const history = await call(rondo.url, 'GET', `metrics/get-history?run_id=${id}&metric_key=m`);
    const { metrics } = (await history.json()) as { metrics: { value: number }[] };
    expect(metrics.map(({ value }) => value)).toEqual([...Array(10).keys()]);
    expect(proxy.report().counts).toEqual({ equal: 11 });
  });
});

describe('a state folder that is full', () => {
  let child: ChildProcess;
  let said = '';
  afterAll(async () => {
    if (!child || child.exitCode !== null) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exit;
  });

  it('costs clients nothing; what is not kept is said, counted, and forbids to cut over', async () => {
    await build();
    const state = join(folder, 'full');
    const flags = ['--url', rondo.url, '--token', rondo.token, 'proxy', '--upstream', upstream.url];
    const words = [join(root, 'dist/cli.js'), ...flags, '--state', state, '--port', '0'];
    // No file may grow past this many blocks of 1,024 bytes: writing then fails as on a full disk.
    const limited = ['-c', 'ulimit -f 400; exec "$@"', 'bash', process.execPath, ...words];
    child = spawn('bash', limited, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The proxy ended with ${code}: ${said}`)));
      child.stdout?.on('data', (chunk: Buffer) => {
        const found = /serves at (http:\S+);/.exec(chunk.toString())?.[1];
        if (found) resolve(found);
      });
    });
    const report = async () => (await (await fetch(`${url}/-/proxy/report`)).json()) as ProxyReport;
    const id = await newRun(url);
    let last = 0;
    // Far more than fits, and then some that certainly do not.
    for (let step = 0; !(await report()).counts.lost || step < last + 5; step++) {
      if (!(await report()).counts.lost) last = step;
      const tag = { run_id: id, key: 'last', value: `${step} ${'x'.repeat(7000)}` };
      expect((await call(url, 'POST', 'runs/set-tag', tag)).status).toBe(200);
      const got = await call(upstream.url, 'GET', `runs/get?run_id=${id}`);
      expect(await got.text()).toContain(`"${step} xxx`);
    }
    const path = `/api/2.0/mlflow-artifacts/artifacts/0/${id}/artifacts/big.bin`;
    const before = (await report()).counts.lost ?? 0;
    const put = await fetch(url + path, {
      method: 'PUT',
      body: Buffer.alloc(3_000_000, 'abc'),
      headers: { authorization: `Bearer ${upstream.token}` },
    });
    expect(put.status).toBe(200);
    const file = await fetch(upstream.url + path, { headers: { authorization: `Bearer ${upstream.token}` } });
    expect((await file.arrayBuffer()).byteLength).toBe(3_000_000);
    expect((await call(url, 'GET', `runs/get?run_id=${id}`)).status).toBe(200);
    const now = await report();
    expect(now.counts.lost).toBe(before + 1);
    expect(now.trouble).toMatch(/Writes could not be kept/);
    expect(said).toMatch(/Writes could not be kept for the other side: .*not whole from now on/);
    const cut = run(process.execPath, [join(root, 'dist/cli.js'), 'proxy', 'cutover', '--state', state]);
    await expect(cut).rejects.toMatchObject({ stderr: expect.stringMatching(/could not be kept/) });
  });
});
