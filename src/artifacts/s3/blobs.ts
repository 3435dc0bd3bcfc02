import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { AppError, invalid } from '../../lib/errors.ts';
import { BLOB_ERRORS, type Blob, type BlobStore, checkDigest, missing } from '../blobs.ts';

/**
 * Blobs as objects `<prefix>/blobs/<first two>/<digest>` in an S3 bucket. Credentials come from the AWS environment.
 * URL: `s3://bucket/prefix?endpoint=http://host:port&region=…&pathStyle=true`.
 */
export async function openS3Blobs(url: string): Promise<BlobStore> {
  const { bucket, prefix, config } = parseUrl(url);
  const { S3Client, GetObjectCommand, HeadObjectCommand, DeleteObjectCommand } = await import(
    '@aws-sdk/client-s3'
  );
  const { Upload } = await import('@aws-sdk/lib-storage');
  const client = new S3Client(config);
  const keyOf = (digest: string) => `${prefix}blobs/${checkDigest(digest).slice(0, 2)}/${digest}`;

  async function find(digest: string): Promise<Blob | undefined> {
    try {
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: keyOf(digest) }));
      return { digest, size: head.ContentLength ?? 0 };
    } catch (error) {
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404)
        return undefined;
      throw error;
    }
  }

  async function get(digest: string, range?: string): Promise<Readable> {
    try {
      const answer = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: keyOf(digest), Range: range }),
      );
      return answer.Body as Readable;
    } catch (error) {
      if ((error as { name?: string }).name === 'NoSuchKey') throw missing(digest);
      throw error;
    }
  }

  return {
    find,
    async put(source, options = {}) {
      const spool = join(tmpdir(), `rondo-${randomUUID()}`);
      try {
        const blob = await spoolTo(spool, source, options.limit);
        if (!(await find(blob.digest))) {
          await new Upload({
            client,
            params: { Bucket: bucket, Key: keyOf(blob.digest), Body: createReadStream(spool) },
          }).done();
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
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(digest) }));
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

function parseUrl(text: string) {
  const url = new URL(text);
  if (url.protocol !== 's3:' || !url.hostname) {
    throw invalid(
      `'${text}' is not an artifact location.`,
      'Write s3://bucket/prefix, with ?endpoint=… for a store that is not AWS.',
    );
  }
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
  const endpoint = url.searchParams.get('endpoint') ?? undefined;
  return {
    bucket: url.hostname,
    prefix: prefix && `${prefix}/`,
    config: {
      region: url.searchParams.get('region') ?? 'us-east-1',
      forcePathStyle: url.searchParams.get('pathStyle') === 'true' || endpoint !== undefined,
      ...(endpoint === undefined ? {} : { endpoint }),
    },
  };
}
