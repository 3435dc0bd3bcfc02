import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { AppError } from '../../lib/errors.ts';
import { BLOB_ERRORS, type Blob, type BlobStore, checkDigest, missing } from '../blobs.ts';
import { asked, unlessAbsent } from './answers.ts';
import { copyObject } from './copy-parts.ts';
import { s3Transfers } from './direct.ts';
import { parseLocation } from './location.ts';

type Place = 'blobs' | 'aside';

/**
 * Blobs as objects `<prefix>/blobs/<first two>/<digest>` in an S3 bucket; what is set aside lies under `aside` in the same way.
 * Credentials come from the AWS environment. A store that does not answer is BLOB_STORE_DOWN.
 */
export async function openS3Blobs(url: string): Promise<BlobStore> {
  const location = parseLocation(url);
  const { bucket, prefix, config } = location;
  const sdk = await import('@aws-sdk/client-s3');
  const { Upload } = await import('@aws-sdk/lib-storage');
  const client = new sdk.S3Client(config);
  const keyIn = (place: Place, digest: string) =>
    `${prefix}${place}/${checkDigest(digest).slice(0, 2)}/${digest}`;
  const named = (place: Place, digest: string) => ({ Bucket: bucket, Key: keyIn(place, digest) });

  async function head(digest: string): Promise<Blob | undefined> {
    const found = await unlessAbsent(client.send(new sdk.HeadObjectCommand(named('blobs', digest))));
    return found && { digest, size: found.ContentLength ?? 0 };
  }

  /** Copies a blob to the other place. False when it is not here. */
  const copy = (digest: string, from: Place, to: Place): Promise<boolean> =>
    copyObject({ sdk, client, bucket, from: keyIn(from, digest), to: keyIn(to, digest) });

  const remove = (place: Place, digest: string) =>
    asked(client.send(new sdk.DeleteObjectCommand(named(place, digest))));

  // Only the collection removes: a reader that removed what it put back would race with the next time it is set aside.
  const recall = (digest: string) => copy(digest, 'aside', 'blobs');

  async function get(digest: string, range?: string): Promise<Readable> {
    const ask = () =>
      unlessAbsent(client.send(new sdk.GetObjectCommand({ ...named('blobs', digest), Range: range })));
    let answer = await ask();
    for (let left = 5; !answer && left > 0 && (await recall(digest)); left--) answer = await ask();
    answer ??= await ask();
    if (!answer) throw missing(digest);
    return answer.Body as Readable;
  }

  async function* listPlace(place: Place) {
    const from = { Bucket: bucket, Prefix: `${prefix}${place}/` };
    for (let token: string | undefined; ; ) {
      const page = await asked(
        client.send(new sdk.ListObjectsV2Command({ ...from, ContinuationToken: token })),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const digest = Key?.split('/').at(-1) ?? '';
        if (/^[0-9a-f]{64}$/.test(digest))
          yield {
            digest,
            size: Size ?? 0,
            since: LastModified?.getTime() ?? Date.now(),
            aside: place === 'aside',
          };
      }
      token = page.NextContinuationToken;
      if (token === undefined) return;
    }
  }

  const direct = s3Transfers({ sdk, client, ...location, head, keyOf: (digest) => keyIn('blobs', digest) });

  return {
    direct,
    recall,
    async find(digest) {
      return (await head(digest)) ?? ((await recall(digest)) ? head(digest) : undefined);
    },
    async put(source, options = {}) {
      const spool = join(tmpdir(), `rondo-${randomUUID()}`);
      try {
        const blob = await spoolTo(spool, source, options.limit);
        if (!(await head(blob.digest))) {
          const params = { ...named('blobs', blob.digest), Body: createReadStream(spool) };
          await asked(new Upload({ client, params }).done());
        }
        return blob;
      } finally {
        await rm(spool, { force: true });
      }
    },
    open: (digest, range) => get(digest, range && `bytes=${range.start}-${range.end}`),
    async read(digest) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await get(digest)) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks);
    },
    async copyTo(digest, target) {
      await pipeline(await get(digest), createWriteStream(target));
    },
    async remove(digest) {
      await remove('blobs', digest);
    },
    async *list() {
      yield* listPlace('blobs');
      yield* listPlace('aside');
    },
    async setAside(digest) {
      if (await copy(digest, 'blobs', 'aside')) await remove('blobs', digest);
    },
    async purge(digest) {
      await remove('aside', digest);
    },
    async dropUnfinished(before) {
      let dropped = 0;
      for (const place of ['blobs/', 'uploads/']) {
        const from = { Bucket: bucket, Prefix: `${prefix}${place}` };
        const { Uploads } = await asked(client.send(new sdk.ListMultipartUploadsCommand(from)));
        const old = (Uploads ?? []).filter(({ Initiated }) => (Initiated?.getTime() ?? 0) < before);
        for (const { Key, UploadId } of old)
          await asked(client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })));
        dropped += old.length;
      }
      return dropped;
    },
  };
}

/** The digest names the object, so the bytes are read once to disk before the first goes up. */
async function spoolTo(
  path: string,
  source: AsyncIterable<Uint8Array> | Uint8Array,
  limit?: number,
): Promise<Blob> {
  const file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of source instanceof Uint8Array ? [source] : source) {
      size += chunk.byteLength;
      if (limit !== undefined && size > limit) {
        throw new AppError(
          BLOB_ERRORS.BLOB_TOO_LARGE,
          `The upload is larger than ${limit} bytes; nothing was kept.`,
        );
      }
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    return { digest: hash.digest('hex'), size };
  } finally {
    await file.close();
  }
}
