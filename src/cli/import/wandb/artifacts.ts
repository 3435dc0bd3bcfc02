import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { localFile } from '../files.ts';
import type { Lost, SourceFile } from '../source.ts';
import type { WandbArtifact } from './messages.ts';

type Entry = NonNullable<NonNullable<WandbArtifact['manifest']>['contents']>[number];

const MOVED =
  'W&B keeps it outside of the folder of the run until it is synced: download the artifact, and log it to the run.';

/** Files of the artifacts that a run logged, where W&B keeps them on this machine; and those that it does not. */
export async function filesOfArtifacts(
  run: string,
  artifacts: readonly WandbArtifact[],
): Promise<{ files: SourceFile[]; lost: Lost[] }> {
  const files: SourceFile[] = [];
  const lost: Lost[] = [];
  for (const [folder, { manifest }] of foldersOf(artifacts)) {
    const lose = (path: string, why: string) =>
      lost.push({ kind: 'files', id: run, key: path === '' ? folder : `${folder}/${path}`, why });
    if (manifest?.manifest_file_path)
      lose(
        '',
        `Its list of files is a file of its own, ${manifest.manifest_file_path}, which is not read. ${MOVED}`,
      );
    for (const entry of manifest?.contents ?? []) {
      const { path = '', ref } = entry;
      const file = ref ? undefined : await fileOf(entry, `${folder}/${path}`);
      if (file) files.push(file);
      else
        lose(
          path,
          ref
            ? `It only names ${ref}, where its bytes are.`
            : `It is not at ${entry.local_path} as it was logged. ${MOVED}`,
        );
    }
  }
  return { files, lost };
}

/** What is said of the artifacts, by the name of its tag. */
export const tagsOfArtifacts = (artifacts: readonly WandbArtifact[]): [string, string][] =>
  artifacts.map(({ name = '', type, digest, description, metadata, aliases }) => [
    `wandb.artifact.${name}`,
    JSON.stringify({ type, digest, aliases, description, metadata }),
  ]);

/** Each content of an artifact once; a later one of the same name is in a folder of its own. */
function foldersOf(artifacts: readonly WandbArtifact[]): Map<string, WandbArtifact> {
  const found = new Map<string, WandbArtifact>();
  for (const artifact of artifacts) {
    const { name = 'unnamed', digest } = artifact;
    let folder = `artifacts/${name}`;
    for (let next = 2; found.has(folder) && found.get(folder)?.digest !== digest; next++)
      folder = `artifacts/${name}.${next}`;
    found.set(folder, artifact);
  }
  return found;
}

/** A log that came from elsewhere is no way to other files of this machine: only the very bytes that were logged are read. */
async function fileOf(
  { local_path, size = 0, digest }: Entry,
  path: string,
): Promise<SourceFile | undefined> {
  const facts = local_path ? await lstat(local_path).catch(() => undefined) : undefined;
  if (!local_path || !facts?.isFile() || facts.size !== size) return undefined;
  const hash = createHash('md5');
  for await (const chunk of createReadStream(local_path)) hash.update(chunk as Buffer);
  return hash.digest('base64') === digest ? localFile(local_path, path, size) : undefined;
}
