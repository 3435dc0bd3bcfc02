import { randomUUID } from 'node:crypto';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import { getDefinition } from './catalog.ts';
import { type OnlineStore, pushMerged, pushPartition } from './online.ts';
import type { FeatureView } from './schema.ts';
import { listPartitions, markOnline, type ViewId } from './store/partitions.ts';

/** Heard by every replica when gateways are to have something new. */
export const FILL_CHANNEL = 'rondo_online';

/** Brings to the online store what it lacks of a view. Returns the rows pushed; none without an online store. */
export type FillView = (id: ViewId) => Promise<number>;

/**
 * What gateways are to have stands in the database; what a gateway has, it says itself. So one that is new, was emptied or was away gets
 * what it lacks. Partitions go in order of arrival, because of equal rows the last pushed counts.
 */
export function createFill(
  { database, blobs }: { database: Database; blobs: BlobStore },
  online: () => OnlineStore | undefined,
): FillView {
  const turns = new Map<string, Promise<unknown>>();

  async function fill(store: OnlineStore, id: ViewId): Promise<number> {
    const held = new Set(await store.held({ ...id, version: id.view_version }));
    const wanted = (await listPartitions(database.read, id)).filter((partition) => partition.online);
    if (wanted.every(({ digest, online_at }) => held.has(digest) && online_at !== null)) return 0;
    const row = await getDefinition<FeatureView>(database.read, id.project, 'view', id.view, id.view_version);
    const features = row.definition.features.map(({ name }) => name);
    let rows = 0;
    let overtaken = false;
    for (const partition of wanted) {
      const { digest, kind, merged } = partition;
      const again = overtaken && kind === 'pushed';
      if (!held.has(digest) && merged.length > 0 && merged.every((part) => held.has(part)) && !again)
        await pushMerged(store, partition, features);
      else if (!held.has(digest) || again) {
        overtaken ||= kind === 'pushed';
        const name = held.has(digest) ? `${digest}:${randomUUID()}` : digest;
        rows += await pushPartition(store, blobs, partition, features, name);
      }
      if (partition.online_at === null)
        await database.write((tx) => markOnline(tx, id, partition.ordinal, Date.now()));
    }
    return rows;
  }

  /** One after another for each view. */
  return async (id) => {
    const store = online();
    if (!store) return 0;
    const key = JSON.stringify([id.project, id.view, id.view_version]);
    const next = (turns.get(key) ?? Promise.resolve()).then(() => fill(store, id));
    const settled = next.then(
      () => {},
      () => {},
    );
    turns.set(key, settled);
    try {
      return await next;
    } finally {
      if (turns.get(key) === settled) turns.delete(key);
    }
  };
}
