import { createHash } from 'node:crypto';
import type { Target } from './server.ts';
import { type Files, type SourceFile, Unreachable } from './source.ts';
import type { Tally } from './tally.ts';

const ELSEWHERE =
  'Clients write files of this experiment to a place of their own (RONDO_DEFAULT_ARTIFACT_ROOT): copy them there.';

interface Here {
  size: number;
  digest: string;
}

export interface CopyOptions {
  /** The owner as it is named in the report. */
  id: string;
  /** Nothing of the owner has changed since the last import: what has the same size is the same. */
  unchanged: boolean;
  dryRun: boolean;
  progress(): void;
}

/** Brings the files of one run or model that are not here yet, one after the other, and compares the digests of what arrived. */
export async function copyFiles(
  target: Target,
  tally: Tally,
  files: Files,
  artifact_uri: string,
  options: CopyOptions,
): Promise<void> {
  if (artifact_uri === '' && !options.dryRun) {
    tally.lose({ kind: 'files', id: options.id, why: ELSEWHERE });
    return;
  }
  let here: Map<string, Here> | undefined;
  const sent = new Map<string, string>();
  try {
    for await (const file of files.list()) {
      const path = file.path.normalize('NFC');
      tally.add('files', 'found');
      tally.add('bytes', 'found', file.size ?? 0);
      if (options.dryRun) continue;
      here ??= await filesHere(target, artifact_uri);
      if (await isHere(file, here.get(path), options.unchanged)) {
        tally.add('files', 'present');
        tally.add('bytes', 'present', file.size ?? 0);
        continue;
      }
      try {
        sent.set(path, await send(target, artifact_uri, file, path));
        tally.add('files', 'imported');
        tally.add('bytes', 'imported', file.size ?? 0);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        tally.add('files', 'left_out');
        tally.lose({ kind: 'files', id: options.id, key: file.path, why: (error as Error).message });
      }
      options.progress();
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    tally.lose({ kind: 'files', id: options.id, why: (error as Error).message });
  }
  if (sent.size === 0) return;
  const now = await filesHere(target, artifact_uri);
  for (const [path, digest] of sent) {
    if (now.get(path)?.digest === digest) continue;
    tally.add('files', 'imported', -1);
    tally.add('files', 'left_out');
    tally.lose({ kind: 'files', id: options.id, key: path, why: 'Other bytes arrived than were read.' });
  }
}

/** A refusal of one file or place, which the others do not suffer from; anything else ends the import. */
export function isRefusal(error: unknown): boolean {
  const { status, code } = error as { status?: number; code?: string };
  if (error instanceof Unreachable || (status !== undefined && status >= 400 && status < 500)) return true;
  return code !== undefined && ['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR'].includes(code);
}

async function filesHere(target: Target, artifact_uri: string): Promise<Map<string, Here>> {
  const { files } = await target.send('importFiles', { artifact_uri });
  return new Map(files.map(({ path, size, digest }) => [path, { size, digest }]));
}

async function isHere(file: SourceFile, here: Here | undefined, unchanged: boolean): Promise<boolean> {
  if (!here || (file.size !== undefined && file.size !== here.size)) return false;
  return unchanged || file.digest === undefined || (await file.digest()) === here.digest;
}

/** Answers the digest of what was read. */
async function send(target: Target, artifact_uri: string, file: SourceFile, path: string): Promise<string> {
  let digest = '';
  await target.upload(artifact_uri, path, async () => {
    const hash = createHash('sha256');
    const bytes = await file.open();
    return (async function* () {
      for await (const chunk of bytes) {
        hash.update(chunk);
        yield chunk;
      }
      digest = hash.digest('hex');
    })();
  });
  return digest;
}
