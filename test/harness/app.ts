import { createGate } from '../../src/domains/identity/gate.ts';
import type { Actor } from '../../src/domains/identity/schema.ts';
import type { Bound } from '../../src/lib/contract/index.ts';
import { createApp } from '../../src/server/app.ts';

const TOKEN = 'a-token-for-tests-only';

export interface TestApp {
  url: string;
  token: string;
  /** JSON in, JSON out, with the token unless `anonymous`. */
  call(
    method: string,
    path: string,
    body?: unknown,
    options?: { anonymous?: boolean },
  ): Promise<{ status: number; body: any }>; // oxlint-disable-line typescript/no-explicit-any
  end(): Promise<void>;
}

/** The given endpoints behind the real HTTP app: permissions, validation, and answers checked against their schemas. */
export async function testApp(bound: Bound<Actor>[]): Promise<TestApp> {
  const app = await createApp({
    gate: createGate({ token: TOKEN, open: true }),
    bound,
    loopback: true,
    version: 'test',
    web: '/nowhere',
    metrics: async () => '',
    report: (line) => console.error(line),
    checkAnswers: true,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    token: TOKEN,
    async call(method, path, body, options = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(options.anonymous ? {} : { authorization: `Bearer ${TOKEN}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
    },
    end: () => app.close(),
  };
}
