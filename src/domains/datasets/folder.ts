import { createReadStream, watch, type FSWatcher } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import type { BlobStore } from '../../artifacts/index.ts';
import { AppError } from '../../lib/errors.ts';
import { DATASET_ERRORS } from './errors.ts';
import type { SourceFile, SourceSpec } from './schema.ts';

/** A file younger than this may still be written; the scan waits it out. */
const SETTLE_MS = 500;
const GATHER_MS = 300;

export type FoundFile = Pick<SourceFile, 'path' | 'size' | 'modified_at' | 'digest'>;

/** Throws SOURCE_REFUSED unless the path is an existing folder outside Rondo's own data. */
export async function checkFolder(path: string, dataFolder: string): Promise<void> {
  const refuse = (why: string, hint: string) =>
    new AppError(DATASET_ERRORS.SOURCE_REFUSED, `'${path}' cannot be a source: ${why}.`, { hint });
  if (!isAbsolute(path))
    throw refuse('it is not absolute', "Write the folder's whole path on the server's machine.");
  const real = await realpath(path).catch(() => undefined);
  const info = real === undefined ? undefined : await stat(real);
  if (real === undefined || !info?.isDirectory())
    throw refuse('there is no such folder', "The path is one of the server's machine, not of yours.");
  const own = await realpath(dataFolder).catch(() => dataFolder);
  const inside = (child: string, parent: string) => child === parent || child.startsWith(parent + sep);
  if (inside(real, own) || inside(own, real))
    throw refuse("it holds, or lies in, Rondo's own data", 'Choose a folder of its own for incoming files.');
}

/** Files that are new or changed since they were last seen, stored as blobs, in name order. */
export async function scanFolder(
  blobs: BlobStore,
  spec: SourceSpec,
  known: readonly SourceFile[],
): Promise<FoundFile[]> {
  const seen = new Map(known.map((file) => [file.path, file]));
  const pattern = globOf(spec.pattern);
  const entries = await readdir(spec.path, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => entry.name);
  const found: FoundFile[] = [];
  for (const name of names.sort()) {
    const path = join(spec.path, name);
    const info = await settled(path);
    if (!info) continue;
    const before = seen.get(name);
    if (before && before.size === info.size && before.modified_at === info.modified_at) continue;
    const blob = await blobs.put(createReadStream(path));
    found.push({ path: name, size: info.size, modified_at: info.modified_at, digest: blob.digest });
  }
  return found;
}

/** Calls `wake` soon after something changed in the folder. A folder that cannot be watched is scanned on request only. */
export function watchFolder(path: string, wake: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(path, { persistent: false }, () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        wake();
      }, GATHER_MS).unref();
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    // The folder is gone; a scan will say so.
  }
  return () => {
    clearTimeout(timer);
    watcher?.close();
  };
}

/** Waits until the file has not changed for a moment; undefined when it vanished. */
async function settled(path: string): Promise<{ size: number; modified_at: number } | undefined> {
  for (;;) {
    const info = await stat(path).catch(() => undefined);
    if (!info) return undefined;
    const age = Date.now() - info.mtimeMs;
    if (age >= SETTLE_MS || age < 0) return { size: info.size, modified_at: Math.round(info.mtimeMs) };
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS - age + 10));
  }
}

function globOf(pattern: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${escaped}$`);
}
