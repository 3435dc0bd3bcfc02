import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlobStore, openBlobs } from '../artifacts/index.ts';
import { type Analytics, createAnalytics } from './index.ts';

const entry = fileURLToPath(new URL('../../dist/analytics.js', import.meta.url));

describe('analytics child', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-analytics-'));
  let blobs: BlobStore;
  let analytics: Analytics;
  beforeAll(async () => {
    blobs = await openBlobs({ folder: join(folder, 'artifacts') });
    analytics = createAnalytics({ folder: join(folder, 'analytics'), entry, blobs, memoryMb: 400 });
  });
  afterAll(async () => {
    await analytics.close();
    rmSync(folder, { recursive: true });
  });

  it('turns CSV into Parquet blobs and reads them back', async () => {
    const csv = await blobs.put(Buffer.from('a,b\n1,x\n2,y\n'));
    const made = await analytics.run({
      files: { input: { digest: csv.digest, format: 'csv' } },
      outputs: { part: 'select * from input' },
    });
    const read = await analytics.run({
      tables: { t: [made.outputs.part.digest, made.outputs.part.digest] },
      rows: { n: 'select count(*) as n, sum(a) as s from t' },
    });
    expect(read.rows.n).toEqual([{ n: '4', s: '6' }]);
  });

  it.each([
    ["select * from read_text('/etc/hostname')", /Permission|disabled|permission/],
    ["copy (select 1) to '/tmp/x.csv'", /Only a SELECT|Permission/],
    ['select 1; select 2', /Only one SELECT/],
    ["attach '/tmp/other.db'", /Only a SELECT|Permission/],
    ["set memory_limit = '10GB'", /Only a SELECT/],
    ["select * from 'https://example.com/x.parquet'", /disabled|Permission|permission|extension/],
  ])('refuses users’ %s', async (text, message) => {
    await expect(analytics.run({ userSql: [text], rows: { r: text } })).rejects.toThrow(message);
  });

  it('stops a query that takes too long and goes on with the next', async () => {
    const slow = analytics.run({
      rows: { r: 'select sum(a.i * b.i) from range(1000000) a(i), range(1000000) b(i)' },
      timeoutMs: 300,
    });
    await expect(slow).rejects.toMatchObject({ code: 'QUERY_TIMEOUT' });
    expect((await analytics.run({ rows: { one: 'select 1 as x' } })).rows.one).toEqual([{ x: 1 }]);
  });

  it('names no path in its errors and leaves no output behind', async () => {
    const broken = await blobs.put(Buffer.from('not parquet at all'));
    const query = analytics.run({ tables: { t: [broken.digest] }, outputs: { o: 'select * from t' } });
    await expect(query).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.not.stringContaining(folder) as string,
    });
    writeFileSync(join(folder, 'keep'), '');
    expect(readdirSync(join(folder, 'analytics', 'out')).filter((name) => name.endsWith('.parquet'))).toEqual(
      [],
    );
  });
});
