import type { ExpressionBuilder } from 'kysely';
import type { Reader, Tables, Tx } from '../database/index.ts';
import { invalid } from '../lib/errors.ts';
import type { Blob } from './blobs.ts';

declare module '../database/tables.ts' {
  interface Tables {
    artifact_names: { root: string; path: string; digest: string; size: number; updated_at: number };
  }
}

/** A name under a root (`run/<id>`, `model/<id>`, `dataset/…`) that points to a blob. */
export interface ArtifactName extends Blob {
  path: string;
}

/**
 * The canonical form of a relative artifact path, or an error. Fully decoded input only: dots, backslashes, drive letters,
 * control characters and URL delimiters never pass (security: path traversal, smuggling by `#`, `?`, `;`).
 */
export function checkPath(path: string): string {
  const bad = (why: string) =>
    invalid(
      `'${path.slice(0, 120)}' is not a usable artifact path: ${why}.`,
      'Use a relative path such as model/MLmodel.',
    );
  if (path.length === 0 || path.length > 1000) throw bad('it must have 1 to 1000 characters');
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(path)) throw bad('it holds a control character');
  if (/[\\#?;]/.test(path) || /%(2e|2f|5c|25|00)/i.test(path))
    throw bad('it holds a character that could hide another path');
  if (path.startsWith('/') || /^[a-zA-Z]:/.test(path)) throw bad('it is absolute');
  const parts = path.replace(/\/+$/, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw bad('it holds an empty, "." or ".." part');
  return parts.join('/').normalize('NFC');
}

/** Points the name to the blob; a name that existed moves, its old blob stays. */
export async function putName(tx: Tx, root: string, path: string, blob: Blob): Promise<void> {
  const row = { root, path: checkPath(path), digest: blob.digest, size: blob.size, updated_at: Date.now() };
  await tx
    .insertInto('artifact_names')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['root', 'path'])
        .doUpdateSet({ digest: row.digest, size: row.size, updated_at: row.updated_at }),
    )
    .execute();
}

export async function findName(
  reader: Reader,
  root: string,
  path: string,
): Promise<ArtifactName | undefined> {
  return reader
    .selectFrom('artifact_names')
    .select(['path', 'digest', 'size'])
    .where('root', '=', root)
    .where('path', '=', checkPath(path))
    .executeTakeFirst();
}

/** Names in a folder; by comparison, since `like` has no escape that both databases know. */
const inFolder = (folder: string) => (eb: ExpressionBuilder<Tables, 'artifact_names'>) =>
  eb(eb.fn('substr', ['path', eb.val(1), eb.val(Array.from(folder).length + 1)]), '=', `${folder}/`);

/** Every name under the root, or in a folder of it, in path order. */
export async function listNames(reader: Reader, root: string, folder = ''): Promise<ArtifactName[]> {
  const names = reader
    .selectFrom('artifact_names')
    .select(['path', 'digest', 'size'])
    .where('root', '=', root);
  return (folder === '' ? names : names.where(inFolder(folder))).orderBy('path').execute();
}

export async function removeNames(tx: Tx, root: string, path?: string): Promise<number> {
  let query = tx.deleteFrom('artifact_names').where('root', '=', root);
  if (path !== undefined) {
    const clean = checkPath(path);
    query = query.where((eb) => eb.or([eb('path', '=', clean), inFolder(clean)(eb)]));
  }
  const result = await query.executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** The direct children of a folder, as file explorers and MLflow's `artifacts/list` show them. */
export function childrenOf(
  names: ArtifactName[],
  folder: string,
): { path: string; is_dir: boolean; file_size?: number }[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const found = new Map<string, { path: string; is_dir: boolean; file_size?: number }>();
  for (const name of names) {
    if (!name.path.startsWith(prefix)) continue;
    const rest = name.path.slice(prefix.length);
    const slash = rest.indexOf('/');
    const path = prefix + (slash < 0 ? rest : rest.slice(0, slash));
    if (slash < 0) found.set(path, { path, is_dir: false, file_size: name.size });
    else if (!found.has(path)) found.set(path, { path, is_dir: true });
  }
  return [...found.values()];
}
