import { createHash } from 'node:crypto';
import type { ManifestEntry } from './schema.ts';

/** The root digest of a version: sha256 of its manifest as canonical JSON, `[[path, digest], …]` in code-point order of the path. */
export function manifestDigest(entries: readonly ManifestEntry[]): string {
  const rows = entries
    .map(({ path, digest }) => [path, digest] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}
