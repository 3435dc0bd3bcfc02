import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../../../test/harness/server.ts';

const base = '/api/v1/projects/default';

describe('datasets over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
  });
  afterAll(() => server.end());

  async function upload(text: string, anonymous = false) {
    const response = await fetch(`${server.url}${base}/blobs`, {
      method: 'POST',
      headers: {
        'content-type': 'application/octet-stream',
        ...(anonymous ? {} : { authorization: `Bearer ${server.token}` }),
      },
      body: text,
    });
    return { status: response.status, body: (await response.json()) as { digest: string; size: number } };
  }

  it('imports an upload and serves it as rows and as Parquet', async () => {
    const { body: blob } = await upload('id,city\n1,Ulm\n2,Köln\n');
    expect(blob.size).toBe(22);
    const files = [{ digest: blob.digest, format: 'csv', name: 'cities.csv' }];
    const started = await server.call('POST', `${base}/datasets/my%20cities/versions`, { files });
    expect(started.status).toBe(202);
    const job = `${base}/datasets/my%20cities/imports/${started.body.job}`;
    await expect
      .poll(async () => (await server.call('GET', job)).body.state, { timeout: 60_000 })
      .toBe('done');
    expect((await server.call('GET', job)).body.result).toMatchObject({ version: 1, rows: 2, created: true });

    const at = `${base}/datasets/my%20cities/versions/latest`;
    expect((await server.call('GET', at)).body.schema[1]).toMatchObject({
      name: 'city',
      domain: ['Köln', 'Ulm'],
    });
    const rows = await server.call(
      'GET',
      `${at}/rows?columns=city&where=${encodeURIComponent('id = 2')}`,
      undefined,
      { anonymous: true },
    );
    expect(rows.body).toMatchObject({ rows: [{ city: 'Köln' }], total: 1 });
    const part = await fetch(`${server.url}${at}/parts/0`);
    expect(part.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    expect(
      Buffer.from(await part.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe('PAR1');

    await server.call('PATCH', `${base}/datasets/my%20cities`, { column_tags: { city: ['pii'] } });
    const list = await server.call('GET', `${base}/datasets`);
    expect(list.body.datasets[0]).toMatchObject({
      name: 'my cities',
      column_tags: { city: ['pii'] },
      latest: { version: 1 },
    });
  });

  it('stores checks, runs them and shows the report', async () => {
    const at = `${base}/datasets/my%20cities`;
    const suite = 'checks: [{ expect: in_range, column: id, max: 1 }]';
    expect((await server.call('PUT', `${at}/checks`, { suite })).body.suite.checks[0]).toMatchObject({
      severity: 'error',
    });
    const report = await server.call('POST', `${at}/versions/1/validations`, {});
    expect(report.body).toMatchObject({ failed: 1, results: [{ bad_rows: 1, sample: [{ city: 'Köln' }] }] });
    expect((await server.call('GET', `${at}/validations/${report.body.id}`)).body).toEqual(report.body);
    expect((await server.call('GET', `${at}/compare?before=1&after=1`)).body.columns).toHaveLength(2);
  });

  it('lets nobody without a token write, and names what is missing', async () => {
    expect((await upload('x', true)).status).toBe(401);
    const anonymous = { anonymous: true };
    const spec = { kind: 'folder', dataset: 'x', path: '/', format: 'csv' };
    expect((await server.call('PUT', `${base}/sources/x`, spec, anonymous)).status).toBe(401);
    expect((await server.call('POST', `${base}/datasets/x/versions`, {}, anonymous)).status).toBe(401);
    expect(await server.call('GET', `${base}/datasets/none`)).toMatchObject({
      status: 404,
      body: { code: 'DATASET_UNKNOWN' },
    });
    expect(await server.call('PUT', `${base}/sources/x`, { ...spec, path: server.data })).toMatchObject({
      status: 422,
      body: { code: 'SOURCE_REFUSED' },
    });
    const missing = { files: [{ digest: '0'.repeat(64), format: 'csv', name: 'x.csv' }] };
    expect((await server.call('POST', `${base}/datasets/x/versions`, missing)).body.message).toMatch(
      /was not uploaded/,
    );
  });
});
