import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { BlobStore, StoredBlob } from '../../src/artifacts/index.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function bytesOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** What every store of blobs keeps to. `unfinished` counts what uploads have left behind. */
export function blobStoreContract(store: () => BlobStore, unfinished: () => Promise<number>): void {
  const listed = async (digest: string): Promise<StoredBlob[]> => {
    const found: StoredBlob[] = [];
    for await (const blob of store().list()) if (blob.digest === digest) found.push(blob);
    return found;
  };

  it('addresses bytes by their sha256 and gives back ranges', async () => {
    const bytes = randomBytes(100_000);
    const blob = await store().put(bytes);
    expect(blob).toEqual({ digest: sha256(bytes), size: 100_000 });
    expect(await store().find(blob.digest)).toEqual(blob);
    expect(await store().read(blob.digest)).toEqual(bytes);
    expect(await bytesOf(await store().open(blob.digest))).toEqual(bytes);
    const part = await bytesOf(await store().open(blob.digest, { start: 10, end: 19 }));
    expect(part).toEqual(bytes.subarray(10, 20));
    expect(await store().put(bytes)).toEqual(blob);
    expect(await listed(blob.digest)).toMatchObject([{ size: 100_000, aside: false }]);
  });

  it('stores nothing as well as much', async () => {
    const empty = await store().put(new Uint8Array());
    expect(empty.size).toBe(0);
    expect((await store().read(empty.digest)).length).toBe(0);
    const chunk = randomBytes(1 << 20);
    const hash = createHash('sha256');
    async function* stream() {
      for (let i = 0; i < 17; i++) {
        hash.update(chunk);
        yield chunk;
      }
    }
    const large = await store().put(stream());
    expect(large).toEqual({ digest: hash.digest('hex'), size: 17 << 20 });
    const back = createHash('sha256');
    for await (const part of await store().open(large.digest)) back.update(part as Buffer);
    expect(back.digest('hex')).toBe(large.digest);
    await store().remove(large.digest);
  });

  it('makes a blob a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rondo-copy-'));
    const bytes = randomBytes(5000);
    const { digest } = await store().put(bytes);
    await store().copyTo(digest, join(folder, 'copy'));
    expect(readFileSync(join(folder, 'copy'))).toEqual(bytes);
    rmSync(folder, { recursive: true });
  });

  it('keeps nothing of an upload that is cut or too large', async () => {
    const start = randomBytes(1000);
    async function* cut() {
      yield start;
      throw new Error('connection lost');
    }
    await expect(store().put(cut())).rejects.toThrow('connection lost');
    await expect(store().put(randomBytes(2000), { limit: 1999 })).rejects.toMatchObject({
      code: 'BLOB_TOO_LARGE',
    });
    expect(await store().find(sha256(start))).toBeUndefined();
    expect(await unfinished()).toBe(0);
  });

  it('says what is missing, and never lets a caller name a path', async () => {
    const nowhere = '0'.repeat(64);
    expect(await store().find(nowhere)).toBeUndefined();
    await expect(store().read(nowhere)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(store().open(nowhere)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(store().copyTo(nowhere, '/nowhere/x')).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    await expect(store().read('../../etc/passwd')).rejects.toMatchObject({ code: 'BLOB_DIGEST' });
    await store().remove(nowhere);
  });

  it('takes the same bytes from several at once', async () => {
    const bytes = randomBytes(300_000);
    const blobs = await Promise.all(Array.from({ length: 8 }, () => store().put(bytes)));
    expect(new Set(blobs.map((blob) => blob.digest))).toEqual(new Set([sha256(bytes)]));
    expect(await store().read(sha256(bytes))).toEqual(bytes);
    expect(await unfinished()).toBe(0);
  });

  it('puts back what was set aside when somebody reads it, and keeps what was stored again', async () => {
    const bytes = randomBytes(2000);
    const { digest } = await store().put(bytes);
    await store().setAside(digest);
    expect(await listed(digest)).toMatchObject([{ aside: true }]);
    expect(await store().read(digest)).toEqual(bytes);
    expect(await listed(digest)).toContainEqual(expect.objectContaining({ aside: false }));
    await store().setAside(digest);
    expect(await store().find(digest)).toEqual({ digest, size: 2000 });

    await store().setAside(digest);
    await store().put(bytes);
    await store().purge(digest);
    expect(await store().read(digest)).toEqual(bytes);

    await store().setAside(digest);
    await store().purge(digest);
    await expect(store().read(digest)).rejects.toMatchObject({ code: 'BLOB_MISSING' });
    expect(await listed(digest)).toEqual([]);
    expect(await store().recall(digest)).toBe(false);
    await store().setAside(digest);
  });

  it('is never without bytes that are stored while they are set aside and purged', async () => {
    const bytes = randomBytes(4000);
    const { digest } = await store().put(bytes);
    let rounds = 0;
    let ended = false;
    // The second phase begins only a grace period after the first, so here it never meets a blob that somebody just stored.
    const collector = (async () => {
      while (!ended) {
        await store().setAside(digest);
        rounds++;
      }
    })();
    for (let i = 0; i < 25; i++) {
      await store().put(bytes);
      expect(await store().read(digest)).toEqual(bytes);
    }
    ended = true;
    await collector;
    expect(rounds).toBeGreaterThan(5);
    expect(await store().read(digest)).toEqual(bytes);
  });
}
