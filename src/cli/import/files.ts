import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ForeignFiles, openForeign } from '../../artifacts/index.ts';
import { type Files, type SourceFile, Unreachable } from './source.ts';

export interface Places {
  /** Folder that relative locations are below. */
  base: string;
  /** What a server of `mlflow-artifacts:` locations writes to; a folder or `s3:`. */
  destination?: string | undefined;
  /** For stores that are not AWS. */
  s3Endpoint?: string | undefined;
  s3Region?: string | undefined;
}

/** Files at a location as MLflow writes it. Nothing is opened before it is listed. */
export function filesAt(location: string, places: Places, owner: string): Files {
  // What somebody wrote into a tracking store is no way to other files of this machine.
  if (!location.split(/[/\\]/).includes(owner)) return unreachable(`${location} is no folder of its own.`);
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return folder(isAbsolute(location) ? location : resolve(places.base, location));
  if (scheme === 'file') return folder(pathOf(location, places.base));
  if (scheme === 's3') return bucket(location, places);
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

/** Files of a place, and others beside them. */
export const withMore = (files: Files, more: readonly SourceFile[]): Files => ({
  async *list() {
    yield* files.list();
    yield* more;
  },
});

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

/** One client for each bucket: the files of a thousand runs are in the same one. */
const buckets = new Map<string, ForeignFiles | undefined>();

function bucketOf(location: string, { s3Endpoint, s3Region }: Places): ForeignFiles | undefined {
  const query = new URLSearchParams();
  if (s3Endpoint !== undefined) query.set('endpoint', s3Endpoint);
  if (s3Region !== undefined) query.set('region', s3Region);
  const root = `s3://${location.split('/')[2]}?${query.toString()}`;
  if (!buckets.has(root)) buckets.set(root, openForeign(root));
  return buckets.get(root);
}

function bucket(location: string, places: Places): Files {
  const asked = async <T>(call: (files: ForeignFiles | undefined) => Promise<T> | undefined) => {
    try {
      return await call(bucketOf(location, places));
    } catch (error) {
      throw new Unreachable(`${location} cannot be read: ${said(error)}`);
    }
  };
  async function* below(inside: string): AsyncGenerator<SourceFile> {
    for (const { path, is_dir, file_size } of (await asked((files) => files?.list(location, inside))) ?? []) {
      if (is_dir) yield* below(path);
      else
        yield {
          path,
          size: file_size,
          open: async () => {
            const found = await asked((files) => files?.open(location, path));
            if (found) return found.body;
            throw new Unreachable(`${location}/${path} is gone.`);
          },
        };
    }
  }
  return { list: () => below('') };
}

/** What the store says, or what kept it from saying something. */
function said(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (cause instanceof Error) return `${message} ${cause.name}: ${cause.message}`;
  return name === 'Error' ? message : `${name}: ${message}`;
}
