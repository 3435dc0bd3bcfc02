import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import type { StepSpec } from '../protocol.ts';
import type { AttemptApi } from './api.ts';

/** The bundle as a file, kept by digest. Packages it left out are found through the author's own `node_modules`. */
export async function fetchBundle(
  api: AttemptApi,
  spec: { bundle: string; root: string | null },
  shared: string,
): Promise<string> {
  const place = createHash('sha256')
    .update(`${spec.bundle} ${spec.root ?? ''}`)
    .digest('hex')
    .slice(0, 40);
  const folder = join(shared, place);
  const file = join(folder, 'bundle.mjs');
  if (existsSync(file)) return file;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const modules = spec.root === null ? undefined : join(spec.root, 'node_modules');
  if (modules && existsSync(modules))
    await symlink(modules, join(folder, 'node_modules')).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  await api.download(spec.bundle, file);
  return file;
}

interface FileRef {
  digest: string;
  size: number;
  name: string;
}

/** Inputs as user code gets them: a file input is fetched and has a `path`. */
export async function fetchInputs(
  api: AttemptApi,
  spec: StepSpec,
  folder: string,
): Promise<Record<string, unknown>> {
  const entries = Object.entries(spec.inputs).map(async ([name, value]) => {
    if (spec.takes[name]?.kind !== 'file') return [name, value];
    if (Array.isArray(value))
      return [name, await Promise.all(value.map((one: FileRef) => fetchFile(api, one, folder)))];
    return [name, await fetchFile(api, value as FileRef, folder)];
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<string, unknown>;
}

async function fetchFile(api: AttemptApi, ref: FileRef, folder: string): Promise<FileRef & { path: string }> {
  const place = join(folder, ref.digest);
  await mkdir(place, { recursive: true, mode: 0o700 });
  const path = join(place, safeName(ref.name));
  if (!existsSync(path)) await api.download(ref.digest, path);
  return { ...ref, path };
}

/** Uploads file outputs and puts references in their place. */
export async function uploadOutputs(
  api: AttemptApi,
  spec: StepSpec,
  outputs: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const entries = Object.entries(outputs).map(async ([name, value]) => {
    if (spec.outputs[name]?.kind !== 'file') return [name, value];
    const { path, name: given } = value as { path: string; name?: string };
    if (!isAbsolute(path) || !existsSync(path))
      throw new Error(`Output '${name}': there is no file '${path}'.`);
    const blob = await api.upload(path);
    return [name, { ...blob, name: safeName(given ?? basename(path)) }];
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<string, unknown>;
}

const safeName = (name: string): string =>
  basename(name)
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '') || 'file';
