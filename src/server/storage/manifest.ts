import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { AppError, defineErrors } from '../../lib/errors.ts';

export const BACKUP_ERRORS = defineErrors({
  BACKUP_DAMAGED: { status: 422, hint: 'Nothing was restored. Use another back-up.' },
  BACKUP_UNKNOWN: { status: 400, hint: 'Name what `rondo backup` wrote.' },
  BACKUP_EXISTS: { status: 409, hint: 'Name a file or folder that does not exist yet.' },
  BACKUP_INCOMPLETE: {
    status: 500,
    hint: 'Bring the blobs back, or go on without them: --allow-missing.',
  },
  DATA_NOT_EMPTY: { status: 409, hint: 'Restore into a folder that does not exist yet: --data FOLDER.' },
  TAR_MISSING: { status: 500, hint: 'Install tar, or name a folder instead of a .tar file.' },
});

const FILE = 'manifest.json';

const Manifest = z.object({
  format: z.literal(1),
  /** Version of Rondo that wrote it. */
  rondo: z.string(),
  created_at: z.number(),
  engine: z.enum(['sqlite', 'postgres']),
  /** Rows of each table. */
  counts: z.record(z.string(), z.number()),
  files: z.array(z.object({ path: z.string(), sha256: z.string(), bytes: z.number() })),
  /** Referenced blobs that the store no longer had. */
  missing: z.array(z.string()),
});
export type Manifest = z.infer<typeof Manifest>;
export type BackedUpFile = Manifest['files'][number];

/** Writes the bytes to `<folder>/<path>`, durably, and tells what they were. */
export async function writeFile(
  folder: string,
  path: string,
  source: AsyncIterable<Uint8Array>,
): Promise<BackedUpFile> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  let bytes = 0;
  async function* counted() {
    for await (const chunk of source) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      yield chunk;
    }
  }
  await pipeline(Readable.from(counted()), createWriteStream(target, { mode: 0o600, flush: true }));
  return { path, sha256: hash.digest('hex'), bytes };
}

/** What a file that is already in its place holds. */
export async function describeFile(folder: string, path: string): Promise<BackedUpFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(join(folder, path))) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { path, sha256: hash.digest('hex'), bytes };
}

const digestOf = (manifest: Manifest) => createHash('sha256').update(JSON.stringify(manifest)).digest('hex');

/** The manifest goes last: a folder without one is no back-up. It holds its own digest. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = JSON.stringify({ manifest, sha256: digestOf(manifest) });
  await writeFile(
    folder,
    FILE,
    (async function* () {
      yield Buffer.from(text);
    })(),
  );
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/** The manifest of a back-up, after every byte of it was compared. Throws BACKUP_DAMAGED with the first that differs. */
export async function verifyBackup(folder: string): Promise<Manifest> {
  const damaged = (what: string) =>
    new AppError(BACKUP_ERRORS.BACKUP_DAMAGED, `The back-up is damaged: ${what}.`);
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new AppError(BACKUP_ERRORS.BACKUP_UNKNOWN, `There is no back-up: it has no ${FILE}.`);
  const manifest = parseManifest(text);
  if (!manifest) throw damaged(`${FILE} was changed`);
  const root = await realpath(folder);
  for (const file of manifest.files) {
    const place = await realpath(join(folder, file.path)).catch(() => undefined);
    if (place !== undefined && (!isPlain(file.path) || place !== join(root, file.path)))
      throw damaged(`${file.path} is no file inside it`);
    const size = (await stat(join(folder, file.path)).catch(() => undefined))?.size;
    if (size === undefined) throw damaged(`${file.path} is missing`);
    if (size !== file.bytes) throw damaged(`${file.path} has ${size} bytes, not ${file.bytes}`);
    if ((await describeFile(folder, file.path)).sha256 !== file.sha256)
      throw damaged(`${file.path} was changed; its sha256 is another`);
  }
  return manifest;
}

/** Names folders and a file below here, and nothing else. */
const isPlain = (path: string) =>
  !path.includes('\\') && path.split('/').every((part) => !['', '.', '..'].includes(part));

function parseManifest(text: string): Manifest | undefined {
  try {
    const { manifest, sha256 } = JSON.parse(text) as { manifest: unknown; sha256: unknown };
    const parsed = Manifest.parse(manifest);
    const canonical = JSON.stringify({ manifest: parsed, sha256 });
    return sha256 === digestOf(parsed) && canonical === text ? parsed : undefined;
  } catch {
    return undefined;
  }
}
