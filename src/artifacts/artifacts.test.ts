import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../test/harness/database.ts';
import {
  type BlobStore,
  checkPath,
  childrenOf,
  findName,
  listNames,
  openBlobs,
  putName,
  removeNames,
} from './index.ts';

describe('local blobs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-blobs-'));
  let blobs: BlobStore;
  beforeAll(async () => {
    blobs = await openBlobs({ folder });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('addresses bytes by their sha256 and gives back ranges', async () => {
    const bytes = randomBytes(100_000);
    const blob = await blobs.put(bytes);
    expect(blob).toEqual({ digest: createHash('sha256').update(bytes).digest('hex'), size: 100_000 });
    expect(await blobs.read(blob.digest)).toEqual(bytes);
    const part: Buffer[] = [];
    for await (const chunk of await blobs.open(blob.digest, { start: 10, end: 19 }))
      part.push(chunk as Buffer);
    expect(Buffer.concat(part)).toEqual(bytes.subarray(10, 20));
    expect(await blobs.put(bytes)).toEqual(blob);
  });

  it('keeps nothing of an upload that is cut or too large', async () => {
    async function* cut() {
      yield randomBytes(1000);
      throw new Error('connection lost');
    }
    await expect(blobs.put(cut())).rejects.toThrow('connection lost');
    await expect(blobs.put(randomBytes(2000), { limit: 1999 })).rejects.toMatchObject({
      code: 'BLOB_TOO_LARGE',
    });
    expect(readdirSync(join(folder, 'incoming'))).toEqual([]);
  });

  it('never lets a caller name a path', async () => {
    await expect(blobs.read('../../etc/passwd')).rejects.toMatchObject({ code: 'BLOB_DIGEST' });
    await expect(blobs.read('0'.repeat(64))).rejects.toMatchObject({ code: 'BLOB_MISSING' });
  });
});

describe('artifact paths', () => {
  it.each([
    '',
    '/etc/passwd',
    '../x',
    'a/../b',
    'a//b',
    './a',
    'C:/x',
    'C:x',
    '..\\..\\x',
    '\\\\host\\s',
    'a\u0000b',
    'a?b',
    'a#b',
    'a;b',
    '%2e%2e/x',
    'a%2Fb',
    'a%5cb',
    '%252e%2e',
  ])('refuses %j', (path) => {
    expect(() => checkPath(path)).toThrow(/not a usable artifact path/);
  });
  it('keeps ordinary names, in one Unicode form', () => {
    expect(checkPath('model/MLmodel')).toBe('model/MLmodel');
    expect(checkPath('bilder/é 100%.png')).toBe('bilder/é 100%.png');
  });
});

describe.each(ENGINES)('artifact names on %s', (engine) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase(engine);
  });
  afterAll(() => test.end());

  it('moves a name to newer bytes, lists folders, removes subtrees', async () => {
    const blob = (size: number) => ({ digest: String(size % 10).repeat(64), size });
    await test.database.write(async (tx) => {
      for (const [index, path] of ['a.txt', 'model/MLmodel', 'model/data/x_y', 'model/data/xzy'].entries())
        await putName(tx, 'run/1', path, blob(index));
      await putName(tx, 'run/1', 'a.txt', blob(9));
    });
    expect((await findName(test.database.read, 'run/1', 'a.txt'))?.size).toBe(9);
    const names = await listNames(test.database.read, 'run/1');
    expect(childrenOf(names, '')).toEqual([
      { path: 'a.txt', is_dir: false, file_size: 9 },
      { path: 'model', is_dir: true },
    ]);
    expect(childrenOf(names, 'model').map((child) => child.path)).toEqual(['model/MLmodel', 'model/data']);
    expect(await test.database.write((tx) => removeNames(tx, 'run/1', 'model/data/x_y'))).toBe(1);
    expect(await test.database.write((tx) => removeNames(tx, 'run/1', 'model'))).toBe(2);
  });
});
