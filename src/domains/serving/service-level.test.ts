import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Analytics, createAnalytics } from '../../analytics/index.ts';
import { openBlobs } from '../../artifacts/index.ts';
import { type PredictionScope, predictionScope } from './predictions.ts';
import { ServiceLevel } from './schema/service-level.ts';
import { serviceLevel } from './service-level.ts';
import type { Part } from './store/parts.ts';

const entry = fileURLToPath(new URL('../../../dist/analytics.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rondo-level-'));
const EVERYTHING = { from: -8.64e15, until: 8.64e15 };
let analytics: Analytics;
let scope: PredictionScope;

beforeAll(async () => {
  const blobs = await openBlobs({ folder: join(folder, 'artifacts') });
  analytics = createAnalytics({ folder: join(folder, 'analytics'), entry, blobs });
  // 100 answers a second apart on the wall, an hour apart in event time; every fourth from deployment 2; latency grows by 1 ms.
  const made = await analytics.run({
    outputs: {
      prediction: `select 'e.' || (1 + (i % 4 = 3)::integer) || '.1.' || i as prediction_id, 'e' as endpoint, 1 + (i % 4 = 3)::integer as deployment,
        1::bigint as epoch, i as sequence, i * 3600000 as event_time, 1000000 + i * 1000 as wall_time, (i + 1) * 1000.0 as latency_us,
        1.0 as propensity, null::varchar as unit, null::varchar as key, false as pinned, null::varchar as "of", 0.5 as output, '' as outputs
        from range(100) t(i)`,
      error: `select 'e' as endpoint, 1 as deployment, 1010500::bigint as wall_time, s as status, 'X' as code, '' as message from (values (500), (404)) t(s)`,
    },
  });
  const part = (kind: 'prediction' | 'error') => ({ kind, digest: made.outputs[kind]?.digest }) as Part;
  scope = predictionScope([part('prediction'), part('error')], EVERYTHING);
});
afterAll(async () => {
  await analytics.close();
  rmSync(folder, { recursive: true });
});

it('counts answers by arm, latency and server errors in buckets of wall clock', async () => {
  const level = await serviceLevel(analytics, scope, {
    clock: 'wall',
    from: 1_000_000,
    until: 1_100_000,
    buckets: 10,
  });
  expect(ServiceLevel.parse(level)).toMatchObject({ n: 100, errors: 1, step_ms: 10_000, p50_ms: 50.5 });
  expect(level.arms.map((arm) => arm.deployment)).toEqual([1, 2]);
  expect(level.arms[0]?.counts.slice(0, 2)).toEqual([8, 7]);
  expect(level.arms[1]?.counts.reduce((sum, n) => sum + n, 0)).toBe(25);
  expect(level.latency.p50_ms[0]).toBeCloseTo(5.5);
  expect(level.errors_by_bucket?.slice(0, 3)).toEqual([0, 1, 0]);
});

it('does not say when an error happened in event time, and leaves empty buckets without latency', async () => {
  const level = await serviceLevel(analytics, scope, {
    clock: 'event',
    from: 0,
    until: 200 * 3_600_000,
    buckets: 4,
  });
  expect(level.errors_by_bucket).toBeNull();
  expect(level.errors).toBe(1);
  expect(level.arms[0]?.counts).toEqual([38, 37, 0, 0]);
  expect(level.latency.p99_ms.slice(2)).toEqual([null, null]);
});
