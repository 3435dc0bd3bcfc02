import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openForeign } from '../../artifacts/index.ts';
import { type Files, type SourceFile, Unreachable } from './source.ts';

export interface Places {
  /** Folder that relative locations are below. */
  base: string;
  /** What a server of `mlflow-artifacts:` locations writes to; a folder or `s3:`. */
  destination?: string | undefined;
  /** For stores that are not AWS. */
  s3Endpoint?: string | undefined;
}

/** Files at a location as MLflow writes it. Nothing is opened before it is listed. */
export function filesAt(location: string, places: Places, owner: string): Files {
  // What somebody wrote into a tracking store is no way to other files of this machine.
  if (!location.split(/[/\\]/).includes(owner)) return unreachable(`${location} is no folder of its own.`);
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return folder(isAbsolute(location) ? location : resolve(places.base, location));
  if (scheme === 'file') return folder(pathOf(location, places.base));
  if (scheme === 's3') return bucket(location, places.s3Endpoint);
  if (scheme === 'mlflow-artifacts') {
    if (places.destination === undefined)
      return unreachable(`${location} is kept by a server: say where with --artifacts-destination.`);
    const inside = location.replace(/^mlflow-artifacts:(\/\/[^/]*)?\/*/i, '');
    return filesAt(`${places.destination.replace(/\/+$/, '')}/${inside}`, places, owner);
  }
  return unreachable(`Locations of ${scheme}: cannot be read: ${location}`);
}

export function unreachable(why: string): Files {
  return {
    // oxlint-disable-next-line require-yield
    async *list() {
      throw new Unreachable(why);
    },
  };
}

function pathOf(uri: string, base: string): string {
  try {
    return fileURLToPath(uri);
  } catch {
    return resolve(base, uri.replace(/^file:(\/\/)?/, ''));
  }
}

/** A folder that is not there has no files: MLflow makes it with the first one. */
export function folder(root: string): Files {
  async function* below(inside: string): AsyncGenerator<SourceFile> {
    for await (const entry of await opendir(join(root, inside))) {
      const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
      const full = join(root, path);
      if (entry.isDirectory()) yield* below(path);
      else if (entry.isFile()) yield localFile(full, path, (await stat(full)).size);
      else
        yield { path, size: undefined, open: () => Promise.reject(new Unreachable('It is no plain file.')) };
    }
  }
  return {
    async *list() {
      if (existsSync(root)) yield* below('');
    },
  };
}

export const localFile = (full: string, path: string, size: number): SourceFile => ({
  path,
  size,
  async digest() {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(full)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  },
  open: async () => createReadStream(full),
});

function bucket(location: string, endpoint: string | undefined): Files {
  const root = endpoint === undefined ? location : `${location}?endpoint=${encodeURIComponent(endpoint)}`;
  const files = openForeign(root);
  async function* below(inside: string): AsyncGenerator<SourceFile> {
    for (const { path, is_dir, file_size } of (await files?.list(location, inside)) ?? []) {
      if (is_dir) yield* below(path);
      else
        yield {
          path,
          size: file_size,
          open: async () => {
            const found = await files?.open(location, path);
            if (found) return found.body;
            throw new Unreachable(`${location}/${path} is gone.`);
          },
        };
    }
  }
  return { list: () => below('') };
}
