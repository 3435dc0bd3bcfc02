import { AppError, defineErrors } from '../lib/errors.ts';

/** A stored blob: `digest` is the sha256 in lower-case hex, `size` in bytes. */
export interface Blob {
  digest: string;
  size: number;
}

/** A blob as the store lists it. */
export interface StoredBlob extends Blob {
  /** When it was stored, stored again, or set aside; epoch ms. */
  since: number;
  aside: boolean;
}

export interface Range {
  /** First byte. */
  start: number;
  /** Last byte, inclusive. */
  end: number;
}

/** Content-addressed bytes. No name a user chose ever becomes a path. */
export interface BlobStore {
  /** Where the store can be reached by clients themselves. */
  readonly direct?: DirectTransfers;
  /** Stores the bytes under their digest, hashed while streaming. Storing the same bytes again is cheap. */
  put(source: AsyncIterable<Uint8Array> | Uint8Array, options?: { limit?: number }): Promise<Blob>;
  /** Streams a blob, or a part of it. Throws BLOB_MISSING. */
  open(digest: string, range?: Range): Promise<NodeJS.ReadableStream>;
  read(digest: string): Promise<Buffer>;
  find(digest: string): Promise<Blob | undefined>;
  /** Makes the blob a file at `target` (reflinked where the file system can), for engines that only read files. */
  copyTo(digest: string, target: string): Promise<void>;
  remove(digest: string): Promise<void>;
  /** Every blob, in no order; those set aside too. One that was put back may stand in both places until it is purged. */
  list(): AsyncIterable<StoredBlob>;
  /**
   * First phase of a deletion: the blob leaves its place. Whoever reads it puts it back, whoever stores it stores it anew,
   * so that a reference made meanwhile is never left without its bytes.
   */
  setAside(digest: string): Promise<void>;
  /** Puts a blob back that was set aside. False when it was not. */
  recall(digest: string): Promise<boolean>;
  /** Second phase: what was set aside is gone for good; what was stored again meanwhile stays. */
  purge(digest: string): Promise<void>;
  /** Removes what uploads left that ended without a goodbye before `before` (epoch ms). Returns how many. */
  dropUnfinished(before: number): Promise<number>;
}

/** A part of an upload as the store acknowledged it. */
export interface UploadedPart {
  /** From 1. */
  part_number: number;
  etag: string;
}

/** Transfers between clients and the store past this server, by addresses that are signed and expire. */
export interface DirectTransfers {
  /** Clients are told that they can use it; others may ask for it themselves. */
  readonly advertised: boolean;
  /** Begins an upload in `parts` parts under an id of ours. The store's own id of it, and an address to put each part to. */
  begin(id: string, parts: number): Promise<{ upload: string; urls: string[] }>;
  /** Joins the parts. Again is the same as once. False when the store knows of no such upload. */
  join(id: string, upload: string, parts: readonly UploadedPart[]): Promise<boolean>;
  /** Reads what was joined and gives it its address; what was uploaded stays until it is dropped. */
  adopt(id: string): Promise<Blob>;
  /** Removes what lies under the id, joined or not. */
  drop(id: string, upload: string): Promise<void>;
  /** Where a blob can be read from for a quarter of an hour, as a file of that name. */
  downloadUrl(digest: string, name: string): Promise<string>;
}

export const BLOB_ERRORS = defineErrors({
  BLOB_MISSING: {
    status: 404,
    hint: 'It was deleted, or the artifact store was moved; restore it from a back-up.',
  },
  BLOB_TOO_LARGE: { status: 413 },
  BLOB_STORE_DOWN: {
    status: 503,
    hint: 'Nothing was changed. Check RONDO_ARTIFACTS_URL and that the store answers, then try again.',
  },
  BLOB_PARTS: {
    status: 400,
    hint: 'Put each part again, of at least 5 MiB but the last, and complete with the ETags it answers.',
  },
  BLOB_DIGEST: { status: 400, hint: 'A digest is 64 lower-case hexadecimal characters.' },
});

export function checkDigest(digest: string): string {
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new AppError(BLOB_ERRORS.BLOB_DIGEST, `'${digest.slice(0, 80)}' is not a sha256 digest.`);
}

export const missing = (digest: string) =>
  new AppError(BLOB_ERRORS.BLOB_MISSING, `Blob ${digest.slice(0, 12)} is not in the artifact store.`);
