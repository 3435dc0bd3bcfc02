import { createReadStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openBlobs } from '../../artifacts/index.ts';
import { loadSnapshot } from '../../database/index.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import type { Config } from '../config.ts';
import { parentOf, tar } from './backup.ts';
import { BACKUP_ERRORS, type Manifest, verifyBackup } from './manifest.ts';

/**
 * Workers that the backed-up server started afterwards have given out prediction ids of later epochs; the restored one begins behind them,
 * so that no id is given out twice.
 */
const EPOCHS_APART = 1000;

export interface RestoreResult {
  created_at: number;
  rondo: string;
  rows: number;
  blobs: number;
  missing: string[];
}

/**
 * Makes the data folder (and database, and artifact store) of this configuration what a back-up holds. Every byte is verified first; the
 * folder must be new or empty, and appears at once when all is in it.
 */
export async function restore(
  config: Config,
  from: string,
  progress: (text: string) => void = () => {},
): Promise<RestoreResult> {
  const found = await stat(from).catch(() => undefined);
  if (!found) throw notFound(`The back-up '${from}'`);
  await checkEmpty(config.data);
  await mkdir(dirname(config.data), { recursive: true });
  const unpacked = found.isFile() ? await mkdtemp(join(parentOf(config.data), '.rondo-restore-')) : undefined;
  try {
    if (unpacked) await tar(['-xf', from, '-C', unpacked]);
    const folder = unpacked ?? from;
    progress('verifying');
    const manifest = await verifyBackup(folder);
    progress('restoring');
    await unpack(config, folder, manifest);
    return {
      created_at: manifest.created_at,
      rondo: manifest.rondo,
      rows: Object.values(manifest.counts).reduce((sum, count) => sum + count, 0),
      blobs: manifest.files.filter((file) => file.path.startsWith('blobs/')).length,
      missing: manifest.missing,
    };
  } finally {
    if (unpacked) await rm(unpacked, { recursive: true, force: true });
  }
}

async function unpack(config: Config, folder: string, manifest: Manifest): Promise<void> {
  const partial = `${config.data}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  try {
    const blobs = await openBlobs({ folder: join(partial, 'artifacts'), url: config.artifactsUrl });
    for (const { path, sha256 } of manifest.files) {
      if (path.startsWith('database/')) continue;
      if (path.startsWith('blobs/')) {
        const { digest } = await blobs.put(createReadStream(join(folder, path)));
        if (digest !== sha256) throw changed(path);
        continue;
      }
      await mkdir(dirname(join(partial, path)), { recursive: true, mode: 0o700 });
      await cp(join(folder, path), join(partial, path));
    }
    await moveEpoch(join(partial, 'gateway', 'epoch'));
    const target = { file: join(partial, 'rondo.db'), url: config.databaseUrl };
    const counts = await loadSnapshot(join(folder, 'database'), target);
    for (const [table, count] of Object.entries(manifest.counts))
      if (counts[table] !== count) throw changed(`table ${table}`);
    await rmdir(config.data).catch(() => {});
    await rename(partial, config.data);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

const changed = (what: string) =>
  new AppError(BACKUP_ERRORS.BACKUP_DAMAGED, `The back-up changed while it was read: ${what}.`);

async function checkEmpty(data: string): Promise<void> {
  const names = await readdir(data).catch(() => []);
  if (names.length > 0)
    throw new AppError(
      BACKUP_ERRORS.DATA_NOT_EMPTY,
      `The data folder ${data} is not empty. Nothing was restored.`,
    );
}

async function moveEpoch(file: string): Promise<void> {
  const last = Number(await readFile(file, 'utf8').catch(() => '0')) || 0;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, String(last + EPOCHS_APART), { mode: 0o600 });
}
