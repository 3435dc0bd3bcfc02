import { badParameter } from './errors.ts';

/** What the source of a version names. */
export type Source =
  | { kind: 'run'; runId: string; path: string }
  | { kind: 'logged-model'; modelId: string }
  | { kind: 'version'; name: string; version: string | undefined; alias: string | undefined }
  | { kind: 'proxied'; path: string }
  | { kind: 'foreign'; uri: string };

/** Schemes of object stores: the files stay there, listed but not owned. */
const FOREIGN = ['s3', 'gs', 'wasb', 'wasbs', 'abfs', 'abfss', 'hdfs', 'dbfs', 'adl'];
const PROXY_ROUTE = /^https?:\/\/[^/]+\/(?:ajax-)?api\/2\.0\/mlflow-artifacts\/artifacts\/(.*)$/i;

const notPlain = (source: string) =>
  badParameter(
    `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
  );

/** The request must say which run or model the files belong to. */
export const wrongOwner = (source: string, parameter: 'run_id' | 'model_id') =>
  badParameter(
    `Invalid model version source: '${source}'. The ${parameter} request parameter must identify the resource that contains the source.`,
  );

/**
 * Reads the source of a version. Checked once, fully decoded: no `..`, no fragment or query, no control character, no local
 * file, no host but this server's.
 */
export function parseSource(source: string): Source {
  const plain = decode(source);
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f\\]/.test(plain) || /[#?;]/.test(plain)) throw notPlain(source);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(plain)?.[1];
  if (scheme === undefined || scheme.toLowerCase() === 'file' || scheme.length === 1) throw local(source);
  if (plain.split('/').some((part) => part === '..' || part === '.')) throw notPlain(source);
  const proxied = PROXY_ROUTE.exec(plain)?.[1];
  if (proxied !== undefined) return { kind: 'proxied', path: proxied };
  const rest = plain.slice(scheme.length + 1);
  switch (scheme) {
    case 'runs':
      return runSource(source, rest);
    case 'models':
      return modelSource(source, rest);
    case 'mlflow-artifacts':
      return { kind: 'proxied', path: rest.replace(/^\/\/[^/]*/, '').replace(/^\/+/, '') };
    default:
      return foreign(source, scheme, rest);
  }
}

/** Whether a proxied path lies inside the root that a run's or a model's location names. */
export function insideOf(path: string, location: string): boolean {
  const root = decode(location)
    .replace(/^mlflow-artifacts:(\/\/[^/]*)?\/*/i, '')
    .split('/')
    .filter((part) => part !== '');
  const parts = path.split('/').filter((part) => part !== '');
  return root.length > 0 && root.every((part, index) => parts[index] === part);
}

function runSource(source: string, rest: string): Source {
  const [, runId = '', ...path] = rest.split('/');
  if (rest.startsWith('//') || !rest.startsWith('/') || !/^[a-zA-Z0-9][\w-]{0,255}$/.test(runId))
    throw wrongOwner(source, 'run_id');
  return { kind: 'run', runId, path: path.filter((part) => part !== '').join('/') };
}

function modelSource(source: string, rest: string): Source {
  if (rest.startsWith('//') || !rest.startsWith('/')) throw wrongOwner(source, 'model_id');
  const parts = rest.slice(1).split('/');
  const [first = '', second] = parts;
  if (parts.length === 1 && /^m-[\w-]+$/.test(first)) return { kind: 'logged-model', modelId: first };
  const at = first.lastIndexOf('@');
  if (parts.length === 1 && at > 0)
    return { kind: 'version', name: first.slice(0, at), version: undefined, alias: first.slice(at + 1) };
  if (parts.length === 2 && /^\d+$/.test(second ?? ''))
    return { kind: 'version', name: first, version: second, alias: undefined };
  throw wrongOwner(source, 'model_id');
}

function foreign(source: string, scheme: string, rest: string): Source {
  if (!FOREIGN.includes(scheme)) {
    throw badParameter(
      `Invalid model version source: '${source}'. The '${scheme}' scheme addresses a host other than this server's artifact storage. Use runs:, models:, mlflow-artifacts: or one of ${FOREIGN.join(', ')}.`,
    );
  }
  if (!/^\/\/[^/]+/.test(rest)) throw notPlain(source);
  return { kind: 'foreign', uri: source };
}

const local = (source: string) =>
  badParameter(
    `Invalid model version source: '${source}'. To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.`,
  );

/** Percent-decoding until nothing changes; the same text that was checked is the one that is used. */
function decode(text: string): string {
  let now = text;
  for (let round = 0; round < 8; round++) {
    let next: string;
    try {
      next = decodeURIComponent(now);
    } catch {
      return now;
    }
    if (next === now) return now;
    now = next;
  }
  throw badParameter('Invalid model version source: it is percent-encoded too often.');
}
