import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../lib/errors.ts';
import { BLOB_ERRORS, type Blob, type BlobStore, checkDigest, missing } from '../blobs.ts';

/** Blobs as files `<folder>/blobs/<first two>/<digest>`: written to a temporary name, synced, then renamed. */
export function openLocalBlobs(folder: string): BlobStore {
  const pathOf = (digest: string) => join(folder, 'blobs', checkDigest(digest).slice(0, 2), digest);
  const incoming = join(folder, 'incoming');

  async function find(digest: string): Promise<Blob | undefined> {
    const found = await stat(pathOf(digest)).catch(() => undefined);
    return found && { digest, size: found.size };
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
      if (await find(digest)) await rm(temporary);
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
    find,
    async open(digest, range) {
      if (!(await find(digest))) throw missing(digest);
      return createReadStream(pathOf(digest), range);
    },
    async read(digest) {
      return readFile(pathOf(digest)).catch(() => {
        throw missing(digest);
      });
    },
    async copyTo(digest, target) {
      await copyFile(pathOf(digest), target, constants.COPYFILE_FICLONE).catch(
        (cause: NodeJS.ErrnoException) => {
          if (cause.code === 'ENOENT') throw missing(digest);
          throw cause;
        },
      );
    },
    async remove(digest) {
      await rm(pathOf(digest), { force: true });
    },
  };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
