import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testGround, type TestGround } from '../../../test/harness/ground.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import { insertPart } from '../serving/store/parts.ts';
import { createLog, type LogService } from '../serving/service/log.ts';
import { MonitorSpec } from './schema.ts';
import { createMonitoring, type MonitoringService } from './service.ts';

const P = 'p';
const HOUR = 3_600_000;
const spec = MonitorSpec.parse({
  kind: 'service',
  name: 'slow',
  endpoint: 'e',
  window_ms: HOUR,
  origin_ms: 0,
  min_rows: 10,
  max_p99_ms: 100,
});

describe.each(ENGINES)('a muted monitor on %s', (engine) => {
  let ground: TestGround;
  let log: LogService;
  let monitoring: MonitoringService;

  beforeEach(async () => {
    ground = await testGround(engine);
    const nothing = { seal: async () => {}, sealed: async () => [], acknowledge: async () => {} };
    log = createLog({
      ...ground,
      gateways: { gather: async () => [], isOwn: () => true },
      segments: nothing,
    });
    // A monitor of the service itself asks nothing of models or traffic.
    monitoring = createMonitoring({
      ...ground,
      log,
      serving: undefined as never,
      facts: undefined as never,
      records: async () => ({ tests: [], rolledBack: [] }),
      evaluationEntry: '',
    });
    ground.jobs.start();
    await monitoring.apply(ANONYMOUS, P, spec);
    const made = await ground.analytics.run({
      outputs: {
        slow: `select 'e.1.1.' || i as prediction_id, 'e' as endpoint, 1 as deployment, 1::bigint as epoch, i as sequence, i * 1000 as event_time,
          i * 1000 as wall_time, 500000.0 as latency_us, 1.0 as propensity, null::varchar as unit, null::varchar as key, false as pinned,
          null::varchar as "of", 0.5 as output, '' as outputs from range(60) t(i)`,
      },
    });
    await ground.database.write((tx) =>
      insertPart(tx, {
        endpoint: 'e',
        kind: 'prediction',
        digest: made.outputs.slow.digest,
        segment: 's',
        rows: 60,
        min_event_time: 0,
        max_event_time: 59_000,
        epoch: 1,
        min_sequence: 0,
        max_sequence: 59,
        imported_at: 1,
      }),
    );
  });
  afterEach(() => ground.end());

  /** The hour of slow answers is over; what came of it. */
  async function judge(): Promise<{ alerts: number; told: string[] }> {
    await log.settle(P, 'e', HOUR);
    const events = await ground.database.read.selectFrom('events').selectAll().execute();
    const settled = events.find((event) => event.type === 'predictions.settled');
    if (!settled) throw new Error('nothing settled');
    await monitoring.onSettled({ ...settled, data: JSON.parse(settled.data as string) } as never);
    await expect.poll(() => monitoring.alerts(P), { timeout: 60_000 }).toHaveLength(1);
    const after = await ground.database.read.selectFrom('events').select('type').execute();
    return {
      alerts: (await monitoring.alerts(P)).length,
      told: after.map((event) => event.type).filter((type) => type.startsWith('alert.')),
    };
  }

  it('records its alerts and tells nobody', async () => {
    const muted = await monitoring.mute(ANONYMOUS, P, 'slow', { until: Date.now() + HOUR, reason: 'known' });
    expect(muted.muted).toMatchObject({ by: ANONYMOUS.name, reason: 'known' });
    expect(await judge()).toEqual({ alerts: 1, told: ['alert.muted'] });
    expect((await monitoring.get(P, 'slow')).monitor).toMatchObject({ state: 'Alert' });
  });

  it('tells again after it was unmuted, and refuses a moment that is over', async () => {
    await monitoring.mute(ANONYMOUS, P, 'slow', { until: Date.now() + HOUR, reason: 'known' });
    expect((await monitoring.unmute(ANONYMOUS, P, 'slow')).muted).toBeNull();
    expect((await judge()).told).toEqual(['alert.opened']);
    await expect(monitoring.mute(ANONYMOUS, P, 'slow', { until: 1, reason: 'late' })).rejects.toMatchObject({
      code: 'MUTE_PAST',
    });
  });
});
