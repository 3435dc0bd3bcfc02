import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rondo } from '../../src/sdk/index.ts';
import { quiet, recordsOf } from '../harness/records.ts';
import { testServer, type TestServer } from '../harness/server.ts';
import { furnish, MARK } from '../harness/tenant.ts';

const EVIL = 'evil.example';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const PATHS = [
  '/api/v1/projects',
  '/api/v1/activity',
  '/api/v1/feedback',
  '/api/v1/projects/beta/rules/any',
  '/api/2.0/mlflow/experiments/search',
  '/api/2.0/mlflow/runs/create',
  '/ajax-api/2.0/mlflow/registered-models/delete',
];

/** Runs in the page of the attacker: tries everything that a page can send, and tells what it could read. */
async function attack({ target, paths, methods }: { target: string; paths: string[]; methods: string[] }) {
  const read: string[] = [];
  let tried = 0;
  const patient = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/json'];
  for (const path of paths) {
    for (const method of methods) {
      for (const mode of ['cors', 'no-cors'] as const) {
        for (const type of method === 'GET' || method === 'HEAD' ? [undefined] : types) {
          tried++;
          try {
            const body =
              type === undefined ? {} : { headers: { 'content-type': type }, body: '{"name":"planted"}' };
            const answer = await fetch(target + path, { method, mode, credentials: 'include', ...body });
            if (answer.type !== 'opaque')
              read.push(`${method} ${path} ${answer.status} ${await answer.text()}`);
          } catch {
            // The browser or the server refused.
          }
        }
      }
    }
    navigator.sendBeacon(target + path, '{"name":"planted"}');
    for (const enctype of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      tried++;
      const frame = document.createElement('iframe');
      frame.name = `f${tried}`;
      const form = document.createElement('form');
      Object.assign(form, { action: target + path, method: 'POST', enctype, target: frame.name });
      const field = document.createElement('input');
      field.name = '{"name":"planted","x":"';
      field.value = '"}';
      form.append(field);
      document.body.append(frame, form);
      form.submit();
    }
    for (const tag of ['iframe', 'img', 'script', 'object', 'link'] as const) {
      tried++;
      const element = document.createElement(tag);
      if (tag === 'link') Object.assign(element, { rel: 'stylesheet', href: target + path });
      else if (tag === 'object') Object.assign(element, { data: target + path });
      else Object.assign(element, { src: target + path });
      document.body.append(element);
    }
  }
  for (const path of ['/api/v1/events', '/api/v1/projects/beta/step-runs/1/log/follow']) {
    tried++;
    const source = new EventSource(target + path);
    source.onmessage = (event) => read.push(`event ${event.data as string}`);
    source.addEventListener('hello', () => read.push('event hello'));
    const socket = new WebSocket(target.replace('http', 'ws') + path);
    socket.onopen = () => read.push('socket open');
  }
  const page = document.createElement('iframe');
  page.src = `${target}/`;
  document.body.append(page);
  await patient(2000);
  for (const frame of document.querySelectorAll('iframe')) {
    try {
      const text = frame.contentDocument?.body?.textContent ?? '';
      if (text !== '') read.push(`frame ${frame.src} ${text}`);
    } catch {
      // Of another origin.
    }
  }
  return { read, tried };
}

describe('a page of somebody else in the browser of a user', () => {
  let server: TestServer;
  let evil: Server;
  let browser: Browser;
  /** Endpoints whose handler ran. */
  const reached: string[] = [];
  beforeAll(async () => {
    server = await testServer();
    await furnish(server, new Rondo({ url: server.url, token: server.token, project: 'beta' }), 'beta');
    await quiet(server, 'default', 'beta');
    for (const item of server.domains.bound) {
      const { handler } = item;
      item.handler = (call) => {
        reached.push(item.name);
        return handler(call);
      };
    }
    evil = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title><body>');
    });
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        `--host-resolver-rules=MAP ${EVIL} 127.0.0.1`,
        // The server has to hold alone, also in browsers that do not guard local networks yet.
        '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => evil?.close(resolve));
    await server?.end();
  });

  const evilPort = () => (evil.address() as AddressInfo).port;
  /** Attacks from a page that was loaded at `at`, and asserts that nothing came of it. */
  async function fails(
    at: string,
    target: string,
    prepare?: (page: Page) => Promise<unknown>,
  ): Promise<string[]> {
    const page = await (await browser.newContext()).newPage();
    await prepare?.(page);
    await page.goto(at);
    const before = await recordsOf(server);
    reached.length = 0;
    const { read, tried } = await page.evaluate(attack, { target, paths: PATHS, methods: METHODS });
    await page.context().close();
    expect(tried).toBeGreaterThan(200);
    expect(reached).toEqual([]);
    expect(await recordsOf(server)).toEqual(before);
    expect(
      read.filter((text) => text.includes(MARK) || text.includes('event') || text.includes('open')),
    ).toEqual([]);
    return read;
  }

  it('reaches the handlers when the user opens the UI: the counter counts', async () => {
    const page = await browser.newPage();
    reached.length = 0;
    await page.goto(`${server.url}/?token=${server.token}`);
    await page.evaluate(async () => (await fetch('/api/v1/projects')).text());
    expect(reached).toContain('listProjects');
    await page.close();
  });

  it.each(['127.0.0.1', 'localhost', EVIL])(
    'at another port of %s reads and changes nothing',
    async (host) => {
      expect(await fails(`http://${host}:${evilPort()}/`, server.url)).toEqual([]);
    },
  );

  it('reads and changes nothing by a name that now points to this machine (DNS rebinding)', async () => {
    const { port } = new URL(server.url);
    const own = `http://${EVIL}:${port}`;
    const read = await fails(`${own}/page`, own, (page) =>
      page.route(`${own}/page`, (route) =>
        route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>evil</title><body>' }),
      ),
    );
    // Here the page reads what it is told, for it is of the same origin; it is told one thing only.
    expect(read.length).toBeGreaterThan(50);
    for (const text of read)
      expect(text).toMatch(
        / 403 (\{"(code|error_code)":"(FORBIDDEN|PERMISSION_DENIED)"|$)|^frame .*is not this server/,
      );
  });
});
