import { type ArtifactName, listNames } from '../../../artifacts/index.ts';
import { absent, badParameter } from '../errors.ts';
import type { ManifestEntry } from '../schema.ts';
import { insideOf, parseSource, wrongOwner } from '../source.ts';
import { findAlias, findModel } from '../store/models.ts';
import { findVersion } from '../store/versions.ts';
import type { RegistryContext } from './context.ts';

export interface Resolved {
  /** As it is recorded: an alias is replaced by the version it stood for. */
  source: string;
  runId: string;
  modelId: string;
  /** Where clients find the files when they are not frozen here. */
  uri: string;
  files: ManifestEntry[];
  /** The version this one is a copy of. */
  copyOf?: { name: string; version: number };
}

/** Where the frozen files of a version are named. */
export const rootOfVersion = (project: string, model: number, version: number): string =>
  `model-version/${project}/${model}/${version}`;

/** Finds and checks what a source names, and lists its files with their digests as they are now. */
export async function resolveSource(
  context: RegistryContext,
  project: string,
  source: string,
  given: { runId: string | undefined; modelId: string | undefined },
): Promise<Resolved> {
  const parsed = parseSource(source);
  const { tracking } = context.ground;
  const runId = given.runId ?? '';
  const modelId = given.modelId ?? '';
  switch (parsed.kind) {
    case 'logged-model': {
      if (parsed.modelId !== modelId) throw wrongOwner(source, 'model_id');
      const { info } = await tracking.getLoggedModel(project, modelId);
      const files = await filesAt(context, project, `model/${modelId}`, info.artifact_uri, '');
      return { source, runId: runId || info.source_run_id || '', modelId, uri: info.artifact_uri, files };
    }
    case 'run': {
      if (modelId !== '') throw wrongOwner(source, 'model_id');
      if (parsed.runId !== runId) throw wrongOwner(source, 'run_id');
      return {
        source,
        runId,
        modelId,
        uri: source,
        files: await filesOfRun(context, project, runId, parsed.path),
      };
    }
    case 'version':
      return copyVersion(context, project, source, parsed, given);
    case 'proxied': {
      const owner = await ownerOf(context, project, source, runId, modelId);
      if (!insideOf(parsed.path, owner.location)) throw wrongOwner(source, owner.parameter);
      const inside = parsed.path.split('/').slice(owner.depth).join('/');
      return { source, runId, modelId, uri: source, files: await filesUnder(context, owner.root, inside) };
    }
    case 'foreign':
      return { source, runId, modelId, uri: source, files: [] };
  }
}

/** The files that are here, and those that clients wrote past the server where it can read them: they are copied in. */
async function filesAt(
  context: RegistryContext,
  project: string,
  root: string,
  uri: string,
  folder: string,
): Promise<ManifestEntry[]> {
  const here = await filesUnder(context, root, folder);
  const known = new Set(here.map(({ path }) => path));
  const there = await context.ground.tracking.copyIn(project, uri, folder);
  return [...here, ...there.filter(({ path }) => !known.has(path))];
}

async function filesUnder(context: RegistryContext, root: string, folder: string): Promise<ManifestEntry[]> {
  const prefix = folder === '' ? '' : `${folder.replace(/\/+$/, '')}/`;
  const names = await listNames(context.database.read, root);
  const within = (name: ArtifactName) => name.path.startsWith(prefix);
  return names
    .filter(within)
    .map(({ path, digest, size }) => ({ path: path.slice(prefix.length), digest, size }));
}

/** Files of a run's folder; clients since MLflow 3 keep a model under its own id and call it by its name in the run. */
async function filesOfRun(
  context: RegistryContext,
  project: string,
  runId: string,
  path: string,
): Promise<ManifestEntry[]> {
  const { tracking } = context.ground;
  const { artifact_uri } = await tracking.getRunInfo(project, runId);
  const files = await filesAt(context, project, `run/${runId}`, artifact_uri, path);
  if (files.length > 0 || path === '') return files;
  const model = await tracking.findLoggedModelOf(project, runId, path);
  return model
    ? filesAt(context, project, `model/${model.info.model_id}`, model.info.artifact_uri, '')
    : files;
}

async function ownerOf(
  context: RegistryContext,
  project: string,
  source: string,
  runId: string,
  modelId: string,
) {
  const parameter = modelId === '' ? 'run_id' : 'model_id';
  const location = await locationOf(context, project, runId, modelId);
  if (location === undefined) throw wrongOwner(source, parameter);
  const depth = location
    .replace(/^mlflow-artifacts:(\/\/[^/]*)?/, '')
    .split('/')
    .filter((part) => part !== '').length;
  return { location, depth, root: modelId === '' ? `run/${runId}` : `model/${modelId}`, parameter } as const;
}

async function locationOf(
  { ground: { tracking } }: RegistryContext,
  project: string,
  runId: string,
  modelId: string,
): Promise<string | undefined> {
  try {
    if (modelId !== '') return (await tracking.getLoggedModel(project, modelId)).info.artifact_uri;
    return runId === '' ? undefined : (await tracking.getRunInfo(project, runId)).artifact_uri;
  } catch (error) {
    if ((error as { code?: string }).code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw error;
  }
}

async function copyVersion(
  context: RegistryContext,
  project: string,
  source: string,
  named: { name: string; version: string | undefined; alias: string | undefined },
  given: { runId: string | undefined; modelId: string | undefined },
): Promise<Resolved> {
  const { read } = context.database;
  const model = await findModel(read, project, named.name);
  if (!model) throw absent(`Registered Model with name=${named.name} not found`);
  if (model.is_prompt === 1) {
    throw badParameter(
      `Invalid model version source: '${source}'. Prompt versions cannot be used as model version sources.`,
    );
  }
  const number =
    named.alias === undefined
      ? Number(named.version)
      : (await findAlias(read, model.id, named.alias))?.version;
  if (number === undefined) throw badParameter(`Registered model alias ${named.alias} not found.`);
  const row = await findVersion(read, model.id, number);
  if (!row) throw absent(`Model Version (name=${named.name}, version=${number}) not found`);
  if (
    (given.runId !== undefined && given.runId !== row.run_id) ||
    (given.modelId !== undefined && given.modelId !== row.model_id)
  ) {
    throw badParameter(
      `Invalid model version source: '${source}'. The run_id and model_id request parameters must match the referenced model version.`,
    );
  }
  return {
    source: `models:/${model.name}/${number}`,
    runId: row.run_id,
    modelId: row.model_id,
    uri: row.storage_uri,
    files: await filesUnder(context, rootOfVersion(project, model.id, number), ''),
    copyOf: { name: model.name, version: number },
  };
}
