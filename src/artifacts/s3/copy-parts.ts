import type * as Sdk from '@aws-sdk/client-s3';
import { statusOf, unlessAbsent } from './answers.ts';

/** S3 copies at most this much in one request, bytes. */
const MOST_AT_ONCE = 5 * 1024 ** 3;

const PART_BYTES = 1024 ** 3;

interface Copy {
  sdk: typeof Sdk;
  client: Sdk.S3Client;
  /** `bucket/key`, encoded. */
  source: string;
  target: { Bucket: string; Key: string };
  size: number;
  /** Bytes of a part; all but the last have at least 5 MiB. */
  partBytes?: number;
}

/** Copies a large object within the store, part by part. What fails leaves nothing behind. */
export async function copyInParts({
  sdk,
  client,
  source,
  target,
  size,
  partBytes = PART_BYTES,
}: Copy): Promise<void> {
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(target));
  try {
    const parts: Sdk.CompletedPart[] = [];
    for (let start = 0; start < size; start += partBytes) {
      const PartNumber = parts.length + 1;
      const { CopyPartResult } = await client.send(
        new sdk.UploadPartCopyCommand({
          ...target,
          UploadId,
          PartNumber,
          CopySource: source,
          CopySourceRange: `bytes=${start}-${Math.min(start + partBytes, size) - 1}`,
        }),
      );
      parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
    await client.send(
      new sdk.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: parts } }),
    );
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => {});
    throw error;
  }
}

/** Copies an object within a bucket, of any size. False when it is not there. */
export async function copyObject({
  sdk,
  client,
  bucket,
  from,
  to,
}: {
  sdk: typeof Sdk;
  client: Sdk.S3Client;
  bucket: string;
  from: string;
  to: string;
}): Promise<boolean> {
  const source = `${bucket}/${encodeURI(from)}`;
  const target = { Bucket: bucket, Key: to };
  const atOnce = client.send(new sdk.CopyObjectCommand({ ...target, CopySource: source }));
  const copied = await unlessAbsent(
    atOnce.catch(async (refusal: unknown) => {
      if (![400, 413].includes(statusOf(refusal) ?? 0)) throw refusal;
      const { ContentLength: size = 0 } = await client.send(
        new sdk.HeadObjectCommand({ Bucket: bucket, Key: from }),
      );
      if (size <= MOST_AT_ONCE) throw refusal;
      await copyInParts({ sdk, client, source, target, size });
      return true;
    }),
  );
  return copied !== undefined;
}
