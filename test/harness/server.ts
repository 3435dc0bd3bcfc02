import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/server/config.ts';
import { type Server, startServer } from '../../src/server/server.ts';
import { type Engine, freshPostgres } from './database.ts';

export interface TestServer extends Server {
  token: string;
  data: string;
  /** JSON in, JSON out, with the start token unless `anonymous`. */
  call(
    method: string,
    path: string,
    body?: unknown,
    options?: { anonymous?: boolean; headers?: Record<string, string> },
  ): Promise<{ status: number; body: any; headers: Headers }>; // oxlint-disable-line typescript/no-explicit-any
  end(): Promise<void>;
}

const TOKEN = 'a-token-for-tests-only';

/** A whole server on free ports and a data folder of its own. */
export async function testServer(
  engine: Engine = 'sqlite',
  flags: Record<string, string> = {},
): Promise<TestServer> {
  const data = flags.data ?? mkdtempSync(join(tmpdir(), 'rondo-server-'));
  const databaseUrl = engine === 'postgres' ? await freshPostgres() : undefined;
  const token = flags.token ?? TOKEN;
  const config = readConfig({ port: '0', gatewayPort: '0', token, databaseUrl, ...flags, data }, {});
  const reports: unknown[] = [];
  const server = await startServer(config, { report: (line) => reports.push(line), checkAnswers: true });
  return {
    ...server,
    token,
    data,
    async call(method, path, body, options = {}) {
      const response = await fetch(server.url + path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(options.anonymous ? {} : { authorization: `Bearer ${token}` }),
          ...options.headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
        headers: response.headers,
      };
    },
    async end() {
      await server.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
