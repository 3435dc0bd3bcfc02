import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testGround, type TestGround } from '../../../test/harness/ground.ts';
import { createDatasets, type DatasetsService } from '../datasets/service.ts';
import { systemActor } from '../identity/schema.ts';
import { createLineage, type LineageService } from '../lineage/service.ts';
import { createProjects } from '../projects/service.ts';
import { openOnlineStore, type OnlineStore as GatewayStore } from './gateway/index.ts';
import { type OnlineBatch, type OnlineStore, pushPartition } from './online.ts';
import { FeatureFile, HistoricalRequest, type HistoricalResult, type Partition } from './schema.ts';
import { createFeatures, type FeaturesService } from './service.ts';

const actor = systemActor('test');
const DAY = 86_400_000;
const HOUR = 3_600_000;
const JANUARY = Date.UTC(2001, 0, 1);

/** A landing every hour at each of two airports; the delay of hour h is h. */
const landings = (fromDay: number, days: number) => `
  select ['ORD', 'JFK'][1 + (h % 2)::int] as airport, timestamp '2001-01-01' + to_hours(h::int) as landed_at, h::double as delay
  from range(${fromDay * 24}, ${(fromDay + days) * 24}) t(h) order by h`;

const file = (over: object = {}) =>
  FeatureFile.parse({
    entities: [{ name: 'airport', join_key: 'airport' }],
    views: [
      {
        name: 'recent',
        entity: 'airport',
        source: 'landings',
        sql: `select airport as key, landed_at as event_time, delay as last_delay,
            sum(delay) over (partition by airport order by landed_at range between interval 6 hour preceding and current row) as sum_6h
          from source`,
        time_column: 'landed_at',
        lookback_ms: 6 * HOUR,
        ttl_ms: 12 * HOUR,
        delay_ms: HOUR,
        features: [{ name: 'last_delay' }, { name: 'sum_6h' }],
        ...over,
      },
      {
        name: 'everywhere',
        source: 'landings',
        sql: 'select landed_at as event_time, delay as d from source',
        features: [{ name: 'd' }],
      },
    ],
    services: [
      {
        name: 'late',
        request: [
          { name: 'at', type: 'timestamp' },
          { name: 'origin', type: 'string' },
          { name: 'miles', type: 'int' },
        ],
        event_time_column: 'at',
        transforms: [
          { name: 'hours', expression: 'double(miles) / 500.0' },
          { name: 'long', expression: 'hours > 2.0' },
        ],
        joins: [
          {
            view: 'recent',
            key: { column: 'origin' },
            features: ['last_delay', { feature: 'sum_6h', as: 'sum' }],
            age_as: 'age',
          },
          { view: 'everywhere', features: ['d'] },
        ],
      },
    ],
  });

describe.each(ENGINES)('features on %s', (engine) => {
  let ground: TestGround;
  let datasets: DatasetsService;
  let features: FeaturesService;
  let lineage: LineageService;
  const pushed: OnlineBatch[] = [];
  const stores = new Map<string, GatewayStore>();
  let away = false;

  beforeAll(async () => {
    ground = await testGround(engine);
    lineage = createLineage(ground.database);
    const projects = createProjects(ground.database, ground.events);
    datasets = createDatasets({ ...ground, dataFolder: ground.folder, lineage, projects });
    features = createFeatures({ ...ground, lineage, datasets });
    ground.jobs.start();
    await version('landings', landings(0, 2));
    await version('landings', landings(2, 1));
    await version('landings', landings(3, 1));
    await version(
      'requests',
      `select timestamp '2001-01-03 12:30:00' as at, 'ORD' as origin, 1200 as miles, 20 as delay
      union all select timestamp '2001-01-03 13:30:00', 'JFK', 300, 3
      union all select timestamp '2001-01-06 12:00:00', 'ORD', 400, 7
      union all select timestamp '2001-01-03 12:30:00', 'XXX', 1000, 1`,
    );
  });
  afterAll(async () => {
    datasets.stop();
    for (const store of stores.values()) await store.close();
    await ground.end();
  });

  async function version(name: string, sql: string) {
    const { outputs } = await ground.analytics.run({ outputs: { part: sql } });
    return datasets.createVersionFromParquet(actor, 'default', name, [outputs.part]);
  }
  /** The online store of a gateway; what was pushed to it is in `pushed`. */
  async function gateway(name: string): Promise<OnlineStore> {
    const store = await openOnlineStore(join(ground.folder, name));
    stores.set(name, store);
    return {
      async push(batch) {
        if (away) throw new Error('the gateway is away');
        pushed.push(batch);
        return store.push(batch);
      },
      held: async ({ project, view, version }) => store.partitions(project, view, version),
    };
  }
  async function reopened(name: string): Promise<OnlineStore> {
    await stores.get(name)?.close();
    return gateway(name);
  }
  const valueAt = (name: string, key: string, time: number) => {
    const view = stores.get(name)?.view('default', 'recent', 1);
    return view && view.value(view.find(key, time), 0);
  };
  const rowsOf = async (digest: string) =>
    (await ground.analytics.run({ tables: { t: [digest] }, rows: { all: 'select * from t' } })).rows.all;
  const history = (over: object = {}) =>
    features.historical(
      actor,
      'default',
      HistoricalRequest.parse({ service: 'late', dataset: { name: 'requests', versions: [1] }, ...over }),
    );
  const outcomes = async (given: FeatureFile) =>
    (await features.apply(actor, 'default', given)).map(
      (item) => `${item.name} ${item.version} ${item.outcome}`,
    );

  it('versions definitions by content and never overwrites one silently', async () => {
    expect(await outcomes(file())).toEqual([
      'airport 1 new',
      'recent 1 new',
      'everywhere 1 new',
      'late 1 new',
    ]);
    expect(await outcomes(file())).toEqual([
      'airport 1 unchanged',
      'recent 1 unchanged',
      'everywhere 1 unchanged',
      'late 1 unchanged',
    ]);
    expect(await outcomes(file({ ttl_ms: DAY }))).toEqual([
      'airport 1 unchanged',
      'recent 2 changed',
      'everywhere 1 unchanged',
      'late 2 changed',
    ]);
    expect(await outcomes(file())).toEqual([
      'airport 1 unchanged',
      'recent 1 restored',
      'everywhere 1 unchanged',
      'late 1 restored',
    ]);
    expect((await features.getService('default', 'late')).joins).toMatchObject([
      { view: 'recent', view_version: 1, key: { column: 'origin' }, age_as: 'age' },
      { view: 'everywhere', view_version: 1, key: { constant: '*' } },
    ]);
  });

  it.each([
    ['SQL that does not run', { sql: 'select nope from source' }, /does not run: .*nope/],
    ['a missing feature', { features: [{ name: 'other' }] }, /gives no other; it gives key/],
    ['SQL that reads a file', { sql: "select * from 'x.parquet'" }, /it reads 'x.parquet'/],
    ['two statements', { sql: 'select 1; select 2' }, /more than one statement/],
    ['an unknown entity', { entity: 'city' }, /entity 'city', which is not defined/],
    ['a feature that hides a column', { features: [{ name: 'key' }] }, /every view has/],
    ['a time column that is none', { time_column: 'delay' }, /no timestamp/],
  ])('refuses %s', async (_, over, message) => {
    await expect(features.apply(actor, 'default', file(over))).rejects.toThrow(message);
  });

  it('refuses services that do not fit together', async () => {
    const broken = (change: (service: FeatureFile['services'][number]) => void) => {
      const given = file();
      change(given.services[0] as FeatureFile['services'][number]);
      return features.apply(actor, 'default', given);
    };
    await expect(broken((s) => (s.event_time_column = 'origin'))).rejects.toThrow(/type timestamp/);
    await expect(
      broken((s) => (s.transforms = [{ name: 'x', expression: 'origin * 2' }])),
    ).rejects.toMatchObject({ status: 400 });
    await expect(broken((s) => (s.joins[0]!.features = [{ feature: 'no', as: 'no' }]))).rejects.toThrow(
      /no feature 'no'/,
    );
    await expect(broken((s) => (s.joins[1]!.features = [{ feature: 'd', as: 'sum' }]))).rejects.toThrow(
      /two columns are called 'sum'/,
    );
    await expect(broken((s) => (s.joins[0]!.key = { column: 'city' }))).rejects.toThrow(/key 'city'/);
    await expect(history()).rejects.toMatchObject({ code: 'NOT_MATERIALISED' });
  });

  it('materialises what is new, with the tail of earlier versions', async () => {
    const first = await features.materialise(actor, 'default', 'recent', { dataset_versions: [1, 2] });
    expect(first.partitions).toEqual([
      { dataset_version: 1, rows: 48, created: true },
      { dataset_version: 2, rows: 24, created: true },
    ]);
    const again = await features.materialise(actor, 'default', 'recent', {});
    expect(again.partitions.map(({ created }) => created)).toEqual([false, false, true]);
    const [, second] = await features.listPartitions('default', 'recent');
    const rows = await rowsOf(second?.digest as string);
    expect(rows[0]).toMatchObject({
      key: 'ORD',
      event_time: String(JANUARY + 2 * DAY),
      last_delay: 48,
      sum_6h: 48 + 46 + 44 + 42,
    });

    const { job } = await features.startMaterialise(actor, 'default', 'everywhere', {});
    await expect
      .poll(async () => (await features.getJob('default', job)).state, { timeout: 60_000 })
      .toBe('done');
    expect((await features.getView('default', 'everywhere')).freshness).toMatchObject({
      rows: 96,
      partitions: 3,
      dataset_versions: [1, 2, 3],
      newest_event_time: JANUARY + 95 * HOUR,
    });
  });

  it('joins history as it was known, and says from what', async () => {
    const result = await history({
      labels: [{ name: 'is_late', expression: 'delay > 15' }],
      keep: ['delay'],
      holdout: [{ from: JANUARY + 5 * DAY, to: JANUARY + 6 * DAY }],
      save_as: 'training',
    });
    expect(result.columns).toEqual(
      'event_time at origin miles hours long last_delay sum age d is_late delay'.split(' '),
    );
    expect(result.vector).toEqual('at origin miles hours long last_delay sum age d'.split(' '));
    const rows = await rowsOf(result.table.digest);
    // At 12:30 with an hour's delay the value of 11:30 counts: hour 58 at ORD, which has the even hours.
    expect(rows[0]).toMatchObject({
      hours: 2.4,
      long: true,
      last_delay: 58,
      sum: 58 + 56 + 54 + 52,
      age: 150,
      d: 60,
      is_late: true,
    });
    expect(rows[1]).toMatchObject({ origin: 'JFK', long: false, last_delay: 59, d: 61, is_late: false });
    expect(rows[2]).toMatchObject({ origin: 'XXX', last_delay: null, age: null, d: 60 });
    const held = await rowsOf(result.holdout?.digest as string);
    expect(held).toHaveLength(1);
    expect(held[0]).toMatchObject({ last_delay: null, sum: null, age: null, d: 95 }); // older than the ttl, but not for the view without one

    expect(result.table).toMatchObject({ rows: 3, version: 1 });
    const graph = await lineage.walk('rondo:dataset-version:training/1', { direction: 'up' });
    expect(graph.nodes.map((node) => node.title)).toEqual(
      expect.arrayContaining(['requests v1', 'late v1', 'recent v1', 'everywhere v1', 'landings v2']),
    );
    expect(await history({ as_of: JANUARY })).toMatchObject({ table: { rows: 4 } });
    const before = await rowsOf((await history({ as_of: JANUARY })).table.digest);
    expect(before.every((row) => row.d === null)).toBe(true); // nothing was materialised yet at that moment
  });

  it('samples the same rows every time, and reports what is missing', async () => {
    await version(
      'many',
      `select timestamp '2001-01-02' + to_seconds(i::int) as at, 'ORD' as origin, 100 as miles from range(5000) t(i)`,
    );
    const sample = (n: number, seed: number) =>
      history({ dataset: { name: 'many', versions: [1] }, sample: { n, seed } }).then(
        (result: HistoricalResult) => result.table,
      );
    const [a, b, c] = [await sample(200, 1), await sample(200, 1), await sample(200, 2)];
    expect(a).toMatchObject({ rows: 200, digest: b.digest });
    expect(c.rows).toBe(200);
    expect(c.digest).not.toBe(a.digest);
    expect((await sample(9000, 1)).rows).toBe(5000);
    await expect(history({ dataset: { name: 'landings', versions: [1] } })).rejects.toThrow(
      /rows have no at, origin, miles/,
    );
    await expect(history({ where: 'miles > ' })).rejects.toMatchObject({ code: 'SQL_REFUSED' });
    await expect(history({ labels: [{ name: 'd', expression: 'miles > 1' }] })).rejects.toThrow(
      /two columns/i,
    );
  });

  it('keeps pushes before it answers, brings them online, and merges them', async () => {
    features.attachOnline(await gateway('one'));
    const at = (hour: number) => JANUARY + hour * HOUR;
    const push = (rows: object[]) => features.push(actor, 'default', 'recent', { rows } as never);
    const one = await push([
      { key: 'ORD', event_time: at(100), created_time: at(101), values: { last_delay: 1 } },
      { key: 'ORD', event_time: at(100), created_time: at(101), values: { last_delay: 2, sum_6h: 3 } },
    ]);
    expect(one).toEqual({ view_version: 1, rows: 1, online: true });
    expect(pushed.at(-1)).toMatchObject({
      view: 'recent',
      version: 1,
      features: ['last_delay', 'sum_6h'],
      keys: ['ORD'],
      event_times: [at(100)],
      values: [2, 3],
    });
    away = true;
    const late = {
      key: 'ORD',
      event_time: '2001-01-05T04:00:00Z',
      created_time: at(102),
      values: { last_delay: 9 },
    };
    expect(await push([late])).toMatchObject({ online: false });
    away = false;
    await expect.poll(() => pushed.at(-1)?.values, { timeout: 60_000 }).toEqual([9, null]);
    await expect(push([{ event_time: 1, values: {} }])).rejects.toThrow(/Row 1 .* no key/);
    await expect(push([{ key: 'a', event_time: 1, values: { x: 1 } }])).rejects.toThrow(
      /'x', which is no feature/,
    );

    const look = (hour: number) => features.lookup('default', 'recent', { key: 'ORD', at: at(hour) });
    expect(await look(101.5)).toMatchObject({
      found: { event_time: at(100), created_time: at(102), values: { last_delay: 9 } },
    });
    const early = await look(100.5);
    expect(early.found?.event_time).toBe(at(94));
    expect(early.later?.reason).toMatch(/can be read only 60 min after/);
    expect((await look(120)).expired).toBe(true);
    expect((await features.lookup('default', 'recent', { key: 'ORD', at: 0 })).text).toMatch(
      /^No value of ORD/,
    );
    const known = await features.lookup('default', 'recent', { key: 'ORD', at: at(103), as_of: at(101) });
    expect(known.found?.values.last_delay).toBe(2);

    for (let i = 0; i < 32; i++)
      await push([{ key: 'JFK', event_time: at(110 + i), values: { last_delay: i } }]);
    await expect
      .poll(
        async () =>
          (await features.listPartitions('default', 'recent')).filter((item) => item.kind === 'pushed')
            .length,
        { timeout: 60_000 },
      )
      .toBeLessThan(10);
    expect(
      (await features.lookup('default', 'recent', { key: 'JFK', at: at(141.9) })).found?.values.last_delay,
    ).toBe(30);
    expect(await look(101.5)).toMatchObject({ found: { values: { last_delay: 9 } } });
    expect(ground.failures).toEqual([]);
  });

  it('fills a gateway that is new, or was away, so that of equal rows the last pushed counts', async () => {
    const view = { project: 'default', view: 'recent', version: 1 };
    const at = JANUARY + 200 * HOUR;
    const push = (value: number) =>
      features.push(actor, 'default', 'recent', {
        rows: [{ key: 'JFK', event_time: at, created_time: at, values: { last_delay: value } }],
      });
    await push(1);
    features.attachOnline(await gateway('two'));
    pushed.length = 0;
    await features.fill([view]);
    const partitions = await features.listPartitions('default', 'recent');
    const digests = partitions.filter(({ online }) => online).map(({ digest }) => digest);
    const whole = (name: string) => stores.get(name)?.partitions('default', 'recent', 1).sort();
    expect(whole('two')).toEqual([...digests].sort());
    expect(stores.get('two')?.view('default', 'recent', 1)?.rows).toBe(
      stores.get('one')?.view('default', 'recent', 1)?.rows,
    );
    expect(pushed.at(-1)).toMatchObject({ completes: { partition: digests.at(-1), replaces: [] } });
    const count = pushed.length;
    await features.fill([view]);
    expect(pushed).toHaveLength(count);

    // The first gateway takes one, the second the next; each then hears of what it missed.
    await push(2);
    features.attachOnline(await reopened('one'));
    await push(3);
    features.attachOnline(await reopened('two'));
    await features.fill([view]);
    expect([valueAt('one', 'JFK', at), valueAt('two', 'JFK', at)]).toEqual([3, 3]);
    expect(whole('one')).toEqual(whole('two'));
  });

  it('leaves a gateway its rows when an older partition comes to it late', async () => {
    const at = JANUARY + 300 * HOUR;
    const push = (value: number) =>
      features.push(actor, 'default', 'recent', {
        rows: [{ key: 'ORD', event_time: at, created_time: at, values: { last_delay: value } }],
      });
    await push(1);
    const [older] = (await features.listPartitions('default', 'recent')).slice(-1);
    await push(2);
    await stores.get('two')?.close();
    rmSync(join(ground.folder, 'two'), { recursive: true });
    const store = await gateway('two');
    const second = (await features.listPartitions('default', 'recent')).at(-1) as Partition;
    await pushPartition(store, ground.blobs, second, ['last_delay', 'sum_6h']);
    features.attachOnline(store);
    await features.fill([{ project: 'default', view: 'recent', version: 1 }]);
    expect(stores.get('two')?.partitions('default', 'recent', 1)).toContain(older?.digest);
    expect(valueAt('two', 'ORD', at)).toBe(2);
  });

  it('pushes materialised rows online in chunks with fixed ids', async () => {
    pushed.length = 0;
    await features.apply(actor, 'default', file({ ttl_ms: DAY }));
    const run = () =>
      features.materialise(actor, 'default', 'recent', {
        dataset_versions: [2],
        online_from: JANUARY + 2 * DAY + 12 * HOUR,
      });
    expect(await run()).toMatchObject({ view_version: 2, online_rows: 12 });
    expect(await run()).toMatchObject({ online_rows: 0 });
    expect(pushed).toHaveLength(1);
    expect(pushed[0]?.created_times).toHaveLength(12);
  });
});
