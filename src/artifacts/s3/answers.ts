import { AppError } from '../../lib/errors.ts';
import { BLOB_ERRORS } from '../blobs.ts';

export const statusOf = (error: unknown) =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;

/** What the store answered; whatever kept it from answering is BLOB_STORE_DOWN. */
export async function asked<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof AppError ? error : down(error);
  }
}

export async function unlessAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    // A missing bucket is a missing store, not a missing blob.
    const { name } = error as Error;
    if (statusOf(error) === 404 && name !== 'NoSuchBucket') return undefined;
    throw error instanceof AppError ? error : down(error);
  }
}

function down(cause: unknown): AppError {
  const status = statusOf(cause);
  const why =
    status === undefined
      ? 'does not answer'
      : `refused (HTTP ${status}, ${(cause as Error).name.slice(0, 60)})`;
  return new AppError(BLOB_ERRORS.BLOB_STORE_DOWN, `The artifact store ${why}.`, { cause });
}
