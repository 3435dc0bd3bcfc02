import { fileURLToPath } from 'node:url';
import { openLocalBlobs } from './local/blobs.ts';
import { openS3Blobs } from './s3/blobs.ts';
import type { BlobStore } from './blobs.ts';

export { type ForeignFiles, openForeign } from './foreign.ts';
export {
  type Blob,
  type BlobStore,
  type StoredBlob,
  type UploadedPart,
} from './blobs.ts';
export {
  type ArtifactName,
  checkPath,
  childrenOf,
  findName,
  listNames,
  putName,
  removeNames,
} from './names.ts';

/** Opens the artifact store: the local folder, or what `url` says: `s3:`, or a `file:` folder that replicas share. */
export async function openBlobs(options: { folder: string; url?: string | undefined }): Promise<BlobStore> {
  const { folder, url } = options;
  if (url?.startsWith('s3:')) return openS3Blobs(url);
  return openLocalBlobs(url?.startsWith('file:') ? fileURLToPath(url) : folder);
}
