import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { methodsOf, pathsOf } from '../lib/contract/index.ts';

describe('every endpoint without a token', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
  });
  afterAll(() => server.end());

  it('is refused with 401 on each of its paths and methods when it runs code or changes production', async () => {
    const guarded = server.domains.bound.filter((item) =>
      ['edit', 'operate', 'admin'].includes(item.endpoint.needs),
    );
    expect(guarded.length).toBeGreaterThan(0);
    for (const { endpoint } of guarded) {
      for (const path of pathsOf(endpoint)) {
        for (const method of methodsOf(endpoint)) {
          const url = path.replace(/:\w+|\*/g, '1');
          const body = method === 'GET' || endpoint.kind === 'upload' ? undefined : {};
          const { status } = await server.call(method, url, body, { anonymous: true });
          expect(status, `${method} ${url}`).toBe(401);
        }
      }
    }
  });

  it('is not refused when it only reads or tracks', async () => {
    const open = server.domains.bound.filter(
      (item) => ['public', 'view'].includes(item.endpoint.needs) && item.endpoint.kind !== 'events',
    );
    for (const { endpoint } of open) {
      const url = (pathsOf(endpoint)[0] ?? '').replace(/:\w+|\*/g, '1');
      const { status } = await server.call(endpoint.method, url, endpoint.method === 'GET' ? undefined : {}, {
        anonymous: true,
      });
      expect([401, 403], `${endpoint.method} ${url}`).not.toContain(status);
      expect(status, `${endpoint.method} ${url}`).toBeLessThan(500);
    }
  });
});
