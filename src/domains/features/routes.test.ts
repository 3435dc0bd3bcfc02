import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../../../test/harness/server.ts';

const base = '/api/v1/projects/default';

describe('features over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
  });
  afterAll(() => server.end());

  async function done(path: string) {
    await expect
      .poll(async () => (await server.call('GET', path)).body.state, { timeout: 60_000 })
      .toBe('done');
    return (await server.call('GET', path)).body;
  }

  it('goes from a file to a training table and a look-up', async () => {
    const upload = await fetch(`${server.url}${base}/blobs`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'text/csv' },
      body: 'city,at,temperature\nUlm,2001-01-01 06:00:00,3\nUlm,2001-01-01 12:00:00,9\nBonn,2001-01-01 06:00:00,5\n',
    });
    const { digest } = (await upload.json()) as { digest: string };
    const files = [{ digest, format: 'csv', name: 'weather.csv' }];
    const started = await server.call('POST', `${base}/datasets/weather/versions`, { files });
    await done(`${base}/datasets/weather/imports/${started.body.job}`);

    const applied = await server.call('POST', `${base}/features/apply`, {
      entities: [{ name: 'city', join_key: 'city' }],
      views: [
        {
          name: 'weather',
          entity: 'city',
          source: 'weather',
          sql: 'select city as key, "at" as event_time, temperature as degrees from source',
          features: [{ name: 'degrees' }],
        },
      ],
      services: [
        {
          name: 'trip',
          request: [
            { name: 'at', type: 'timestamp' },
            { name: 'city', type: 'string' },
          ],
          event_time_column: 'at',
          transforms: [{ name: 'hour', expression: 'at.getHours()' }],
          joins: [{ view: 'weather', key: { column: 'city' }, features: ['degrees'], age_as: 'age' }],
        },
      ],
    });
    expect(applied).toMatchObject({ status: 200, body: { applied: [{}, {}, {}] } });
    const materialise = await server.call('POST', `${base}/features/views/weather/materialise`, {});
    const made = await done(`${base}/features/materialisations/${materialise.body.job}`);
    expect(made.result.partitions).toEqual([{ dataset_version: 1, rows: 3, created: true }]);

    const historical = await server.call('POST', `${base}/features/historical`, {
      service: 'trip',
      dataset: { name: 'weather', versions: [1] },
      select: `select city, "at" + interval 1 hour as "at", temperature as label from input where city = 'Ulm'`,
      keep: ['label'],
      save_as: 'training',
    });
    const { result } = await done(`${base}/features/historical/${historical.body.job}`);
    expect(result).toMatchObject({
      vector: ['at', 'city', 'hour', 'degrees', 'age'],
      table: { rows: 2, version: 1 },
      holdout: null,
    });
    const rows = await server.call('GET', `${base}/datasets/training/versions/1/rows`);
    expect(rows.body.rows).toMatchObject([
      { hour: 7, degrees: 3, age: 60, label: 3 },
      { hour: 13, degrees: 9, age: 60, label: 9 },
    ]);
    const file = await fetch(`${server.url}${base}/features/historical/${historical.body.job}/rows`);
    expect(
      Buffer.from(await file.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe('PAR1');

    const push = await server.call('POST', `${base}/features/views/weather/push`, {
      rows: [{ key: 'Ulm', event_time: '2001-01-01T14:00:00Z', values: { degrees: 11 } }],
    });
    expect(push.body).toEqual({ view_version: 1, rows: 1, online: true });
    const at = Date.UTC(2001, 0, 1, 15);
    const found = await server.call(
      'GET',
      `${base}/features/lookup?view=weather&key=Ulm&at=${at}`,
      undefined,
      { anonymous: true },
    );
    expect(found.body).toMatchObject({ found: { values: { degrees: 11 }, age_minutes: 60 }, later: null });
    const list = await server.call('GET', `${base}/features`);
    expect(list.body.views[0].freshness).toMatchObject({
      rows: 4,
      newest_event_time: Date.UTC(2001, 0, 1, 14),
    });
    const view = await server.call('GET', `${base}/features/views/weather`);
    expect(view.body.partitions.map((item: { kind: string }) => item.kind)).toEqual([
      'materialised',
      'pushed',
    ]);
  });

  it('refuses writes without a token and unknown names', async () => {
    const anonymous = { anonymous: true };
    for (const path of ['apply', 'historical', 'views/weather/push', 'views/weather/materialise'])
      expect((await server.call('POST', `${base}/features/${path}`, {}, anonymous)).status, path).toBe(401);
    expect(await server.call('GET', `${base}/features/services/none`)).toMatchObject({
      status: 404,
      body: { code: 'FEATURE_UNKNOWN' },
    });
  });
});
