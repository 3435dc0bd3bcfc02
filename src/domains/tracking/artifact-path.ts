import { checkPath } from '../../artifacts/index.ts';
import { AppError } from '../../lib/errors.ts';
import { absent, badParameter } from './errors.ts';

/** Where a file lies in the artifact store: `root` is `run/<id>`, `model/<m-id>`, `model-version/<project>/<n>/<v>` or `files/<project>`. */
export interface ArtifactPlace {
  root: string;
  /** Below the root; empty for the root itself. */
  path: string;
}

const RUN = /^[0-9a-f]{32}$/;
const MODEL = /^m-[0-9a-f]{32}$/;

/** A canonical relative path, or MLflow's refusal. The empty path is the root. */
export function safePath(path: string): string {
  const bare = path.replace(/\/+$/, '');
  if (bare === '' && !path.startsWith('/')) return '';
  try {
    return checkPath(decodeFully(bare === '' ? path : bare));
  } catch (error) {
    if (error instanceof AppError) throw badParameter(`Invalid path: ${error.message}`);
    throw error;
  }
}

/**
 * The place behind a path of the artifact proxy: `<experiment>/<run>/artifacts/…` and `<experiment>/models/<m-id>/artifacts/…`
 * are a run's and a model's own files, `model-versions/<project>/<n>/<v>/…` a frozen version; anything else, files of
 * traces too, is kept under its own name.
 */
export function placeOf(project: string, proxied: string): ArtifactPlace {
  const parts = safePath(proxied)
    .split('/')
    .filter((part) => part !== '');
  if (parts[0] === 'model-versions') {
    const [, owner, model = '', version = '', ...path] = parts;
    if (owner !== project || !/^\d+$/.test(model) || !/^\d+$/.test(version))
      throw absent(`No such artifact: '${proxied}'`);
    return { root: `model-version/${project}/${model}/${version}`, path: path.join('/') };
  }
  const end = parts.indexOf('artifacts');
  const owner = parts[end - 1];
  if (end > 0 && owner !== undefined) {
    const path = parts.slice(end + 1).join('/');
    if (RUN.test(owner) && parts[end - 2] !== 'traces') return { root: `run/${owner}`, path };
    if (MODEL.test(owner) && parts[end - 2] === 'models') return { root: `model/${owner}`, path };
  }
  return { root: `files/${project}`, path: parts.join('/') };
}

/** The proxied path inside an `mlflow-artifacts:` URI, or undefined for a location outside Rondo. */
export function proxiedPath(uri: string): string | undefined {
  const match = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/i.exec(uri);
  return match?.[1];
}

/** Appends parts to a location, keeping a query at its end. */
export function under(location: string, ...parts: string[]): string {
  const [base = '', query] = location.split(/\?(.*)/s);
  const joined = [base.replace(/\/+$/, ''), ...parts].join('/');
  return query === undefined ? joined : `${joined}?${query}`;
}

/** Schemes a client may write artifacts to by itself; anything else would make somebody's server read a file or call a host. */
const LOCATIONS = ['mlflow-artifacts', 's3', 'gs', 'wasbs', 'abfss', 'hdfs', 'dbfs', 'file'];

/** Refuses locations that hide a second meaning; `defaultRoot` lifts the ban on its own scheme. */
export function checkLocation(location: string, defaultRoot: string | undefined): void {
  const plain = decodeFully(location);
  const [beforeFragment, fragment] = plain.split(/#(.*)/s);
  if (fragment !== undefined || plain.includes(';'))
    throw badParameter("'artifact_location' URL can't include fragments or params.");
  if (plain.startsWith('runs:'))
    throw badParameter(`Artifact location cannot be a runs:/ URI. Given: '${location}'`);
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f\\]/.test(plain) || plain.includes('?'))
    throw badParameter(
      `Invalid artifact location: '${location}'. It holds a character that could hide another path.`,
    );
  if ((beforeFragment ?? '').split('/').includes('..'))
    throw badParameter(`Invalid artifact location: '${location}'. It holds a '..' part.`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(plain)?.[1]?.toLowerCase();
  const ownScheme = defaultRoot === undefined ? undefined : /^([a-z0-9+.-]+):/i.exec(defaultRoot)?.[1];
  const local = scheme === undefined || scheme === 'file';
  if (scheme === undefined || !LOCATIONS.includes(scheme) || (local && ownScheme !== 'file')) {
    throw badParameter(
      `Invalid artifact location: '${location}'. Use a location of this server (leave it out), or one of ${LOCATIONS.filter((each) => each !== 'file').join(', ')}.`,
    );
  }
}

/** Percent-decoding until nothing changes, so that no layer behind us sees another path. */
export function decodeFully(text: string): string {
  for (let round = 0, now = text; round < 8; round++) {
    let next: string;
    try {
      next = decodeURIComponent(now);
    } catch {
      return now;
    }
    if (next === now) return now;
    now = next;
    if (round === 7) throw badParameter('The text is percent-encoded too often.');
  }
  return text;
}
