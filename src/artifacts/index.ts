import { openLocalBlobs } from './local/blobs.ts';
import { openS3Blobs } from './s3/blobs.ts';
import type { BlobStore } from './blobs.ts';

export { type Blob, type BlobStore, type StoredBlob } from './blobs.ts';
export {
  type ArtifactName,
  checkPath,
  childrenOf,
  findName,
  listNames,
  putName,
  removeNames,
} from './names.ts';

/** Opens the artifact store: the local folder, or S3 when `url` says so. */
export async function openBlobs(options: { folder: string; url?: string | undefined }): Promise<BlobStore> {
  return options.url?.startsWith('s3:') ? openS3Blobs(options.url) : openLocalBlobs(options.folder);
}
