import {
  type ArtifactName,
  childrenOf,
  findName,
  type ForeignFiles,
  listNames,
  putName,
  removeNames,
} from '../../../artifacts/index.ts';
import type { Tx } from '../../../database/index.ts';
import type { FileBody } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import { type ArtifactPlace, placeOf, proxiedPath, safePath, under } from '../artifact-path.ts';
import { absent, badParameter, notImplemented } from '../errors.ts';
import { findExperiment } from '../store/experiments.ts';
import { findLoggedModel } from '../store/logged-models.ts';
import type { TrackingContext } from './context.ts';
import { uploadVerbs } from './uploads.ts';

export interface Listing {
  root_uri: string;
  files: { path: string; is_dir: boolean; file_size?: number }[];
}

const UPLOAD_LIMIT = 10 * 1024 * 1024;

/** Files of runs, models and versions: names that point to content-addressed bytes. */
export function artifactVerbs(context: TrackingContext) {
  const { database, ground } = context;

  /** The place behind a proxied path, if it is not another project's. */
  async function place(project: string, proxied: string): Promise<ArtifactPlace> {
    const found = placeOf(project, proxied);
    const [kind, id = ''] = found.root.split('/');
    if (kind === 'run') {
      const row = await context.runs.find(database.read, id);
      if (row && row.project !== project) throw absent(`Run with id=${id} not found`);
    }
    if (kind === 'model') {
      const row = await database.read
        .selectFrom('logged_models')
        .select('project')
        .where('model_id', '=', id)
        .executeTakeFirst();
      if (row && row.project !== project) throw absent(`Logged model with ID '${id}' not found.`);
    }
    return found;
  }

  async function open(root: string, path: string): Promise<FileBody> {
    const name = path === '' ? undefined : await findName(database.read, root, path);
    if (!name) throw absent(`No such artifact: '${path}'`);
    return {
      body: await ground.blobs.open(name.digest),
      type: typeOf(path),
      name: path,
      size: name.size,
      etag: name.digest,
    };
  }

  async function put(
    at: ArtifactPlace,
    stream: AsyncIterable<Uint8Array>,
    limit?: number,
  ): Promise<ArtifactName> {
    assertWritable(at);
    const blob = await ground.blobs.put(stream, limit === undefined ? {} : { limit });
    await database.write((tx) => putName(tx, at.root, at.path, blob));
    return { path: at.path, ...blob };
  }

  function assertWritable(at: ArtifactPlace): void {
    if (at.root.startsWith('model-version/'))
      throw badParameter('The files of a model version are frozen; log a new model and register that.');
    if (at.path === '') throw badParameter('Invalid path: it names no file.');
  }

  /** Where a run's or a model's files lie; undefined when its clients write to a location outside Rondo. */
  function rootOf(project: string, uri: string): ArtifactPlace | undefined {
    const proxied = proxiedPath(uri);
    return proxied === undefined ? undefined : placeOf(project, proxied);
  }

  /**
   * Files that clients wrote past this server, when it can read them: below the operator's root, in the folder of an experiment
   * of this project. A location that a client chose elsewhere is no way to the files of others.
   */
  async function foreign(project: string, uri: string): Promise<ForeignFiles | undefined> {
    const root = ground.defaultArtifactRoot;
    if (!context.foreign || root === undefined) return undefined;
    const base = under(root.split('?')[0] ?? '', '');
    const number = uri.startsWith(base) ? /^\d{1,15}(?=\/)/.exec(uri.slice(base.length))?.[0] : undefined;
    const owner =
      number === undefined ? undefined : await findExperiment(database.read, project, Number(number));
    return owner ? context.foreign : undefined;
  }

  /** A file of a run or a model, `own` being where those are named that came through this server. */
  async function openAt(project: string, uri: string, path: string, own: string): Promise<FileBody> {
    const at = rootOf(project, uri);
    if (at) return open(at.root, [at.path, path].filter((part) => part !== '').join('/'));
    if (path !== '' && (await findName(database.read, own, path))) return open(own, path);
    const files = await foreign(project, uri);
    if (!files) throw absent(`The files of ${own.replace('/', ' ')} are at ${uri}, outside this server.`);
    const file = await files.open(uri, path);
    if (!file) throw absent(`No such artifact: '${path}'`);
    return { ...file, type: typeOf(path), name: path };
  }

  /** Children of a folder; where clients write to a root of their own, those that lie there too. */
  async function list(project: string, uri: string, folder: string, own: string): Promise<Listing> {
    const at = rootOf(project, uri);
    const { root, path: above } = at ?? { root: own, path: '' };
    const base = [above, folder].filter((part) => part !== '').join('/');
    const names = await listNames(database.read, root);
    const strip = above === '' ? 0 : above.length + 1;
    const here = childrenOf(names, base).map((file) => ({ ...file, path: file.path.slice(strip) }));
    if (at) return { root_uri: uri, files: here };
    const there = (await (await foreign(project, uri))?.list(uri, folder)) ?? [];
    return { root_uri: uri, files: joined(here, there).toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
  }

  async function modelUri(project: string, modelId: string): Promise<string> {
    const row = await findLoggedModel(database.read, project, modelId);
    if (row && row.lifecycle === 'active') return row.artifact_uri;
    throw absent(`Logged model with ID '${modelId}' not found.`);
  }

  return {
    ...uploadVerbs(context, { place, assertWritable }),

    /** Streams bytes to a proxied path; a name that exists moves to the new bytes. */
    async uploadArtifact(
      _actor: Actor,
      project: string,
      proxied: string,
      stream: AsyncIterable<Uint8Array>,
    ): Promise<ArtifactName> {
      return put(await place(project, proxied), stream);
    },

    async openArtifact(project: string, proxied: string): Promise<FileBody> {
      const at = await place(project, proxied);
      return open(at.root, at.path);
    },

    /** Children of a proxied folder by their last name, as the artifact proxy lists them. */
    async listArtifacts(project: string, proxied: string): Promise<Listing['files']> {
      const at = await place(project, proxied);
      const found = childrenOf(await listNames(database.read, at.root), at.path);
      return found.map((file) => ({ ...file, path: file.path.split('/').at(-1) ?? file.path }));
    },

    async deleteArtifact(_actor: Actor, project: string, proxied: string): Promise<void> {
      const at = await place(project, proxied);
      if (at.root.startsWith('model-version/'))
        throw badParameter('The files of a model version are frozen; delete the version instead.');
      const owned = /^(run|model)\//.test(at.root);
      if (at.path === '' && !owned) throw badParameter('Invalid path: it names no file or folder.');
      await database.write((tx) => removeNames(tx, at.root, at.path === '' ? undefined : at.path));
    },

    async listRunArtifacts(project: string, runId: string, folder: string): Promise<Listing> {
      const { artifact_uri } = await context.run(database.read, project, runId);
      return list(project, artifact_uri, safePath(folder), `run/${runId}`);
    },

    async openRunArtifact(project: string, runId: string, path: string): Promise<FileBody> {
      const clean = safePath(path);
      const { artifact_uri } = await context.run(database.read, project, runId);
      return openAt(project, artifact_uri, clean, `run/${runId}`);
    },

    async putRunArtifact(
      _actor: Actor,
      project: string,
      runId: string,
      path: string,
      stream: AsyncIterable<Uint8Array>,
      limit: number | undefined = UPLOAD_LIMIT,
    ): Promise<ArtifactName> {
      const clean = safePath(path);
      const row = await context.activeRun(database.read, project, runId);
      return put({ root: `run/${row.run_id}`, path: clean }, stream, limit);
    },

    async listModelArtifacts(project: string, modelId: string, folder: string): Promise<Listing> {
      const clean = safePath(folder);
      const uri = await modelUri(project, modelId);
      return list(project, uri, clean, `model/${modelId}`);
    },

    async openModelArtifact(project: string, modelId: string, path: string): Promise<FileBody> {
      const clean = safePath(path);
      const uri = await modelUri(project, modelId);
      return openAt(project, uri, clean, `model/${modelId}`);
    },

    /** An address for a file that clients put and get themselves, below the root that they write to. */
    async presign(project: string, asked: Presigned, way: 'upload' | 'download') {
      const path = safePath(asked.path);
      const { run_id, model_id = '', expiration: seconds = way === 'upload' ? 900 : 300 } = asked;
      if (!(seconds >= 1 && seconds <= WEEK_S))
        throw badParameter(`expiration must be between 1 and ${WEEK_S} seconds (got ${seconds}).`);
      const uri = run_id
        ? (await context.run(database.read, project, run_id)).artifact_uri
        : await modelUri(project, model_id);
      if (rootOf(project, uri)) throw proxiedOnly(way);
      const files = await foreign(project, uri);
      const signed = await files?.presign?.(uri, path, { way, seconds });
      if (signed) return signed;
      if (files?.presign) throw absent(`No such artifact: '${path}'`);
      throw notImplemented(`Presigned ${way} is not supported for the current artifact repository`);
    },

    /**
     * Copies what clients wrote past this server into it: the files below a folder of a location, by their path below that
     * folder. Empty where the server cannot read there. Bytes that no name points to yet are safe from collection for a while.
     */
    async copyIn(project: string, uri: string, folder: string): Promise<ArtifactName[]> {
      const files = rootOf(project, uri) ? undefined : await foreign(project, uri);
      if (!files) return [];
      const copied: ArtifactName[] = [];
      const waiting = [safePath(folder)];
      const strip = waiting[0] === '' ? 0 : (waiting[0] ?? '').length + 1;
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        for (const { path, is_dir } of await files.list(uri, next)) {
          if (is_dir) waiting.push(path);
          const file = is_dir ? undefined : await files.open(uri, path);
          if (file) copied.push({ path: path.slice(strip), ...(await ground.blobs.put(file.body)) });
        }
      }
      return copied;
    },

    /** Names and digests under a root such as `run/<id>` or `model/<m-id>`. */
    namesUnder: (root: string): Promise<ArtifactName[]> => listNames(database.read, root),
    openName: open,
    /** Removes a folder of files that belong to no run or model, within a write of somebody else. */
    async removeFiles(tx: Tx, project: string, proxied: string): Promise<void> {
      const at = placeOf(project, proxied);
      if (at.root === `files/${project}` && at.path !== '') await removeNames(tx, at.root, at.path);
    },
  };
}

/** Files that came through this server count before those of the same path that lie elsewhere. */
function joined<T extends { path: string }>(here: readonly T[], there: readonly T[]): T[] {
  const known = new Set(here.map(({ path }) => path));
  return [...here, ...there.filter(({ path }) => !known.has(path))];
}

interface Presigned {
  run_id?: string | undefined;
  model_id?: string | undefined;
  path: string;
  /** Seconds. */
  expiration?: number | undefined;
}

/** As long as S3 lets an address hold. */
const WEEK_S = 604_800;

const proxiedOnly = (way: 'upload' | 'download') =>
  badParameter(
    way === 'upload'
      ? 'Presigned upload is not supported for proxied artifact storage (artifact URI scheme: mlflow-artifacts). This endpoint requires a direct cloud storage artifact URI.'
      : 'Presigned download is not supported for runs with proxied artifact storage (artifact URI scheme: mlflow-artifacts). This endpoint requires a run with a direct cloud storage artifact URI.',
  );

const TEXT = /\.(txt|log|ya?ml|json|csv|tsv|md|cfg|conf|py|js|ts|sql|html?|xml|toml|ini)$|(^|\/)MLmodel$/i;
const TYPES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
};

/** By the name alone, never by what a client said. Markup is text, so that no browser runs it. */
function typeOf(path: string): string {
  if (TEXT.test(path)) return 'text/plain; charset=utf-8';
  return TYPES[path.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}
