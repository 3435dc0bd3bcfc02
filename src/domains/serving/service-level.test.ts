import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testGround, type TestGround } from '../../../test/harness/ground.ts';
import type { LevelCell } from './schema/level-cell.ts';
import { ServiceLevel, ServiceLevelQuery } from './schema/service-level.ts';
import { createLog, type LogService } from './service/log.ts';
import { saveEndpoint } from './store/endpoints.ts';
import { addCells } from './store/level-cells.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BORN = 1_700_000_000_000 - (1_700_000_000_000 % DAY);
const ask = (query: Partial<ServiceLevelQuery>) => ServiceLevelQuery.parse(query);

/** No other replica is there to be asked. */
const ALONE = { gather: async () => [], isOwn: () => true };

describe.each(ENGINES)('the service level on %s', (engine) => {
  let ground: TestGround;
  let log: LogService;
  let sealed: { digest: string; path: string }[];

  beforeEach(async () => {
    ground = await testGround(engine);
    sealed = [];
    log = createLog({
      ...ground,
      segments: { seal: async () => {}, sealed: async () => sealed, acknowledge: async () => {} },
      gateways: ALONE,
    });
  });
  afterEach(() => ground.end());

  async function imported(lines: Record<string, unknown>[]): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const digest = createHash('sha256').update(text).digest('hex');
    const path = join(ground.folder, `${digest}.ndjson`);
    writeFileSync(path, text);
    sealed = [{ digest, path }];
    await log.importSealed();
  }

  const layout = (deployment: number) => ({
    kind: 'deployment',
    endpoint: 'e',
    deployment,
    request: ['x'],
    vector: ['x'],
    output: ['p'],
  });
  /** Answer `i`: a second after the one before on the wall, an hour after it in event time; every fourth by deployment 2; latency grows by 1 ms. */
  const answer = (i: number, more: Record<string, unknown> = {}) => ({
    kind: 'prediction',
    prediction_id: `e.${1 + Number(i % 4 === 3)}.1.${i}`,
    deployment: 1 + Number(i % 4 === 3),
    event_time: i * HOUR,
    wall_time: BORN + i * 1000,
    latency_us: (i + 1) * 1000,
    propensity: 1,
    request: [1],
    output: [0.5],
    ...more,
  });
  const failure = (status: number, wall_time: number, deployment: number | null = 1) => ({
    kind: 'error',
    endpoint: 'e',
    deployment,
    wall_time,
    status,
    code: 'X',
    message: '',
  });
  const answers = (from: number, until: number) =>
    Array.from({ length: until - from }, (_, i) => answer(from + i));

  it('counts answers by arm, latency and server errors in buckets of wall clock', async () => {
    await imported([
      layout(1),
      layout(2),
      ...answers(0, 100),
      answer(100, { prediction_id: 'e.2.1.100', deployment: 2, of: 'e.1.1.99' }),
      answer(101, { pinned: true }),
      failure(500, BORN + 10_500),
      failure(503, BORN + 10_600, null),
      failure(404, BORN + 10_500),
    ]);
    const level = ServiceLevel.parse(await log.level('e', ask({ span_ms: 100_000, buckets: 10 })));
    expect(level).toMatchObject({ n: 100, errors: 2, step_ms: 10_000, from: BORN, until: BORN + 99_001 });
    expect(level.arms.map((arm) => arm.deployment)).toEqual([1, 2]);
    expect(level.arms[0]?.counts.slice(0, 2)).toEqual([8, 7]);
    expect(level.arms[1]?.counts.reduce((sum, n) => sum + n, 0)).toBe(25);
    expect((level.p50_ms as number) / 50).toBeCloseTo(1, 1);
    expect((level.p99_ms as number) / 99).toBeCloseTo(1, 1);
    expect((level.latency.p50_ms[0] as number) / 5).toBeCloseTo(1, 1);
    expect(level.errors_by_bucket?.slice(0, 3)).toEqual([0, 2, 0]);
  });

  it('says the same of answers that came in many segments', async () => {
    await imported([layout(1), layout(2), ...answers(0, 37), failure(500, BORN + 10_500)]);
    await imported([layout(1), layout(2), ...answers(37, 41)]);
    await imported([layout(1), layout(2), ...answers(41, 100), failure(500, BORN + 50_500)]);
    const whole = createLog({
      ...ground,
      segments: { seal: async () => {}, sealed: async () => [], acknowledge: async () => {} },
      gateways: ALONE,
    });
    for (const query of [
      ask({ span_ms: 60_000, buckets: 6 }),
      ask({ span_ms: 3 * DAY }),
      ask({ clock: 'event', span_ms: 3 * DAY }),
    ]) {
      const many = await whole.level('e', query);
      await ground.database.write((tx) => tx.deleteFrom('level_cells').execute());
      await ground.database.write((tx) => tx.deleteFrom('prediction_segments').execute());
      await imported([
        layout(1),
        layout(2),
        ...answers(0, 100),
        failure(500, BORN + 10_500),
        failure(500, BORN + 50_500),
      ]);
      expect(many).toEqual(await whole.level('e', query));
      expect(many.n).toBeGreaterThan(50);
    }
  });

  it('does not say when an error happened in event time, and leaves empty buckets without latency', async () => {
    await imported([
      layout(1),
      layout(2),
      ...answers(0, 48),
      ...answers(150, 192),
      failure(500, BORN + 10_500),
    ]);
    const level = await log.level('e', ask({ clock: 'event', span_ms: 192 * HOUR, buckets: 4 }));
    expect(level.errors_by_bucket).toBeNull();
    expect(level).toMatchObject({ errors: 1, step_ms: 2 * DAY, from: 0 });
    expect(level.arms[0]?.counts).toEqual([36, 0, 0, 31]);
    expect(level.latency.p99_ms.slice(1, 3)).toEqual([null, null]);
    const late = await log.level('e', ask({ clock: 'event', span_ms: 10 * HOUR, buckets: 10 }));
    expect(late).toMatchObject({ n: 10, errors: 0 });
  });

  it('forgets the fine slots that no chart reads, and no answer', async () => {
    await imported([layout(1), answer(0), answer(1)]);
    await imported([layout(1), answer(2, { wall_time: BORN + 60 * DAY, prediction_id: 'e.1.1.2' })]);
    const cells = await ground.database.read.selectFrom('level_cells').selectAll().execute();
    const wall = (step: number) => cells.filter((cell) => cell.clock === 'wall' && cell.step_ms === step);
    expect(wall(10_000).map((cell) => cell.slot)).toEqual([BORN + 60 * DAY]);
    expect(wall(DAY).map((cell) => cell.answers)).toEqual([2, 1]);
    expect((await log.level('e', ask({ span_ms: 90 * DAY }))).n).toBe(3);
  });

  it('adds up what replicas import at the same time', async () => {
    await ground.database.write((tx) =>
      saveEndpoint(tx, {
        name: 'e',
        project: 'p',
        environment: 'dev',
        unit: null,
        log: 'answer',
        revision: 1,
        created_at: 1,
        updated_at: 1,
      }),
    );
    const cell: LevelCell = {
      endpoint: 'e',
      clock: 'wall',
      step_ms: 10_000,
      slot: BORN,
      deployment: 1,
      answers: 1,
      errors: 0,
      latency: '300:1',
      first_wall: BORN,
      last_wall: BORN + 1,
    };
    await Promise.all(
      Array.from({ length: 8 }, () =>
        ground.database.write((tx) =>
          addCells(tx, [cell, { ...cell, slot: BORN + 10_000, last_wall: BORN + 10_001 }]),
        ),
      ),
    );
    expect(await log.level('e', ask({ span_ms: 60_000, buckets: 6 }))).toMatchObject({ n: 16 });
    expect(await log.level('e', ask({ span_ms: DAY, buckets: 1 }))).toMatchObject({ n: 16 });
  });

  it('is empty for an endpoint without an answer', async () => {
    expect(await log.level('e', ask({}))).toMatchObject({ n: 0, errors: 0, p50_ms: null, arms: [] });
  });
});
