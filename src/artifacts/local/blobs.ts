import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { BLOB_ERRORS, type Blob, type BlobStore, checkDigest, missing, type StoredBlob } from '../blobs.ts';

const RECALLS = 5;

/**
 * Blobs as files `<folder>/blobs/<first two>/<digest>`: written to a temporary name, synced, then renamed. What is set aside lies
 * under `aside` in the same way.
 */
export function openLocalBlobs(folder: string): BlobStore {
  const placed = (place: 'blobs' | 'aside', digest: string) =>
    join(folder, place, checkDigest(digest).slice(0, 2), digest);
  const pathOf = (digest: string) => placed('blobs', digest);
  const incoming = join(folder, 'incoming');

  async function recall(digest: string): Promise<boolean> {
    try {
      await mkdir(dirname(pathOf(digest)), { recursive: true, mode: 0o700 });
      await rename(placed('aside', digest), pathOf(digest));
      await touch(pathOf(digest));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** Uses the file of a blob; one that was set aside comes back first, as often as it is set aside in between. */
  async function use<T>(digest: string, work: (path: string) => Promise<T>): Promise<T> {
    for (let left = RECALLS; ; left--) {
      try {
        return await work(pathOf(digest));
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
      if (!(await recall(digest)) && left < RECALLS) throw missing(digest);
      if (left === 0) throw missing(digest);
    }
  }

  async function put(
    source: AsyncIterable<Uint8Array> | Uint8Array,
    options: { limit?: number } = {},
  ): Promise<Blob> {
    await mkdir(incoming, { recursive: true, mode: 0o700 });
    const temporary = join(incoming, randomUUID());
    const file = await open(temporary, 'wx', 0o600);
    const hash = createHash('sha256');
    let size = 0;
    try {
      for await (const chunk of source instanceof Uint8Array ? [source] : source) {
        size += chunk.byteLength;
        if (options.limit !== undefined && size > options.limit) {
          throw new AppError(
            BLOB_ERRORS.BLOB_TOO_LARGE,
            `The upload is larger than ${options.limit} bytes; nothing was kept.`,
          );
        }
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.sync();
      await file.close();
      const digest = hash.digest('hex');
      const target = pathOf(digest);
      if (await touch(target)) await rm(temporary);
      else {
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await rename(temporary, target);
        await syncFolder(dirname(target));
      }
      return { digest, size };
    } catch (error) {
      await file.close().catch(() => {});
      await rm(temporary, { force: true });
      throw error;
    }
  }

  return {
    put,
    recall,
    async find(digest) {
      try {
        return { digest, size: await use(digest, async (path) => (await stat(path)).size) };
      } catch (error) {
        if (error instanceof AppError && error.code === BLOB_ERRORS.BLOB_MISSING.code) return undefined;
        throw error;
      }
    },
    async open(digest, range) {
      const file = await use(digest, (path) => open(path, 'r'));
      return file.createReadStream(range);
    },
    read: (digest) => use(digest, (path) => readFile(path)),
    copyTo: (digest, target) => use(digest, (path) => copyFile(path, target, constants.COPYFILE_FICLONE)),
    async remove(digest) {
      await rm(pathOf(digest), { force: true });
    },
    async *list() {
      yield* listFolder(join(folder, 'blobs'), false);
      yield* listFolder(join(folder, 'aside'), true);
    },
    async setAside(digest) {
      const target = placed('aside', digest);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      // Its time starts anew before it moves: after a crash in between it is only younger.
      if (await touch(pathOf(digest))) await rename(pathOf(digest), target).catch(ignoreAbsent);
    },
    async purge(digest) {
      await rm(placed('aside', digest), { force: true });
    },
    async dropUnfinished(before) {
      let dropped = 0;
      for (const name of await readdir(incoming).catch(() => [])) {
        const found = await stat(join(incoming, name)).catch(() => undefined);
        if (!found || found.mtimeMs >= before) continue;
        await rm(join(incoming, name), { force: true });
        dropped++;
      }
      return dropped;
    },
  };
}

async function* listFolder(folder: string, aside: boolean): AsyncGenerator<StoredBlob> {
  for (const part of await readdir(folder).catch(() => [])) {
    for (const digest of await readdir(join(folder, part)).catch(() => [])) {
      const found = await stat(join(folder, part, digest)).catch(() => undefined);
      if (found && /^[0-9a-f]{64}$/.test(digest))
        yield { digest, size: found.size, since: Math.round(found.mtimeMs), aside };
    }
  }
}

/** Says that a file is wanted now. False when there is none. */
async function touch(path: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

function ignoreAbsent(error: unknown): void {
  if (!isAbsent(error)) throw error;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
