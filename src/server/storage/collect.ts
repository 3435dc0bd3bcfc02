import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import { enqueue, type JobWorker } from '../../jobs/index.ts';
import { type Collection, COLLECT_JOB, type CollectRequest, type StorageUse } from './schema.ts';
import { referencedDigests } from './references.ts';

interface Parts {
  database: Database;
  blobs: BlobStore;
}

const HOUR = 3_600_000;
const EVERY_MS = 24 * HOUR;
/** An upload that has not grown for so long will not go on. */
const UPLOAD_MS = HOUR;

/**
 * Removes blobs that no row references, in two phases a grace period apart: one that has been unreferenced is set aside, one that was set
 * aside and is still unreferenced goes. The grace period must be longer than the time between storing a blob and naming it. References are
 * read before the blobs are listed; a reference that appears meanwhile finds its blob again (see `BlobStore.setAside`).
 */
export async function collectGarbage(
  { database, blobs }: Parts,
  { graceMs, dryRun, signal }: { graceMs: number; dryRun: boolean; signal?: AbortSignal },
): Promise<Collection> {
  const before = Date.now() - graceMs;
  const referenced = await referencedDigests(database.read);
  const made: Collection = {
    dry_run: dryRun,
    kept: { blobs: 0, bytes: 0 },
    set_aside: { blobs: 0, bytes: 0 },
    purged: { blobs: 0, bytes: 0 },
    recalled: { blobs: 0, bytes: 0 },
    unfinished: 0,
  };
  for await (const { digest, size, since, aside } of blobs.list()) {
    signal?.throwIfAborted();
    const due = since < before;
    const fate = referenced.has(digest)
      ? aside
        ? 'recalled'
        : 'kept'
      : due
        ? aside
          ? 'purged'
          : 'set_aside'
        : 'kept';
    made[fate].blobs++;
    made[fate].bytes += size;
    if (dryRun) continue;
    if (fate === 'recalled' && (await blobs.recall(digest))) await blobs.purge(digest);
    if (fate === 'set_aside') await blobs.setAside(digest);
    if (fate === 'purged') await blobs.purge(digest);
  }
  if (!dryRun) made.unfinished = await blobs.dropUnfinished(Math.min(before, Date.now() - UPLOAD_MS));
  return made;
}

/** How many blobs and bytes each kind of thing keeps; what nothing references is `unreferenced`. */
export async function storageUse({ database, blobs }: Parts): Promise<StorageUse> {
  const referenced = await referencedDigests(database.read);
  const kinds = new Map<string, { blobs: number; bytes: number }>();
  for await (const { digest, size, aside } of blobs.list()) {
    const kind = referenced.get(digest)?.kind ?? (aside ? 'set aside' : 'unreferenced');
    const sum = kinds.get(kind) ?? { blobs: 0, bytes: 0 };
    kinds.set(kind, { blobs: sum.blobs + 1, bytes: sum.bytes + size });
  }
  const list = [...kinds].map(([kind, sum]) => ({ kind, ...sum })).sort((a, b) => b.bytes - a.bytes);
  return { kinds: list, bytes: list.reduce((sum, each) => sum + each.bytes, 0) };
}

export const requestCollection = (database: Database, request: CollectRequest): Promise<string> =>
  database.write((tx) =>
    enqueue(tx, { kind: COLLECT_JOB, payload: request, concurrencyKey: COLLECT_JOB, maxAttempts: 2 }),
  );

/** Runs collections, one at a time over all replicas, and asks for one a day. */
export function startCollections(parts: Parts & { jobs: JobWorker }): { stop(): void } {
  parts.jobs.handle<CollectRequest>(COLLECT_JOB, async ({ job, signal }) => ({
    result: await collectGarbage(parts, {
      graceMs: job.payload.grace_hours * HOUR,
      dryRun: job.payload.dry_run,
      signal,
    }),
  }));
  const timer = setInterval(() => void requestDaily(parts.database).catch(() => {}), HOUR).unref();
  return { stop: () => clearInterval(timer) };
}

/** Asks for a collection unless one was asked for within a day, here or on another replica. */
export async function requestDaily(database: Database, now = Date.now()): Promise<boolean> {
  return database.write(async (tx) => {
    const recent = await tx
      .selectFrom('jobs')
      .select('id')
      .where('kind', '=', COLLECT_JOB)
      .where('created_at', '>', now - EVERY_MS)
      .limit(1)
      .executeTakeFirst();
    if (recent) return false;
    const payload: CollectRequest = { dry_run: false, grace_hours: 24 };
    await enqueue(tx, { kind: COLLECT_JOB, payload, singletonKey: COLLECT_JOB, maxAttempts: 2 });
    return true;
  });
}
