import { spawn } from 'node:child_process';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type BlobStore, openBlobs } from '../../artifacts/index.ts';
import { takeSnapshot } from '../../database/index.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import { inLanes } from '../../lib/lanes.ts';
import { VERSION } from '../../lib/version.ts';
import type { Config } from '../config.ts';
import {
  BACKUP_ERRORS,
  type BackedUpFile,
  describeFile,
  type Manifest,
  writeFile,
  writeManifest,
} from './manifest.ts';
import { referencedDigests } from './references.ts';
import { holdFiles, holdSegments, release } from './segments.ts';

/** Files of the data folder that are copied as they are; where they are missing nothing is. */
const KEPT = ['token', 'quickstart.json'];
/** Their files only grow: a half line or frame at the end is cut off when they are read. */
const STEP_LOGS = 'logs/steps';
const FEATURES = 'gateway/features';
const AT_ONCE = 4;

export interface BackupResult {
  path: string;
  files: number;
  bytes: number;
  blobs: number;
  rows: number;
  missing: string[];
}

/**
 * Backs up what a server with this configuration has acknowledged, while it serves and writes or when it is dead: the database of one
 * moment, the blobs it references, the gateway's log and feature values, logs of running steps. `target` is a new folder, or a `.tar` file.
 */
export async function backUp(
  config: Config,
  target: string,
  options: { allowMissing?: boolean; progress?: (text: string) => void } = {},
): Promise<BackupResult> {
  const path = resolve(target);
  if (await exists(path))
    throw new AppError(BACKUP_ERRORS.BACKUP_EXISTS, `'${target}' exists; no back-up was made.`);
  const database = join(config.data, 'rondo.db');
  if (!config.databaseUrl && !(await exists(database)))
    throw notFound(`A database in ${config.data}`, 'Name the data folder of the server: --data FOLDER.');
  const partial = `${path}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  try {
    const manifest = await fill(config, partial, options);
    await writeManifest(partial, manifest);
    if (path.endsWith('.tar')) {
      await tar(['-cf', `${path}.new`, '-C', partial, '.']);
      await rm(partial, { recursive: true });
      await rename(`${path}.new`, path);
    } else await rename(partial, path);
    return {
      path,
      files: manifest.files.length,
      bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
      blobs: manifest.files.filter((file) => file.path.startsWith('blobs/')).length,
      rows: Object.values(manifest.counts).reduce((sum, count) => sum + count, 0),
      missing: manifest.missing,
    };
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    await rm(`${path}.new`, { force: true });
    throw error;
  }
}

async function fill(
  config: Config,
  folder: string,
  options: { allowMissing?: boolean; progress?: (text: string) => void },
): Promise<Manifest> {
  const progress = options.progress ?? (() => {});
  const source = { file: join(config.data, 'rondo.db'), url: config.databaseUrl };
  const blobs = await openBlobs({ folder: join(config.data, 'artifacts'), url: config.artifactsUrl });
  // Before the database: what leaves these files afterwards is not in the database of that moment yet.
  const segments = await holdSegments(join(config.data, 'gateway', 'log'));
  const logs = await holdFiles(join(config.data, STEP_LOGS));
  try {
    progress('database');
    const created_at = Date.now();
    const snapshot = await takeSnapshot(source, join(folder, 'database'));
    try {
      const files: BackedUpFile[] = [];
      for await (const { name, bytes } of segments.files(snapshot.reader))
        files.push(await writeFile(folder, `gateway/log/${name}`, once(bytes)));
      for (const [name, handle] of logs)
        files.push(await writeFile(folder, `${STEP_LOGS}/${name}`, once(await handle.readFile())));
      // After the database: a feature value it calls online is in the files by now.
      files.push(...(await copyPlain(config.data, folder)));
      const digests = await referencedDigests(snapshot.reader);
      const missing: string[] = [];
      progress(`${digests.size} referenced digests`);
      await inLanes([...digests], AT_ONCE, async ([digest, { required }]) => {
        const file = await copyBlob(blobs, folder, digest);
        if (file) files.push(file);
        else if (required) missing.push(digest);
        if (files.length % 1000 === 0) progress(`${files.length} files`);
      });
      if (missing.length > 0 && options.allowMissing !== true)
        throw new AppError(
          BACKUP_ERRORS.BACKUP_INCOMPLETE,
          `${missing.length} referenced blobs are missing or damaged in the artifact store, for example ${missing[0]}. No back-up was made.`,
        );
      await snapshot.close();
      for (const name of await readdir(join(folder, 'database')))
        files.push(await describeFile(folder, `database/${name}`));
      const { engine, counts } = snapshot;
      files.sort((a, b) => (a.path < b.path ? -1 : 1));
      return { format: 1, rondo: VERSION, created_at, engine, counts, files, missing: missing.sort() };
    } catch (error) {
      await snapshot.close();
      throw error;
    }
  } finally {
    await segments.close();
    await release(logs);
  }
}

/** Undefined when the blob is not there, or is no longer what its digest says. */
async function copyBlob(blobs: BlobStore, folder: string, digest: string): Promise<BackedUpFile | undefined> {
  if (!(await blobs.find(digest))) return undefined;
  const path = `blobs/${digest.slice(0, 2)}/${digest}`;
  const file = await writeFile(
    folder,
    path,
    (await blobs.open(digest)) as AsyncIterable<Buffer> & NodeJS.ReadableStream,
  );
  if (file.sha256 === digest) return file;
  await rm(join(folder, path));
  return undefined;
}

async function copyPlain(data: string, folder: string): Promise<BackedUpFile[]> {
  const views = (await readdir(join(data, FEATURES)).catch(() => [])).filter((name) =>
    name.endsWith('.view'),
  );
  const files: BackedUpFile[] = [];
  for (const path of [
    ...views.map((name) => `${FEATURES}/${name}`),
    'gateway/epoch',
    'gateway/number',
    ...KEPT,
  ]) {
    const handle = await open(join(data, path), 'r').catch(() => undefined);
    if (handle) files.push(await writeFile(folder, path, handle.createReadStream()));
  }
  return files;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

const exists = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined;

/** Runs the system's tar. */
export async function tar(flags: string[]): Promise<void> {
  await new Promise<void>((done, fail) => {
    const child = spawn('tar', flags, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', (cause) =>
      fail(new AppError(BACKUP_ERRORS.TAR_MISSING, 'The program tar cannot be run.', { cause })),
    );
    child.once('close', (code) =>
      code === 0
        ? done()
        : fail(new AppError(BACKUP_ERRORS.BACKUP_UNKNOWN, `tar failed: ${said.trim().slice(0, 300)}`)),
    );
  });
}

export const parentOf = (path: string): string => dirname(resolve(path));
