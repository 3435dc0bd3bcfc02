import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobStoreContract } from '../../test/harness/blob-store.ts';
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
  const incoming = join(folder, 'incoming');
  let blobs: BlobStore;
  beforeAll(async () => {
    blobs = await openBlobs({ folder });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  blobStoreContract(
    () => blobs,
    async () => readdirSync(incoming).length,
  );

  it('removes what an upload left that was killed, once it is old', async () => {
    writeFileSync(join(incoming, 'left'), 'half');
    expect(await blobs.dropUnfinished(Date.now() - 60_000)).toBe(0);
    expect(await blobs.dropUnfinished(Date.now() + 60_000)).toBe(1);
    expect(readdirSync(incoming)).toEqual([]);
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
    await test.database.write(async (tx) => {
      for (const path of ['my_model/a%', 'my-model/b']) await putName(tx, 'run/1', path, blob(1));
    });
    expect(await listNames(test.database.read, 'run/1', 'my_model')).toMatchObject([{ path: 'my_model/a%' }]);
    expect(await test.database.write((tx) => removeNames(tx, 'run/1', 'my_model'))).toBe(1);
  });
});
