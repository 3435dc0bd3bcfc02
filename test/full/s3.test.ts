import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BlobStore, openBlobs } from '../../src/artifacts/index.ts';
import { blobStoreContract } from '../harness/blob-store.ts';

/** Address of an S3 server, `http://host:port`; credentials are in the AWS variables. */
const endpoint = process.env.RONDO_TEST_S3_URL;

describe('S3', () => {
  const bucket = `rondo-${randomUUID().slice(0, 8)}`;
  const url = `s3://${bucket}/some/prefix?endpoint=${endpoint}`;
  let client: S3Client;

  beforeAll(async () => {
    if (!endpoint)
      throw new Error(
        'Set RONDO_TEST_S3_URL to an S3 server, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
      );
    client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });
  afterAll(() => client.destroy());

  describe('blobs', () => {
    let blobs: BlobStore;
    beforeAll(async () => {
      blobs = await openBlobs({ folder: '/nowhere', url });
    });

    blobStoreContract(
      () => blobs,
      async () => {
        const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
        return Uploads?.length ?? 0;
      },
    );

    it('says that the store is down, or that the bucket is not there, and not that a blob is missing', async () => {
      const nobody = await openBlobs({ folder: '', url: `s3://${bucket}?endpoint=http://127.0.0.1:9` });
      const nowhere = await openBlobs({ folder: '', url: `s3://no-such-bucket-here?endpoint=${endpoint}` });
      for (const blobs of [nobody, nowhere]) {
        const down = {
          code: 'BLOB_STORE_DOWN',
          status: 503,
          hint: expect.stringContaining('RONDO_ARTIFACTS_URL'),
        };
        await expect(blobs.put(new Uint8Array(10))).rejects.toMatchObject(down);
        await expect(blobs.read('0'.repeat(64))).rejects.toMatchObject(down);
      }
    });
  });
});
