import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../harness/database.ts';
import { testServer, type TestServer } from '../harness/server.ts';
import { type Endpoint, methodsOf, pathsOf } from '../../src/lib/contract/index.ts';

const API = '/api/2.0/mlflow';
const INSIDE = /node_modules|\bat \w+ \(|\.[jt]s:\d+|SQLITE|constraint failed|select .* from/i;

/** Values that have ended requests with a fault of the server elsewhere, for a field that wants something else. */
const ODD: Readonly<Record<string, unknown>> = {
  'a NUL': 'a\u0000b',
  'half a character': 'a\ud800',
  'quotes and wildcards': `'"%_\\;--`,
  nothing: '',
  'a long text': 'x'.repeat(50_000),
  'a million characters': 'x'.repeat(1_000_000),
  'a negative number': -1,
  'more than 2^53': 2 ** 53 + 2,
  'more than 2^63': '9223372036854775808',
  'the largest double': 1.797e308,
  'a fraction': 0.5,
  yes: true,
  'an empty list': [],
  'a list of nothing': [null],
  'an empty object': {},
  'a list of odd objects': [{ key: 'a\u0000b', value: 'a\ud800', timestamp: -1, step: 2 ** 53 + 2 }],
  'a list of broken texts': ['a\ud800', 'b\u0000'],
  'a list of many': Array.from({ length: 1001 }, (_, index) => String(index)),
  prototype: { __proto__: null, constructor: { prototype: { role: 'admin' } } },
};

describe.each(ENGINES)('odd values in every field of the API, on %s', (engine) => {
  let server: TestServer;
  let right: Record<string, unknown>;
  beforeAll(async () => {
    server = await testServer(engine);
    const call = async (method: string, path: string, body?: object) =>
      (await server.call(method, API + path, body)).body;
    const { run } = await call('POST', '/runs/create', {});
    const { run_id } = run.info;
    await call('POST', '/runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 });
    const { model } = await call('POST', '/logged-models', { experiment_id: '0', name: 'model' });
    const { model_id } = model.info;
    await call('POST', '/registered-models/create', { name: 'm' });
    await call('POST', '/model-versions/create', { name: 'm', source: `models:/${model_id}`, model_id });
    right = {
      project: 'default',
      run_id,
      run_uuid: run_id,
      run_ids: [run_id],
      experiment_id: '0',
      experiment_ids: ['0'],
      model_id,
      metric_key: 'm',
      key: 'k',
      value: 1,
      timestamp: 1,
      name: 'm',
      new_name: 'n',
      version: '1',
      alias: 'a',
      source: `models:/${model_id}`,
      params: [{ key: 'p', value: '1' }],
      tags: [{ key: 't', value: '1' }],
    };
  });
  afterAll(() => server.end());

  /** The names of the fields an endpoint takes. */
  const fieldsOf = ({ query, body }: Endpoint) =>
    Object.keys({ ...query?.shape, ...(body as { shape?: object } | undefined)?.shape });

  function sent(endpoint: Endpoint, method: string, fields: Record<string, unknown>) {
    const path = (pathsOf(endpoint)[0] ?? '')
      .replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(right[name] ?? right.model_id)))
      .replace('*', '0');
    if (method !== 'GET') return server.call(method, path, fields);
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(fields))
      for (const each of Array.isArray(value) ? value : [value])
        query.append(name, typeof each === 'string' ? each.slice(0, 5000) : JSON.stringify(each));
    return server.call(method, `${path}?${query}`);
  }

  it('are taken or refused, and are never a fault of the server', async () => {
    const faults: string[] = [];
    let asked = 0;
    for (const { name, endpoint } of server.domains.bound) {
      // What somebody does about themselves may end the token that asks.
      if (endpoint.needs === 'self' || (endpoint.kind ?? 'json') !== 'json') continue;
      const fields = fieldsOf(endpoint);
      const base = Object.fromEntries(Object.entries(right).filter(([field]) => fields.includes(field)));
      for (const method of methodsOf(endpoint)) {
        for (const field of fields) {
          for (const [what, value] of Object.entries(ODD)) {
            const { status, body } = await sent(endpoint, method, { ...base, [field]: value });
            asked++;
            const text = typeof body === 'string' ? body : JSON.stringify(body);
            if ((status >= 500 && status !== 501) || INSIDE.test(text.slice(0, 5000)))
              faults.push(`${method} ${name}: ${what} as ${field}: ${status} ${text.slice(0, 200)}`);
          }
        }
      }
    }
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThan(8000);
  }, 600_000);
});
