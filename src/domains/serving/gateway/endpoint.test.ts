import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { openPlane, type TestPlane } from '../../../../test/harness/data-plane.ts';
import { doubles, linearRoute, putModel, routeTable } from '../../../../test/harness/gateway.ts';
import { linearModel } from '../../../../test/harness/onnx.ts';
import type { EndpointRoute, LogRecord } from '../schema/route.ts';
import { compileSplit } from './assignment.ts';
import { diskFiles, type LogFiles } from './log-files.ts';

let planes: TestPlane[] = [];
const open = async (options?: Parameters<typeof openPlane>[0]) => {
  const plane = await openPlane(options);
  planes.push(plane);
  return plane;
};
afterEach(async () => {
  for (const plane of planes) await plane.close();
  planes = [];
});

const ask = (plane: TestPlane, rows: number[][], headers?: Record<string, string>) =>
  plane.call('POST', '/endpoints/eta/invocations', { instances: rows }, headers);
const of = <K extends LogRecord['kind']>(records: LogRecord[], kind: K) =>
  records.filter((record): record is Extract<LogRecord, { kind: K }> => record.kind === kind);
const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

test('every answer is in the log before it leaves: request, vector, output, times and share', async () => {
  const plane = await open();
  await plane.routes.apply(routeTable(7, linearRoute(plane.artifacts, [{ weights: [2, 3] }])));
  const { json, headers } = await ask(
    plane,
    [
      [1, 2],
      [3, 4],
    ],
    { 'x-rondo-event-time': '2001-02-03T04:05:06Z' },
  );
  const records = await plane.records();
  expect(of(records, 'deployment')).toMatchObject([
    {
      endpoint: 'eta',
      deployment: 1,
      model_version: '1',
      request: ['a', 'b'],
      vector: ['a', 'b'],
      output: ['y'],
      revision: 7,
    },
  ]);
  expect(of(records, 'prediction')).toMatchObject([
    {
      prediction_id: headers['x-rondo-prediction-id'],
      deployment: 1,
      event_time: 981173106000,
      propensity: 1,
      request: [1, 2],
      output: [8],
    },
    { prediction_id: json.prediction_ids[1], request: [3, 4], output: [18] },
  ]);
  const [first] = of(records, 'prediction');
  expect(first?.vector).toBeUndefined();
  expect(first?.latency_us).toBeGreaterThan(0);
});

test('the same idempotency key gets the same answer and one line, also at once, and after a restart', async () => {
  const plane = await open();
  await plane.routes.apply(routeTable(1, linearRoute(plane.artifacts, [{ weights: [2, 3] }])));
  const key = { 'idempotency-key': 'order-1' };
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => ask(plane, [[1, 2]], key)));
  answers.push(await ask(plane, [[1, 2]], key));
  const batch = {
    instances: [
      [1, 2],
      [5, 5],
    ],
    params: { idempotency_keys: ['order-1', 'order-2'] },
  };
  answers.push(await plane.call('POST', '/endpoints/eta/invocations', batch));
  expect(new Set(answers.map(({ headers }) => headers['x-rondo-prediction-id'])).size).toBe(1);
  expect(answers.at(-1)?.json.predictions).toEqual([8, 25]);
  expect(of(await plane.records(), 'prediction').map(({ key: logged }) => logged)).toEqual([
    'order-1',
    'order-2',
  ]);
  const other = await plane.call('POST', '/endpoints/eta/invocations', {
    ...batch,
    params: { idempotency_keys: ['same', 'same'] },
  });
  expect(new Set(other.json.prediction_ids).size).toBe(1);
  await plane.close();
  planes = [];

  const next = await open({ folder: plane.folder, epoch: 2 });
  await next.routes.apply(routeTable(1, linearRoute(next.artifacts, [{ weights: [100, 100] }])));
  const again = await ask(next, [[1, 2]], key);
  expect(again.headers['x-rondo-prediction-id']).toBe(answers[0]?.headers['x-rondo-prediction-id']);
  expect(again.json.predictions).toEqual([8]);
  expect((await ask(next, [[1, 2]], { 'idempotency-key': 'order-3' })).json.predictions).toEqual([300]);
});

test('a key whose request failed is free again', async () => {
  const plane = await open();
  await plane.routes.apply(routeTable(1, linearRoute(plane.artifacts, [{ weights: [2, 3] }])));
  const call = (body: unknown) =>
    plane.call('POST', '/endpoints/eta/invocations', body, { 'idempotency-key': 'k' });
  expect((await call({ instances: [[1, 'x']] })).status).toBe(400);
  expect((await call({ instances: [[1, 2]] })).json.predictions).toEqual([8]);
});

test('shadows score the same request after the answer, never take traffic, and point to it', async () => {
  const plane = await open();
  await plane.routes.apply(
    routeTable(
      1,
      linearRoute(plane.artifacts, [{ weights: [2, 3] }, { weights: [20, 30], weight: 0, shadow: true }]),
    ),
  );
  const ids: string[] = [];
  for (let i = 0; i < 20; i++)
    ids.push(String((await ask(plane, [[1, 1]])).headers['x-rondo-prediction-id']));
  await turn();
  const predictions = of(await plane.records(), 'prediction');
  const shadows = predictions.filter((record) => record.of !== undefined);
  expect(ids.every((id) => id.startsWith('eta.1.'))).toBe(true);
  expect(shadows.map((record) => record.of)).toEqual(ids);
  expect(
    shadows.every(
      (record) =>
        record.deployment === 2 &&
        record.output[0] === 50 &&
        record.propensity === null &&
        record.prediction_id.startsWith('eta.2.1.'),
    ),
  ).toBe(true);
  const pinned = await plane.call('POST', '/v2/models/eta/versions/2/infer', {
    inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP64', data: [1, 1] }],
  });
  expect(pinned.json).toMatchObject({ model_version: '2', outputs: [{ data: [50] }] });
  expect(of(await plane.records(), 'prediction').find((record) => record.pinned)).toMatchObject({
    deployment: 2,
    propensity: null,
  });
});

test('a paired canary: each arm answers its share and scores what the other answered', async () => {
  const plane = await open();
  await plane.routes.apply(
    routeTable(
      1,
      linearRoute(
        plane.artifacts,
        [
          { weights: [1, 0], weight: 0.5, shadow: true },
          { weights: [0, 1], weight: 0.5, shadow: true },
        ],
        { sticky: 'a' },
      ),
    ),
  );
  const { json } = await ask(
    plane,
    Array.from({ length: 40 }, (_, i) => [i, 1000]),
  );
  await turn();
  const predictions = of(await plane.records(), 'prediction');
  expect(predictions.length).toBe(80);
  for (const id of json.prediction_ids as string[]) {
    const [answered, shadow] = [
      predictions.find((record) => record.prediction_id === id),
      predictions.find((record) => record.of === id),
    ];
    expect(answered?.propensity).toBe(0.5);
    expect(answered?.unit).toBe(String(answered?.request[0]));
    expect(new Set([answered?.deployment, shadow?.deployment])).toEqual(new Set([1, 2]));
  }
  const again = await ask(
    plane,
    Array.from({ length: 40 }, (_, i) => [i, 1000]),
  );
  const arms = (ids: string[]) => ids.map((id) => id.split('.')[1]);
  expect(arms(again.json.prediction_ids)).toEqual(arms(json.prediction_ids));
});

test('the split keeps to its weights, and raising the candidate never moves a unit back', () => {
  const arms = (share: number) => [
    { arm: 'champion', weight: 1 - share },
    { arm: 'candidate', weight: share },
  ];
  fc.assert(
    fc.property(
      fc.string(),
      fc.array(fc.string(), { minLength: 1 }),
      fc.double({ min: 0.01, max: 0.5, noNaN: true }),
      (seed, units, share) => {
        const low = compileSplit(seed, arms(share));
        const high = compileSplit(seed, arms(share * 1.5));
        for (const unit of units) {
          expect(low(unit).to.arm === 'candidate' && high(unit).to.arm === 'champion').toBe(false);
          expect(low(unit).propensity).toBeCloseTo(low(unit).to.arm === 'candidate' ? share : 1 - share, 12);
        }
      },
    ),
  );
  const three = compileSplit('s', [
    { arm: 'a', weight: 2 },
    { arm: 'b', weight: 1 },
    { arm: 'c', weight: 1 },
    { arm: 'off', weight: 0 },
  ]);
  const counts: Record<string, number> = {};
  for (let i = 0; i < 8_000; i++) {
    const { arm } = three(`unit-${i}`).to;
    counts[arm] = (counts[arm] ?? 0) + 1;
  }
  expect(counts.off).toBeUndefined();
  // Five standard deviations of a binomial around 4000 and 2000.
  expect(Math.abs((counts.a as number) - 4_000)).toBeLessThan(224);
  expect(Math.abs((counts.b as number) - 2_000)).toBeLessThan(194);
});

const HOUR = 3_600_000;
const noon = Date.parse('2001-02-03T12:00:00Z');

function flightsRoute(artifacts: string): EndpointRoute {
  const route = linearRoute(artifacts, [{ weights: [1, 1] }]);
  const [deployment] = route.deployments as [EndpointRoute['deployments'][number]];
  const inputs = [
    { name: 'hour', type: 'integer' as const },
    { name: 'late_share', type: 'double' as const, required: false },
    { name: 'mean_delay', type: 'double' as const, required: false },
    { name: 'age', type: 'double' as const, required: false },
    { name: 'all_flights', type: 'double' as const, required: false },
  ];
  const request = [
    { name: 'origin', type: 'string' as const },
    { name: 'departure', type: 'datetime' as const },
  ];
  return {
    ...route,
    request,
    deployments: [
      {
        ...deployment,
        model: {
          ...deployment.model,
          digest: putModel(artifacts, linearModel([1, 10, 100, 1000, 10_000], 0)),
        },
        signature: { inputs, outputs: [{ name: 'y', type: 'double' }] },
        feature_service: {
          name: 'delays',
          version: 1,
          request,
          event_time_column: 'departure',
          transforms: [
            { name: 'hour', expression: 'departure.getHours()' },
            { name: 'place', expression: '"airport:" + origin' },
          ],
          joins: [
            {
              view: 'airport',
              view_version: 1,
              entity: { column: 'place' },
              features: [
                { feature: 'late', as: 'late_share' },
                { feature: 'delay', as: 'mean_delay' },
              ],
              ttl_ms: 2 * HOUR,
              delay_ms: HOUR,
              age_as: 'age',
            },
            {
              view: 'everywhere',
              view_version: 1,
              entity: { constant: 'all' },
              features: [{ feature: 'n', as: 'all_flights' }],
              ttl_ms: null,
              delay_ms: 0,
              age_as: null,
            },
          ],
        },
      },
    ],
  };
}

test('a feature service: transforms, point-in-time reads with delay, ttl and age, a constant key', async () => {
  const plane = await open();
  await plane.routes.apply(routeTable(1, flightsRoute(plane.artifacts)));
  const push = (
    view: string,
    features: string[],
    rows: [string, number, ...number[]][],
    id: string,
    project = 'default',
  ) =>
    plane.store.push({
      batch_id: id,
      project,
      view,
      version: 1,
      features,
      keys: rows.map(([key]) => key),
      event_times: rows.map(([, time]) => time),
      created_times: 0,
      values: rows.flatMap(([, , ...values]) => values),
    });
  await push(
    'airport',
    ['delay', 'late'],
    [
      ['airport:ATL', noon - 2 * HOUR, 12.5, 0.25],
      ['airport:ATL', noon - 30 * 60_000, 99, 0.99],
    ],
    'one',
  );
  await push('everywhere', ['n'], [['all', noon, 7]], 'two');
  const call = (origin: string, headers?: Record<string, string>) =>
    plane.call(
      'POST',
      '/endpoints/eta/invocations',
      { dataframe_records: [{ origin, departure: '2001-02-03T12:00:00Z' }] },
      headers,
    );
  expect((await call('ATL')).status).toBe(200);
  expect((await call('ORD')).status).toBe(200);
  await call('ATL', { 'x-rondo-event-time': String(noon + 30 * 60_000) });
  await call('ATL', { 'x-rondo-event-time': String(noon + 3 * HOUR) });
  const rows = of(await plane.records(), 'prediction');
  expect(rows.map(({ vector }) => vector)).toEqual([
    [12, 0.25, 12.5, 120, 7],
    [12, null, null, null, 7],
    [12, 0.99, 99, 60, 7],
    [12, null, null, null, 7],
  ]);
  expect(rows.map((row) => row.event_time)).toEqual([noon, noon, noon + 30 * 60_000, noon + 3 * HOUR]);
  expect(rows[0]?.request).toEqual(['ATL', noon]);
  expect(rows[0]?.output).toEqual([12 + 2.5 + 1250 + 120_000 + 70_000]);
  await push('airport', ['delay', 'late'], [['airport:ATL', noon - HOUR, 1, 0]], 'late push');
  await call('ATL');
  expect(of(await plane.records(), 'prediction').at(-1)?.vector).toEqual([12, 0, 1, 60, 7]);
});

test('routes that cannot be served are refused whole, and the old ones stay', async () => {
  const plane = await open();
  const good = linearRoute(plane.artifacts, [{ weights: [2, 3] }]);
  await plane.routes.apply(routeTable(5, good));
  const [deployment] = good.deployments as [EndpointRoute['deployments'][number]];
  const changed = (change: Partial<EndpointRoute['deployments'][number]>): EndpointRoute => ({
    ...good,
    deployments: [{ ...deployment, ...change }],
  });
  const bad = putModel(plane.artifacts, Buffer.from('not an onnx file'));
  const damaged = putModel(plane.artifacts, linearModel([9, 9], 9));
  writeFileSync(join(plane.artifacts, 'blobs', damaged.slice(0, 2), damaged), linearModel([1, 1], 1));
  const flights = flightsRoute(plane.artifacts);
  const service = flights.deployments[0]?.feature_service as NonNullable<
    EndpointRoute['deployments'][number]['feature_service']
  >;
  const withService = (change: Partial<typeof service>): EndpointRoute => ({
    ...flights,
    deployments: [
      { ...(flights.deployments[0] as typeof deployment), feature_service: { ...service, ...change } },
    ],
  });
  const refused: [unknown, number][] = [
    [routeTable(6, changed({ model: { ...deployment.model, digest: bad } })), 422],
    [routeTable(6, changed({ model: { ...deployment.model, digest: damaged } })), 422],
    [routeTable(6, changed({ model: { ...deployment.model, digest: 'f'.repeat(64) } })), 422],
    [routeTable(6, changed({ model: { ...deployment.model, flavor: 'sklearn' } })), 422],
    [routeTable(6, changed({ weight: 0 })), 422],
    [
      routeTable(
        6,
        changed({ signature: { inputs: doubles('a', 'b', 'c'), outputs: deployment.signature.outputs } }),
      ),
      422,
    ],
    [routeTable(6, { ...good, request: doubles('a', 'c') }), 422],
    [routeTable(6, { ...good, request: [{ name: 'a', type: 'string' }, ...doubles('b')] }), 422],
    [routeTable(6, { ...good, sticky: 'user' }), 422],
    [routeTable(6, { ...good, deployments: [deployment, deployment] }), 400],
    [routeTable(6, good, good), 400],
    [routeTable(6, { ...good, name: 'with.dots' }), 400],
    [routeTable(4, good), 409],
    [{ endpoints: 'none' }, 400],
    [routeTable(6, withService({ transforms: [] })), 422],
    [routeTable(6, withService({ transforms: [{ name: 'hour', expression: 'nothing + 1' }] })), 400],
    [routeTable(6, withService({ joins: [] })), 422],
    [
      routeTable(
        6,
        withService({ transforms: [...service.transforms, { name: 'origin', expression: '1' }] }),
      ),
      422,
    ],
  ];
  for (const [table, status] of refused) {
    await expect(plane.routes.apply(table)).rejects.toMatchObject({ status });
    expect(plane.routes.revision).toBe(5);
    expect((await ask(plane, [[1, 2]])).json.predictions).toEqual([8]);
  }
  rmSync(plane.artifacts, { recursive: true });
  await plane.routes.apply(routeTable(6, { ...good, seed: 'a model that is loaded is not loaded again' }));
  expect((await ask(plane, [[1, 2]])).json.predictions).toEqual([8]);
});

test('40 swaps under load: no request fails, each is answered by the old or the new version', async () => {
  const plane = await open();
  const versions = [2, 3].map((w) =>
    linearRoute(plane.artifacts, [{ weights: [w, 0], id: w, version: String(w) }]),
  );
  await plane.routes.apply(routeTable(1, versions[0] as EndpointRoute));
  let over = false;
  const client = async () => {
    const seen: number[] = [];
    while (!over) {
      const { status, json } = await ask(plane, [[1, 0]]);
      expect(status).toBe(200);
      seen.push(json.predictions[0]);
    }
    return seen;
  };
  const clients = Array.from({ length: 8 }, client);
  for (let i = 2; i <= 40; i++) await plane.routes.apply(routeTable(i, versions[i % 2] as EndpointRoute));
  over = true;
  const seen = (await Promise.all(clients)).flat();
  expect(new Set(seen)).toEqual(new Set([2, 3]));
  expect(of(await plane.records(), 'prediction').length).toBe(seen.length);
});

/** A disk that is full while `full` is set. */
function fullDisk(): LogFiles & { full: boolean } {
  return {
    ...diskFiles,
    full: false,
    write(...call) {
      if (this.full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return diskFiles.write(...call);
    },
  };
}

test('when the log cannot be written, `answer` answers and tells the gap, `refuse` says 503 and loses no number', async () => {
  for (const log of ['answer', 'refuse'] as const) {
    const files = fullDisk();
    const plane = await open({ log: { files } });
    await plane.routes.apply(routeTable(1, linearRoute(plane.artifacts, [{ weights: [2, 3] }], { log })));
    expect((await ask(plane, [[1, 2]])).status).toBe(200);
    files.full = true;
    const during = await ask(plane, [
      [1, 2],
      [1, 2],
    ]);
    const feedback = await plane.call('POST', '/api/v1/feedback', {
      feedback: [{ prediction_id: 'eta.1.1.1', label: 1 }],
    });
    expect([feedback.status, feedback.headers['retry-after']]).toEqual([503, '1']);
    files.full = false;
    const after = await ask(plane, [[1, 2]]);
    const records = await plane.records();
    const ids = of(records, 'prediction').map((record) => record.prediction_id);
    if (log === 'answer') {
      expect(during.json.prediction_ids).toEqual(['eta.1.1.2', 'eta.1.1.3']);
      expect(ids).toEqual(['eta.1.1.1', 'eta.1.1.4']);
      expect(of(records, 'gap')).toMatchObject([
        { reason: 'write_failed', endpoint: 'eta', deployment: 1, from: 2, to: 3, count: 2 },
      ]);
    } else {
      expect([during.status, during.headers['retry-after']]).toEqual([503, '1']);
      expect(after.headers['x-rondo-prediction-id']).toBe('eta.1.1.2');
      expect(ids).toEqual(['eta.1.1.1', 'eta.1.1.2']);
      expect(of(records, 'gap')).toEqual([]);
    }
  }
});

test('errors are logged, and a flood of them is counted instead', async () => {
  const plane = await open();
  await plane.routes.apply(routeTable(1, linearRoute(plane.artifacts, [{ weights: [2, 3] }])));
  await Promise.all(
    Array.from({ length: 450 }, () =>
      plane.call('POST', '/endpoints/eta/invocations', { instances: [[1, 'x']] }),
    ),
  );
  await ask(plane, [[1, 2]]);
  const records = await plane.records();
  const errors = of(records, 'error');
  const skipped = of(records, 'gap').reduce((sum, gap) => sum + (gap.count ?? 0), 0);
  expect(errors[0]).toMatchObject({
    endpoint: 'eta',
    status: 422,
    code: 'UNPROCESSABLE',
    message: expect.stringContaining('"b"'),
  });
  expect(errors.length + skipped).toBe(450);
});

test('feedback is on disk before its 200, many together in one sync, and bad feedback is refused whole', async () => {
  let syncs = 0;
  const files: LogFiles = {
    ...diskFiles,
    sync: async (file) => {
      syncs++;
      await turn();
      await diskFiles.sync(file);
    },
  };
  const plane = await open({ log: { files } });
  const send = (feedback: unknown) => plane.call('POST', '/api/v1/feedback', { feedback });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      send([{ prediction_id: `eta.1.1.${i + 1}`, label: i % 2 === 0, observed_at: '2001-02-03T04:05:06Z' }]),
    ),
  );
  expect(answers.every(({ status, json }) => status === 200 && json.accepted === 1)).toBe(true);
  expect(syncs).toBeLessThan(25);
  expect(syncs).toBeGreaterThan(0);
  const stored = of(await plane.records(), 'feedback');
  expect(stored.length).toBe(50);
  expect(stored[0]).toMatchObject({ observed_at: 981173106000, wall_time: expect.any(Number) });
  const good = { prediction_id: 'eta.1.1.1', label: 0.5 };
  for (const bad of [
    [],
    'x',
    [good, { prediction_id: 'nonsense', label: 1 }],
    [{ ...good, label: [1] }],
    [{ ...good, observed_at: 'soon' }],
    [{ prediction_id: 'eta.1.1.1' }],
  ]) {
    expect((await send(bad)).status).toBe(400);
  }
  expect(of(await plane.records(), 'feedback').length).toBe(50);
});

test('past its queue an endpoint says 429 with Retry-After at once, and serves on', async () => {
  const plane = await open();
  await plane.routes.apply(routeTable(1, linearRoute(plane.artifacts, [{ weights: [2, 3] }])));
  const many = Array.from({ length: 5_000 }, () => [1, 2]);
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(plane, many)));
  const statuses = answers.map(({ status }) => status);
  expect(statuses).toContain(200);
  for (const answer of answers)
    if (answer.status !== 200) expect([answer.status, answer.headers['retry-after']]).toEqual([429, '1']);
  expect((await ask(plane, [[1, 2]])).status).toBe(200);
});
