/** What a request means for the mirror. */
export interface Route {
  /** Method and path with names in place of ids: what the report counts by. */
  name: string;
  kind: 'read' | 'write' | 'outside';
  /** Of a create: where its answer holds the id that the other side must take. */
  creates?: Create;
}

export interface Create {
  kind: 'experiment' | 'run' | 'logged-model' | 'version' | 'trace' | 'assessment';
  /** Path of the id in the answer. */
  id: readonly string[];
  /** Fields that the server fills in when the request leaves them out: path in the answer by name in the request. */
  filled?: Readonly<Record<string, readonly string[]>>;
}

const CREATES: Readonly<Record<string, Create>> = {
  'POST experiments/create': { kind: 'experiment', id: ['experiment_id'] },
  'POST runs/create': {
    kind: 'run',
    id: ['run', 'info', 'run_id'],
    filled: { run_name: ['run', 'info', 'run_name'], start_time: ['run', 'info', 'start_time'] },
  },
  'POST logged-models': {
    kind: 'logged-model',
    id: ['model', 'info', 'model_id'],
    filled: { name: ['model', 'info', 'name'] },
  },
  'POST model-versions/create': { kind: 'version', id: ['model_version', 'version'] },
  'POST traces/:id/assessments': { kind: 'assessment', id: ['assessment', 'assessment_id'] },
};
const CREATE_TRACE_V2: Create = { kind: 'trace', id: ['trace_info', 'request_id'] };

/** Requests that read although their method could change something. */
const POSTED_READS = new Set([
  'POST experiments/search',
  'POST experiments/search-datasets',
  'POST runs/search',
  'POST logged-models/search',
  'POST registered-models/get-latest-versions',
  'POST traces/search',
  'POST traces/batchGetInfos',
  'POST traces/calculate-filter-correlation',
  'POST traces/metrics',
  'POST graphql',
  'POST artifacts/presigned-download-url',
  'POST artifacts/presigned-upload-url',
]);

/** The parts of MLflow's API that Rondo serves. Webhooks are not mirrored: each would be delivered by both servers. */
const SERVED =
  /^(experiments|runs|metrics|logged-models|registered-models|model-versions|artifacts|traces|workspaces)(\/|$)/;
const ALSO_SERVED = new Set(['server-info', 'upload-artifact', 'get-trace-artifact']);
const ROOT_READS = new Set(['/get-artifact', '/model-versions/get-artifact', '/graphql', '/version']);

const API = /^\/(?:ajax-)?api\/([23])\.0\/mlflow\/(.+)$/;
const FILES = /^\/(?:ajax-)?api\/2\.0\/mlflow-artifacts\/(artifacts|mpu\/\w+|presigned)(?:\/(.*))?$/;

export function routeOf(method: string, path: string): Route {
  const verb = method === 'HEAD' ? 'GET' : method;
  const files = FILES.exec(path);
  if (files) {
    const name = `${verb} mlflow-artifacts/${files[1]}${files[2] ? '/*' : ''}`;
    // Multipart uploads and presigned addresses lead past the servers, so there is nothing to mirror.
    if (files[1] !== 'artifacts') return { name, kind: 'outside' };
    return { name, kind: verb === 'GET' ? 'read' : 'write' };
  }
  if (path === '/v1/traces')
    return { name: `${verb} v1/traces`, kind: verb === 'POST' ? 'write' : 'outside' };
  if (ROOT_READS.has(path)) return { name: `${verb} ${path.slice(1)}`, kind: 'read' };
  const [, version, rest = ''] = API.exec(path) ?? [];
  const name = `${verb} ${named(rest)}`;
  const isServed = (SERVED.test(rest) || ALSO_SERVED.has(rest)) && name !== 'POST runs/create-promptlab-run';
  if (!isServed) return { name: rest === '' ? `${verb} (page)` : name, kind: 'outside' };
  if (verb === 'GET' || POSTED_READS.has(name)) return { name, kind: 'read' };
  const creates = name === 'POST traces' && version === '2' ? CREATE_TRACE_V2 : CREATES[name];
  return { name, kind: 'write', ...(creates ? { creates } : {}) };
}

/** Ids and keys of a path in words, so that a route has one name. */
function named(rest: string): string {
  const parts = rest.replace(/\/$/, '').split('/');
  if (['logged-models', 'traces'].includes(parts[0] ?? '') && /^(m|tr)-/.test(parts[1] ?? ''))
    parts[1] = ':id';
  if (parts[0] === 'workspaces' && parts[1]) parts[1] = ':name';
  if (parts[1] === ':id' && ['tags', 'assessments'].includes(parts[2] ?? '') && parts[3]) parts[3] = ':key';
  return parts.slice(0, 5).join('/').slice(0, 80);
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a request is about, when it is one run and nothing else: requests about one run keep their order and those about different
 * runs go side by side. Everything else waits for all that came before it, and all that comes after waits for it.
 */
export function laneOf(
  route: Route,
  url: URL,
  body: Fields | undefined,
  answer?: Fields,
): string | undefined {
  if (route.creates?.kind === 'run') return laneOfRun(at(answer, route.creates.id));
  const query = url.searchParams;
  if (
    /^\w+ (runs\/(?!search)|metrics\/get-history$|artifacts\/list|upload-artifact|get-artifact)/.test(
      route.name,
    )
  )
    return laneOfRun(body?.run_id ?? body?.run_uuid ?? query.get('run_id') ?? query.get('run_uuid'));
  const file = /\/mlflow-artifacts\/artifacts\/\d+\/([0-9a-f]{32})\/artifacts\//.exec(url.pathname);
  return laneOfRun(file?.[1]);
}

const laneOfRun = (id: unknown): string | undefined =>
  typeof id === 'string' && /^[0-9a-f]{32}$/.test(id) ? id : undefined;

/** The value at a path of a JSON body. */
export const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((found, key) => (found as Fields | undefined | null)?.[key], value);

/** What there is now because of a write, under the names by which requests ask for it. */
export function madeBy(route: Route, json: unknown, said: unknown): string[] {
  const made = route.creates && at(said, route.creates.id);
  const body = json as { name?: string; new_name?: string } | undefined;
  if (typeof made === 'string' && route.creates?.kind !== 'version') return [made];
  if (route.name === 'POST registered-models/create' && body?.name) return [`model:${body.name}`];
  if (route.name === 'POST registered-models/rename' && body?.new_name) return [`model:${body.new_name}`];
  const trace = at(said, ['trace', 'trace_info', 'trace_id']);
  return typeof trace === 'string' ? [trace] : [];
}
