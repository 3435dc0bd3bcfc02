import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { checkPath } from './names.ts';
import { unlessAbsent } from './s3/answers.ts';
import { attachment, s3Signer } from './s3/direct.ts';
import { parseLocation } from './s3/location.ts';

export interface ForeignFile {
  path: string;
  is_dir: boolean;
  file_size?: number;
}

/**
 * Files that clients wrote to the root that the operator named, past this server. They are listed and read, never owned: no
 * digest, no collection, nothing is written there. Places are URIs below the root; everything else is as if it were not there.
 */
export interface ForeignFiles {
  /** Direct children of a folder, by their path below `uri`. */
  list(uri: string, folder: string): Promise<ForeignFile[]>;
  open(uri: string, path: string): Promise<{ body: Readable; size: number } | undefined>;
  /**
   * An address to read a file from, or to put one to, for some seconds; the headers belong to the request. Undefined where there
   * is no such file, or no such address. Only for places that clients reach themselves.
   */
  presign?(
    uri: string,
    path: string,
    ask: { way: 'upload' | 'download'; seconds: number },
  ): Promise<{ presigned_url: string; headers: Record<string, string>; file_size?: number } | undefined>;
}

/** The files below a `file:` or `s3:` root; undefined for a root that only its clients can read. */
export function openForeign(root: string | undefined): ForeignFiles | undefined {
  if (root?.startsWith('file:')) return inFolder(root);
  if (root?.startsWith('s3:')) return inBucket(root);
  return undefined;
}

/** What of a URI lies below the root, as a clean path; undefined when it does not lie there. */
function below(root: string, uri: string, path: string): string | undefined {
  const base = root.split('?')[0]?.replace(/\/+$/, '') ?? '';
  const place = uri.split('?')[0] ?? '';
  if (place !== base && !place.startsWith(`${base}/`)) return undefined;
  const parts = [place.slice(base.length), path]
    .join('/')
    .split('/')
    .filter((part) => part !== '');
  return parts.length === 0 ? '' : checkPath(parts.join('/'));
}

function inFolder(root: string): ForeignFiles {
  const base = fileURLToPath(root);

  /** Where it really lies; undefined when that is outside the root, by a symbolic link, or nowhere. */
  async function find(uri: string, path: string): Promise<string | undefined> {
    const inside = below(root, uri, path);
    if (inside === undefined) return undefined;
    try {
      const [real, home] = await Promise.all([realpath(join(base, inside)), realpath(base)]);
      return real === home || real.startsWith(home + sep) ? real : undefined;
    } catch {
      return undefined;
    }
  }

  return {
    async list(uri, folder) {
      const place = await find(uri, folder);
      const entries =
        place === undefined ? [] : await readdir(place, { withFileTypes: true }).catch(() => []);
      const found: ForeignFile[] = [];
      for (const { name } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = folder === '' ? name : `${folder}/${name}`;
        const real = await find(uri, path).catch(() => undefined);
        if (real === undefined) continue;
        const facts = await stat(real);
        if (facts.isDirectory()) found.push({ path, is_dir: true });
        else if (facts.isFile()) found.push({ path, is_dir: false, file_size: facts.size });
      }
      return found;
    },
    async open(uri, path) {
      const place = await find(uri, path);
      const facts = place === undefined ? undefined : await stat(place);
      return place !== undefined && facts?.isFile()
        ? { body: createReadStream(place), size: facts.size }
        : undefined;
    },
  };
}

function inBucket(root: string): ForeignFiles {
  const { bucket, prefix, config } = parseLocation(root);
  const load = async () => {
    const sdk = await import('@aws-sdk/client-s3');
    return { sdk, client: new sdk.S3Client(config), sign: s3Signer(sdk, config) };
  };
  let loaded: ReturnType<typeof load> | undefined;
  const open = () => (loaded ??= load());

  return {
    async list(uri, folder) {
      const inside = below(root, uri, folder);
      if (inside === undefined) return [];
      const { sdk, client } = await open();
      const start = `${prefix}${inside}${inside === '' ? '' : '/'}`;
      const shown = (key: string) => {
        const name = key.slice(start.length).replace(/\/$/, '');
        return folder === '' ? name : `${folder}/${name}`;
      };
      const found: ForeignFile[] = [];
      for (let token: string | undefined; ; ) {
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket,
            Prefix: start,
            Delimiter: '/',
            ContinuationToken: token,
          }),
        );
        for (const { Prefix = '' } of page.CommonPrefixes ?? [])
          found.push({ path: shown(Prefix), is_dir: true });
        for (const { Key = '', Size = 0 } of page.Contents ?? [])
          if (Key !== start) found.push({ path: shown(Key), is_dir: false, file_size: Size });
        token = page.NextContinuationToken;
        if (!token) return found.sort((a, b) => (a.path < b.path ? -1 : 1));
      }
    },
    async open(uri, path) {
      const inside = below(root, uri, path);
      if (inside === undefined) return undefined;
      const { sdk, client } = await open();
      const object = { Bucket: bucket, Key: `${prefix}${inside}` };
      const answer = await unlessAbsent(client.send(new sdk.GetObjectCommand(object)));
      return answer && { body: answer.Body as Readable, size: answer.ContentLength ?? 0 };
    },
    async presign(uri, path, { way, seconds }) {
      const inside = below(root, uri, path);
      if (inside === undefined || path === '') return undefined;
      const { sdk, client, sign } = await open();
      const object = { Bucket: bucket, Key: `${prefix}${inside}` };
      if (way === 'upload')
        return { presigned_url: await sign(new sdk.PutObjectCommand(object), seconds), headers: {} };
      const found = await unlessAbsent(client.send(new sdk.HeadObjectCommand(object)));
      if (!found) return undefined;
      const get = new sdk.GetObjectCommand({ ...object, ResponseContentDisposition: attachment(path) });
      return { presigned_url: await sign(get, seconds), headers: {}, file_size: found.ContentLength ?? 0 };
    },
  };
}
