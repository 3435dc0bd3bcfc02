import { createHash } from 'node:crypto';
import type * as Sdk from '@aws-sdk/client-s3';
import { AppError } from '../../lib/errors.ts';
import { type Blob, BLOB_ERRORS, type DirectTransfers, missing } from '../blobs.ts';
import { asked, statusOf, unlessAbsent } from './answers.ts';
import { copyObject } from './copy-parts.ts';
import type { S3Location } from './location.ts';

/** How long the address of a part holds: a large file over a slow line takes its time. */
const UPLOAD_S = 6 * 3600;
/** Pieces of a large file are asked for one after the other. */
const DOWNLOAD_S = 900;

/**
 * Transfers that clients make with the bucket itself. An upload lies under `<prefix>uploads/<id>` until its bytes were read; no
 * name that a client chose becomes a key.
 */
export function s3Transfers({
  sdk,
  client,
  bucket,
  prefix,
  config,
  direct,
  head,
  keyOf,
}: S3Location & {
  sdk: typeof Sdk;
  client: Sdk.S3Client;
  head(digest: string): Promise<Blob | undefined>;
  keyOf(digest: string): string;
}): DirectTransfers {
  const at = (id: string) => ({ Bucket: bucket, Key: `${prefix}uploads/${id}` });

  const sign = s3Signer(sdk, config);

  return {
    advertised: direct,
    async begin(id, parts) {
      const { UploadId: upload = '' } = await asked(
        client.send(new sdk.CreateMultipartUploadCommand(at(id))),
      );
      const urls: string[] = [];
      for (let PartNumber = 1; PartNumber <= parts; PartNumber++) {
        const command = new sdk.UploadPartCommand({ ...at(id), UploadId: upload, PartNumber });
        urls.push(await sign(command, UPLOAD_S));
      }
      return { upload, urls };
    },
    async join(id, upload, parts) {
      const Parts = parts
        .toSorted((a, b) => a.part_number - b.part_number)
        .map(({ part_number, etag }) => ({ PartNumber: part_number, ETag: etag }));
      const request = { ...at(id), UploadId: upload, MultipartUpload: { Parts } };
      const joined = await unlessAbsent(
        client.send(new sdk.CompleteMultipartUploadCommand(request)).catch(unfit),
      );
      return (
        joined !== undefined ||
        (await unlessAbsent(client.send(new sdk.HeadObjectCommand(at(id))))) !== undefined
      );
    },
    async adopt(id) {
      const answer = await unlessAbsent(client.send(new sdk.GetObjectCommand(at(id))));
      if (!answer) throw missing(id);
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of answer.Body as AsyncIterable<Uint8Array>) {
        hash.update(chunk);
        size += chunk.byteLength;
      }
      const blob = { digest: hash.digest('hex'), size };
      if (!(await head(blob.digest)))
        await copyObject({ sdk, client, bucket, from: at(id).Key, to: keyOf(blob.digest) });
      return blob;
    },
    async drop(id, upload) {
      await unlessAbsent(client.send(new sdk.AbortMultipartUploadCommand({ ...at(id), UploadId: upload })));
      await asked(client.send(new sdk.DeleteObjectCommand(at(id))));
    },
    downloadUrl: (digest, name) =>
      sign(
        new sdk.GetObjectCommand({
          Bucket: bucket,
          Key: keyOf(digest),
          ResponseContentDisposition: attachment(name),
        }),
        DOWNLOAD_S,
      ),
  };
}

type Signed = Sdk.UploadPartCommand | Sdk.PutObjectCommand | Sdk.GetObjectCommand;

/** Makes addresses by which anybody may do one thing for some seconds. */
export function s3Signer(
  sdk: typeof Sdk,
  config: Sdk.S3ClientConfig,
): (command: Signed, seconds: number) => Promise<string> {
  const load = async () => {
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
    // A checksum in the address would be that of no bytes at all.
    const client = new sdk.S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' });
    return (command: Signed, expiresIn: number) =>
      getSignedUrl(client, command as Sdk.GetObjectCommand, { expiresIn });
  };
  let loaded: ReturnType<typeof load> | undefined;
  return async (command, seconds) => (await (loaded ??= load()))(command, seconds);
}

/** A browser saves it and shows nothing of it, whatever it holds. */
export const attachment = (path: string): string =>
  `attachment; filename*=UTF-8''${encodeURIComponent(path.split('/').at(-1) ?? '')}`;

/** Parts that cannot be joined are the client's fault. */
function unfit(refusal: unknown): never {
  if (statusOf(refusal) !== 400) throw refusal;
  throw new AppError(
    BLOB_ERRORS.BLOB_PARTS,
    `The parts cannot be joined: ${(refusal as Error).name.slice(0, 60)}.`,
  );
}
