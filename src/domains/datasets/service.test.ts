import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testGround, type TestGround } from '../../../test/harness/ground.ts';
import { systemActor } from '../identity/schema.ts';
import { createLineage, type LineageService } from '../lineage/service.ts';
import { createProjects } from '../projects/service.ts';
import { ImportRequest, type ImportProgress } from './schema.ts';
import { createDatasets, type DatasetsService, tableOf } from './service.ts';

const actor = systemActor('test');
const csv = (rows: number, from = 0, extra = '') =>
  `id,delay,origin,late,at\n${Array.from({ length: rows }, (_, i) => `${from + i},${(i * 7) % 100}.5,${['ORD', 'JFK', 'ATL'][i % 3]},${i % 4 === 0},2001-01-${String(1 + (i % 28)).padStart(2, '0')} 10:00:00`).join('\n')}\n${extra}`;

describe.each(ENGINES)('datasets on %s', (engine) => {
  let ground: TestGround;
  let datasets: DatasetsService;
  let lineage: LineageService;

  beforeAll(async () => {
    ground = await testGround(engine);
    lineage = createLineage(ground.database);
    const projects = createProjects(ground.database, ground.events);
    datasets = createDatasets({ ...ground, dataFolder: ground.folder, lineage, projects });
    ground.jobs.start();
  });
  afterAll(async () => {
    datasets.stop();
    await ground.end();
  });

  const put = async (text: string | Uint8Array) =>
    (await ground.blobs.put(Buffer.from(text as string))).digest;

  async function importText(
    name: string,
    text: string | Uint8Array,
    more: Partial<ImportRequest> & { format?: 'csv' | 'jsonl' | 'parquet' } = {},
  ): Promise<ImportProgress> {
    const { format = 'csv', ...options } = more;
    const files = [{ digest: await put(text), format, name: `${name}.${format}` }];
    const { job } = await datasets.import(actor, 'default', name, ImportRequest.parse({ files, ...options }));
    for (;;) {
      const progress = await datasets.getImport('default', name, job);
      if (progress.state === 'done' || progress.state === 'dead') return progress;
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  it('imports a version once, profiles it and links it to its file', async () => {
    const first = await importText('trips', csv(600));
    expect(first).toMatchObject({
      state: 'done',
      result: { version: 1, created: true, rows: 600, skipped: 0 },
    });
    expect((await importText('trips', csv(600))).result).toMatchObject({ version: 1, created: false });
    expect((await importText('trips', gzipSync(csv(600)))).result).toMatchObject({
      version: 1,
      created: false,
    });
    expect((await importText('trips', csv(300, 600))).result).toMatchObject({ version: 2, rows: 300 });

    const version = await datasets.getVersion('default', 'trips', 'latest');
    expect(version).toMatchObject({ version: 2, rows: 300, created_by: 'test' });
    const delay = version.profile.columns.find((column) => column.name === 'delay');
    expect(delay).toMatchObject({ type: 'double', count: 300, nulls: 0, min: 0.5, max: 99.5, mean: 50 });
    expect(delay?.histogram?.counts.reduce((a, b) => a + b)).toBe(300);
    const one = await datasets.getVersion('default', 'trips', 1);
    expect(delay?.histogram?.bins).toEqual(
      one.profile.columns.find((c) => c.name === 'delay')?.histogram?.bins,
    );
    expect(one.schema.find((column) => column.name === 'origin')).toMatchObject({
      type: 'string',
      nullable: false,
      domain: ['ATL', 'JFK', 'ORD'],
    });
    expect(one.columns.map((column) => column.type)).toEqual([
      'int',
      'double',
      'string',
      'bool',
      'timestamp',
    ]);

    const graph = await lineage.walk('rondo:dataset-version:trips/1', { direction: 'up' });
    expect(graph.nodes.map((node) => node.title)).toEqual(
      expect.arrayContaining(['trips', 'trips v1', 'trips.csv']),
    );
    expect(graph.gaps).toEqual([]);
    const events = await ground.events.recent({ subject: 'rondo:dataset-version:trips/2' });
    expect(events.map((event) => event.type)).toEqual(['dataset.version.created']);
  });

  it.each([
    [
      'a row with too many fields',
      csv(50, 0, '1,2,3,4,5,6\n'),
      {},
      /stopped at row 51 of bad\.csv: 6 fields, 5 expected\. Nothing was added to `bad`/,
    ],
    ['a row with too few fields', csv(50, 0, '1,2\n'), {}, /row 51 .*2 fields, 5 expected/],
    [
      'a value of another type',
      csv(30_000, 0, 'x,1,ORD,true,2001-01-01 00:00:00\n'),
      {},
      /row 30,001 .*column id holds 'x', which is no BIGINT/,
    ],
    [
      'a type that was asked for',
      csv(5),
      { types: { origin: 'INTEGER' } },
      /column origin holds 'ORD', which is no INTEGER/,
    ],
    ['an empty file', '', {}, /is empty/],
    ['a file with a header only', 'a,b\n', {}, /no rows/],
    ['a condition that leaves nothing', csv(5), { where: 'id > 99' }, /No row is left/],
    ['a condition on an unknown column', csv(5), { where: 'delya > 1' }, /delya.*not found/],
    ['a broken condition', csv(5), { where: 'id >' }, /syntax error/],
    [
      'a condition that reads a file',
      csv(5),
      { where: "id in (select 1 from read_text('/etc/hostname'))" },
      /calls read_text/,
    ],
    ['half a Parquet file', 'PAR1 but no end', { format: 'parquet' as const }, /No magic bytes|too small/],
    [
      'a broken JSON line',
      '{"a":1}\n{"a":\n',
      { format: 'jsonl' as const },
      /stopped at row \d.*not valid JSON/,
    ],
  ])('adds nothing for %s', async (_, text, options, message) => {
    const progress = await importText('bad', text, options);
    expect(progress).toMatchObject({ state: 'dead', result: null });
    expect(progress.error).toMatch(message);
    expect(await datasets.findVersion('default', 'bad', 'latest')).toBeUndefined();
  });

  it('leaves bad rows out and counts them when told to', async () => {
    const broken = csv(50, 0, '1,2,3,4,5,6\nx\n');
    expect((await importText('skipped', broken, { skip_bad: true })).result).toMatchObject({
      rows: 50,
      skipped: 2,
    });
  });

  it('reads semicolons, JSON Lines, and one SELECT over several rows', async () => {
    expect((await importText('semi', 'a;b\n1,5;x\n2,5;y\n')).result?.rows).toBe(2);
    expect((await datasets.getVersion('default', 'semi', 1)).columns.map((c) => c.name)).toEqual(['a', 'b']);
    expect(
      (await importText('lines', '{"a":1,"b":[1,2]}\n{"a":2}\n', { format: 'jsonl' })).result?.rows,
    ).toBe(2);
    const select = 'select origin, avg(delay) as mean from input group by 1 order by 1 -- note';
    expect((await importText('grouped', csv(90), { select })).result?.rows).toBe(3);
  });

  it('shows rows, guards what people write, and hands out parts', async () => {
    await importText('rows', csv(100));
    const page = await datasets.rows('default', 'rows', 'latest', {
      limit: 2,
      offset: 1,
      columns: ['id', 'origin'],
      where: "origin = 'ORD'",
    });
    expect(page).toMatchObject({
      total: 34,
      rows: [
        { id: 3, origin: 'ORD' },
        { id: 6, origin: 'ORD' },
      ],
    });
    const ask = (where: string) => datasets.rows('default', 'rows', 1, { limit: 1, offset: 0, where });
    for (const where of [
      '1 = 1) union all select * from other where (1 = 1',
      "id in (select 1 from 'x.parquet')",
      'id in (select 1 from duckdb_views())',
      'id in (select 1 from information_schema.tables)',
      'true); drop view data; select (1',
    ]) {
      await expect(ask(where), where).rejects.toMatchObject({ code: 'SQL_REFUSED' });
    }
    await expect(
      datasets.rows('default', 'rows', 1, { limit: 1, offset: 0, columns: ['nope'] }),
    ).rejects.toThrow(/no column 'nope'/);
    const part = await datasets.getPart('default', 'rows', 1, 0);
    expect((await ground.blobs.read(part.digest)).subarray(0, 4).toString()).toBe('PAR1');
    await expect(datasets.getPart('default', 'rows', 1, 1)).rejects.toMatchObject({ status: 404 });
  });

  it('makes versions of Parquet that a step wrote', async () => {
    const source = await datasets.getVersion('default', 'trips', 1);
    const { outputs } = await ground.analytics.run({
      tables: { t: tableOf(source) },
      outputs: { part: 'select origin, count(*) as n from t group by 1 order by 1' },
    });
    const make = () =>
      datasets.createVersionFromParquet(actor, 'default', 'by origin', [outputs.part], {
        derivedFrom: ['rondo:dataset-version:trips/1'],
      });
    expect(await make()).toMatchObject({ created: true, version: { version: 1, rows: 3 } });
    expect(await make()).toMatchObject({ created: false, version: { version: 1 } });
  });

  it('checks every new version and compares it with the one before', async () => {
    await datasets.saveSuite(
      actor,
      'default',
      'checked',
      `
checks:
  - { expect: not_null, column: origin }
  - { expect: unique, column: id }
  - { expect: in_range, column: delay, min: 0, max: 90, mostly: 0.5 }
  - { expect: in_range, column: delay, min: 0, max: 90, severity: warn }
  - { expect: in_set, column: origin, values: [ORD, JFK] }
  - { expect: matches, column: origin, pattern: '[A-Z]{3}' }
  - { expect: type, column: late, type: bool }
  - { expect: row, expression: 'delay >= 0.0 || late' }
  - { expect: min_rows, rows: 10 }
  - { expect: max_rows, rows: 1000 }
  - { expect: max_shift, column: delay }
  - { expect: fresh, column: at, hours: 1 }
  - { expect: not_null, column: label }
environments:
  serving: { absent: [label, late] }
`,
    );
    const { result } = await importText('checked', csv(400));
    expect(result?.validation).toMatchObject({ version: 1, passed: 8, failed: 3, warned: 1, skipped: 1 });
    const report = await datasets.getReport('default', 'checked', result?.validation?.id as string);
    expect(report.results.slice(0, 4).map((item) => [item.check.expect, item.state, item.bad_rows])).toEqual([
      ['in_set', 'failed', 133],
      ['fresh', 'failed', null],
      ['not_null', 'failed', null],
      ['in_range', 'failed', 40],
    ]);
    expect(report.results[0]?.sample).toHaveLength(20);
    expect(report.results[0]?.sample[0]).toMatchObject({ origin: 'ATL' });

    const serving = await datasets.validate(actor, 'default', 'checked', 1, {
      environment: 'serving',
      at: Date.UTC(2001, 0, 28, 10, 30),
    });
    expect(serving).toMatchObject({ failed: 1, skipped: 3 });

    const shifted = csv(400).replace(/,(\d+)\.5,/g, (_, n: string) => `,${Number(n) + 40}.5,`);
    const next = await importText('checked', shifted);
    const second = await datasets.getReport('default', 'checked', next.result?.validation?.id as string);
    expect(second.results.find((item) => item.check.expect === 'max_shift')?.state).toBe('failed');
    const difference = await datasets.compare('default', 'checked', { before: 1, after: 2 }, ['id']);
    expect(difference.rows).toEqual({ key: ['id'], added: 0, removed: 0, changed: 400, same: 0 });
    expect(difference.columns.map((column) => [column.name, column.verdict])).toEqual([
      ['id', 'same'],
      ['delay', 'shifted'],
      ['origin', 'same'],
      ['late', 'same'],
      ['at', 'unknown'],
    ]);
    const events = await ground.events.recent({ types: ['dataset.checked'] });
    expect(events[0]?.data).toMatchObject({ dataset: 'checked', version: 2 });
    const suggested = await datasets.suggestChecks('default', 'checked', 1);
    const again = await datasets.validate(actor, 'default', 'checked', 1, { suite: suggested });
    expect(again).toMatchObject({ failed: 0, warned: 0 });
    await expect(
      datasets.saveSuite(actor, 'default', 'checked', 'checks: [{expect: nothing}]'),
    ).rejects.toThrow(/checks\.0\.expect/);
    const wrong = { checks: [{ expect: 'row', expression: 'delay + 1.0' }] };
    await expect(datasets.validate(actor, 'default', 'checked', 1, { suite: wrong })).rejects.toThrow(
      /gives a double/,
    );
  });

  it('makes a version of each new file in a watched folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rondo-incoming-'));
    writeFileSync(join(folder, 'a.csv'), csv(20));
    writeFileSync(join(folder, 'ignored.txt'), 'x');
    const spec = {
      kind: 'folder',
      dataset: 'watched',
      path: folder,
      pattern: '*.csv',
      format: 'csv',
      skip_bad: false,
    } as const;
    await expect(
      datasets.applySource(actor, 'default', 'in', { ...spec, path: join(ground.folder, 'artifacts') }),
    ).rejects.toMatchObject({ code: 'SOURCE_REFUSED' });
    await datasets.applySource(actor, 'default', 'in', spec);
    const files = (count: number) =>
      expect
        .poll(async () => (await datasets.getSource('default', 'in')).files.length, { timeout: 60_000 })
        .toBe(count);
    await files(1);
    writeFileSync(join(folder, 'b.csv'), csv(30, 20));
    writeFileSync(join(folder, 'c.csv'), csv(20));
    writeFileSync(join(folder, 'd.csv'), 'a,b\n1\n');
    await files(4);
    const source = await datasets.getSource('default', 'in');
    expect(source.files.map((file) => [file.path, file.version])).toEqual([
      ['a.csv', 1],
      ['b.csv', 2],
      ['c.csv', 1],
      ['d.csv', null],
    ]);
    expect(source.files[3]?.error).toMatch(/row 1 of d\.csv: 1 fields, 2 expected/);
    expect((await datasets.listVersions('default', 'watched')).map((version) => version.rows)).toEqual([
      30, 20,
    ]);
    const graph = await lineage.walk('rondo:dataset-version:watched/2', { direction: 'up' });
    expect(graph.nodes.map((node) => node.title)).toContain('in');
    await datasets.removeSource(actor, 'default', 'in');
    rmSync(folder, { recursive: true });
  });

  it('takes uploads as streams', async () => {
    writeFileSync(join(ground.folder, 'x.csv'), csv(3));
    const blob = await ground.blobs.put(createReadStream(join(ground.folder, 'x.csv')));
    expect(blob.digest).toBe(await put(csv(3)));
  });
});
