import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testGround, type TestGround } from '../../../test/harness/ground.ts';
import { createDatasets } from '../datasets/service.ts';
import { systemActor } from '../identity/schema.ts';
import { createLineage } from '../lineage/service.ts';
import { createProjects } from '../projects/service.ts';
import { FeatureFile } from './schema.ts';
import { createFeatures, type FeaturesService } from './service.ts';

const actor = systemActor('test');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2001, 0, 1);

describe.each(ENGINES)('freshness on %s', (engine) => {
  let ground: TestGround;
  let features: FeaturesService;
  let clock: number | null = null;

  beforeAll(async () => {
    ground = await testGround(engine);
    const lineage = createLineage(ground.database);
    const projects = createProjects(ground.database, ground.events);
    const datasets = createDatasets({ ...ground, dataFolder: ground.folder, lineage, projects });
    features = createFeatures({ ...ground, lineage, datasets, readUntil: async () => clock });
  });
  afterAll(() => ground.end());

  /** Rows at these hours after the start, one partition a list. */
  async function view(name: string, over: object, ...partitions: number[][]): Promise<void> {
    const definition = {
      name,
      source: 'none',
      sql: 'select moment as event_time, x from source',
      features: [{ name: 'x' }],
      ...over,
    };
    await features.apply(actor, 'p', FeatureFile.parse({ views: [definition] }));
    for (const hours of partitions)
      await features.push(actor, 'p', name, {
        rows: hours.map((hour) => ({ event_time: START + hour * HOUR, values: { x: hour } })),
      });
  }
  const report = async (name: string, at: number) => {
    clock = START + at * HOUR;
    return (await features.freshness('p')).find((each) => each.view === name);
  };
  const hours = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

  it('is measured for views that state an objective, and for no others', async () => {
    await view('unstated', {}, [1]);
    await view('empty', { freshness_ms: HOUR });
    expect(await report('unstated', 2)).toBeUndefined();
    expect(await report('empty', 2)).toMatchObject({ met: false, age_ms: null, worst_ms: null });
  });

  it('takes the largest age that any moment of the week saw, and nothing later than the clock', async () => {
    await view('gap', { freshness_ms: 2 * HOUR }, hours(0, 200), hours(203, 400));
    expect(await report('gap', 199)).toMatchObject({ met: true, age_ms: 0, worst_ms: HOUR });
    expect(await report('gap', 202.5)).toMatchObject({
      met: false,
      age_ms: 3.5 * HOUR,
      worst_ms: 3.5 * HOUR,
    });
    expect(await report('gap', 250)).toMatchObject({ met: false, age_ms: 0, worst_ms: 4 * HOUR });
    // The gap is older than a week here.
    expect(await report('gap', 203 + 7 * 24)).toMatchObject({ met: true, worst_ms: HOUR });
    expect(await report('gap', 402)).toMatchObject({ met: false, age_ms: 3 * HOUR });
  });

  it('counts the delay after which a value can be read, and sees a stream that ended long ago', async () => {
    await view('late', { freshness_ms: 2 * HOUR, delay_ms: 1.5 * HOUR }, hours(0, 50));
    expect(await report('late', 40)).toMatchObject({ age_ms: 2 * HOUR, worst_ms: 2.5 * HOUR, met: false });
    expect(await report('late', 50 + 30 * 24)).toMatchObject({ age_ms: 30 * DAY + HOUR, met: false });
  });
});
