import { findName } from '../../../artifacts/index.ts';
import type { FileBody } from '../../../lib/contract/index.ts';
import { absent } from '../errors.ts';
import type { ManifestEntry, Signature, VersionRef } from '../schema.ts';
import { VersionContents } from '../schema/contents.ts';
import { parseFlavors, parseSignature } from '../signature.ts';
import type { RegistryContext } from './context.ts';
import { rootOfVersion } from './freeze.ts';

const MLMODEL = 'MLmodel';

/** What lies in versions: their files, and what those say of the model. */
export function versionFileVerbs(context: RegistryContext) {
  const { database, ground } = context;

  async function fileOf(ref: VersionRef, path: string) {
    const { model, row } = await context.version(database.read, ref.project, ref.name, ref.version);
    return findName(database.read, rootOfVersion(ref.project, model.id, row.version), path);
  }

  async function mlmodelOf(ref: VersionRef): Promise<string | undefined> {
    const file = await fileOf(ref, MLMODEL);
    return file && (await ground.blobs.read(file.digest)).toString('utf8');
  }

  return {
    /** Where clients download the version from: its frozen files, or the foreign location. */
    async downloadUri(project: string, name: string, version: string | number): Promise<string> {
      return (await context.version(database.read, project, name, version)).row.storage_uri;
    },

    /** Digest of one frozen file of a version. */
    async modelFile(ref: VersionRef, path: string): Promise<ManifestEntry> {
      const file = await fileOf(ref, path);
      if (file) return file;
      throw absent(`Model Version (name=${ref.name}, version=${ref.version}) has no file '${path}'`);
    },

    async openVersionFile(project: string, name: string, version: string, path: string): Promise<FileBody> {
      const { model, row } = await context.version(database.read, project, name, version);
      const root = rootOfVersion(project, model.id, row.version);
      return ground.tracking.openName(root, ground.tracking.safePath(path));
    },

    /** All frozen files of a version with the root digest over them; undefined when its files lie outside Rondo. */
    async manifestOf(ref: VersionRef): Promise<{ digest: string; files: ManifestEntry[] } | undefined> {
      const { model, row } = await context.version(database.read, ref.project, ref.name, ref.version);
      if (row.manifest === null) return undefined;
      const files = await ground.tracking.namesUnder(rootOfVersion(ref.project, model.id, row.version));
      return { digest: row.manifest, files };
    },

    /** What the model takes and gives, from its MLmodel file; undefined when it does not say. */
    async signatureOf(ref: VersionRef): Promise<Signature | undefined> {
      const text = await mlmodelOf(ref);
      return text === undefined ? undefined : parseSignature(text);
    },

    /** Files, signature and flavors together, for people who look at a version. */
    async contentsOf(ref: VersionRef): Promise<VersionContents> {
      const manifest = await this.manifestOf(ref);
      const signature = await this.signatureOf(ref);
      return VersionContents.parse({
        digest: manifest?.digest ?? null,
        files: manifest?.files ?? [],
        signature: signature ? { ...signature, outputs: signature.outputs ?? [] } : null,
        flavors: await this.flavorsOf(ref),
      });
    },

    /** Ways the model can be loaded: `sklearn`, `onnx`, `python_function` … */
    async flavorsOf(ref: VersionRef): Promise<string[]> {
      const text = await mlmodelOf(ref);
      return text === undefined ? [] : parseFlavors(text);
    },
  };
}
