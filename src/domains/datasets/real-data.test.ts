import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testGround, type TestGround } from '../../../test/harness/ground.ts';
import { systemActor } from '../identity/schema.ts';
import { createLineage } from '../lineage/service.ts';
import { createProjects } from '../projects/service.ts';
import { ImportRequest } from './schema.ts';
import { createDatasets, type DatasetsService } from './service.ts';

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
const actor = systemActor('test');

/** The files lie beside the project, because they are not ours to give away. */
describe.skipIf(!existsSync(data))('datasets of real data', () => {
  let ground: TestGround;
  let datasets: DatasetsService;
  beforeAll(async () => {
    ground = await testGround('sqlite');
    const lineage = createLineage(ground.database);
    const projects = createProjects(ground.database, ground.events);
    datasets = createDatasets({ ...ground, dataFolder: ground.folder, lineage, projects });
    ground.jobs.start();
  });
  afterAll(() => ground.end());

  async function load(name: string, path: string, options: object = {}) {
    const { digest } = await ground.blobs.put(createReadStream(data + path));
    const format = path.endsWith('.parquet') ? 'parquet' : 'csv';
    const files = [{ digest, format, name: path.split('/').at(-1) }];
    const { job } = await datasets.import(actor, 'default', name, ImportRequest.parse({ files, ...options }));
    for (;;) {
      const progress = await datasets.getImport('default', name, job);
      if (progress.error) throw new Error(progress.error);
      if (progress.state === 'done') return progress.result;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  it('finds the growth of bike sharing from 2011 to 2012', async () => {
    await load('bikes', 'other/bike_sharing_hour.csv', { where: 'yr = 0' });
    const { profile } = await datasets.getVersion('default', 'bikes', 1);
    await datasets.saveSuite(actor, 'default', 'bikes', {
      checks: [
        { expect: 'in_range', column: 'hum', min: 0, max: 1 },
        { expect: 'unique', column: 'instant' },
        { expect: 'row', expression: 'casual + registered == cnt' },
        { expect: 'max_shift', column: 'cnt', limit: 0.1 },
        { expect: 'max_shift', column: 'windspeed', limit: 0.1 },
      ],
    });
    const result = await load('bikes', 'other/bike_sharing_hour.csv', { where: 'yr = 1' });
    const later = (await datasets.getVersion('default', 'bikes', 2)).profile;
    const mean = (from: typeof profile) => from.columns.find(({ name }) => name === 'cnt')?.mean;
    expect([mean(profile)?.toFixed(1), mean(later)?.toFixed(1)]).toEqual(['143.8', '234.7']);
    expect(result?.validation).toMatchObject({ passed: 4, failed: 1 });
    const report = await datasets.getReport('default', 'bikes', result?.validation?.id as string);
    expect(report.results[0]?.title).toMatch(/^cnt shifts/);
  });

  it('sees that taxi columns change their type between years, and what drifts', async () => {
    await load('taxi', 'taxi/green_tripdata_2021-01.parquet');
    await load('taxi', 'taxi/green_tripdata_2021-02.parquet');
    expect(await load('taxi', 'taxi/green_tripdata_2023-02.parquet')).toMatchObject({
      version: 3,
      rows: 64_809,
    });
    const { retyped, added, removed, columns } = await datasets.compare('default', 'taxi', {
      before: 1,
      after: 3,
    });
    expect([added, removed]).toEqual([[], []]);
    expect(retyped.map(({ name, before, after }) => `${name} ${before} ${after}`)).toEqual(
      expect.arrayContaining([
        'VendorID BIGINT INTEGER',
        'RatecodeID DOUBLE BIGINT',
        'ehail_fee INTEGER DOUBLE',
      ]),
    );
    const psi = (list: typeof columns, name: string) =>
      list.find((column) => column.name === name)?.psi as number;
    const control = (await datasets.compare('default', 'taxi', { before: 1, after: 2 })).columns;
    expect(psi(control, 'trip_distance')).toBeLessThan(0.05);
    expect(psi(columns, 'trip_distance')).toBeGreaterThan(0.2);
    const empty = (await datasets.getVersion('default', 'taxi', 1)).profile.columns.find(
      ({ name }) => name === 'ehail_fee',
    );
    expect(empty).toMatchObject({ count: 0, nulls: 76_518, histogram: null, min: null });
    const strict = { checks: [{ expect: 'type', column: 'RatecodeID', type: 'double' }] };
    expect(await datasets.validate(actor, 'default', 'taxi', 3, { suite: strict })).toMatchObject({
      failed: 1,
    });
    const together = await datasets.createVersionFromParquet(actor, 'default', 'taxi years', [
      ...(await datasets.getVersion('default', 'taxi', 1)).parts,
      ...(await datasets.getVersion('default', 'taxi', 3)).parts,
    ]);
    expect(together.version.rows).toBe(76_518 + 64_809);
    expect(together.version.columns.find(({ name }) => name === 'RatecodeID')?.type).toBe('double');
  });

  it('reads gzip CSV of 2020 with its own types', async () => {
    expect(await load('taxi 2020', 'taxi/green_tripdata_2020-04.csv.gz')).toMatchObject({
      rows: 35_612,
      skipped: 0,
    });
    await load('wine', 'other/winequality-red.csv');
    expect((await datasets.getVersion('default', 'wine', 1)).columns).toHaveLength(12);
  });
});
