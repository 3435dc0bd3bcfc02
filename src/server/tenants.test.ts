import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { furnish, MARK } from '../../test/harness/tenant.ts';
import { WALKED_ENGINES } from '../../test/harness/database.ts';
import { BOOKS, quiet } from '../../test/harness/records.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { NewUser, systemActor } from '../domains/identity/schema.ts';
import { type Endpoint, methodsOf, pathsOf } from '../lib/contract/index.ts';
import { Rondo } from '../sdk/index.ts';

const PASSWORD = 'correct horse battery';
/** What every table of the database says of the other project, and what says nothing of any. */
type Rows = Map<string, string[]>;
/** Books, and those that change when somebody asks. */
const LEFT_OUT = [...BOOKS, 'tokens', 'users'];

describe.each(WALKED_ENGINES)('a user of one project and the things of another, on %s', (engine) => {
  let server: TestServer;
  let secret: string;
  let ids: Awaited<ReturnType<typeof furnish>>;
  let pool: Record<string, string[]>;
  beforeAll(async () => {
    server = await testServer(engine);
    await server.call('PUT', '/api/v1/projects/alpha', { project: 'alpha' });
    ids = await furnish(server, new Rondo({ url: server.url, token: server.token, project: 'beta' }), 'beta');
    const root = systemActor('test');
    const { identity } = server.domains;
    await identity.createUser(root, NewUser.parse({ name: 'ana', password: PASSWORD }));
    await identity.setMember(root, 'alpha', 'ana', 'admin');
    secret = (await identity.signIn('ana', PASSWORD, 'here')).secret;
    await quiet(server, 'alpha', 'beta');
    pool = await namesOf('beta');
  }, 120_000);
  afterAll(() => server.end());

  async function tables(): Promise<{ name: string; columns: string[] }[]> {
    const found = await server.ground.database.read.introspection.getTables();
    return found.map(({ name, columns }) => ({ name, columns: columns.map((column) => column.name) }));
  }

  const rowsOf = (table: string) =>
    server.ground.database.read
      .selectFrom(table as never)
      .selectAll()
      .execute() as Promise<Record<string, unknown>[]>;

  /** Everything by which things of the project could be addressed: values of its rows, by column. */
  async function namesOf(project: string): Promise<Record<string, string[]>> {
    const found: Record<string, Set<string>> = {};
    for (const { name: table, columns } of await tables()) {
      if (!columns.includes('project')) continue;
      for (const row of await rowsOf(table)) {
        if (row.project !== project) continue;
        for (const [column, value] of Object.entries(row)) {
          const short = (typeof value === 'string' && value.length < 100) || typeof value === 'number';
          if (short && value !== '') (found[column] ??= new Set()).add(String(value));
        }
      }
    }
    return Object.fromEntries(Object.entries(found).map(([column, values]) => [column, [...values]]));
  }

  async function everything(): Promise<Rows> {
    const all: Rows = new Map();
    for (const { name, columns } of await tables()) {
      if (LEFT_OUT.includes(name)) continue;
      // Of a project itself, the project is its name.
      const projectOf = name === 'projects' ? 'name' : 'project';
      const rows = (await rowsOf(name)).filter(
        (row) => !columns.includes(projectOf) || row[projectOf] !== 'alpha',
      );
      all.set(name, rows.map((row) => JSON.stringify(row)).sort());
    }
    return all;
  }

  const marked = (values: readonly string[] | undefined) =>
    (values ?? []).filter((value) => value.includes(MARK));

  /** Values for a part of an address. */
  function candidates(param: string): string[] {
    if (param === '*') return [`${pool.experiment?.[0]}/${ids.run}/artifacts/${MARK}.txt`];
    if (['version', 'attempt'].includes(param)) return ['1'];
    if (param === 'index') return ['0'];
    if (
      param === 'name' ||
      param === 'model' ||
      param === 'endpoint' ||
      param === 'rule' ||
      param === 'monitor'
    )
      return marked([
        ...(pool.name ?? []),
        ...(pool.endpoint ?? []),
        ...(pool.pipeline ?? []),
        'table',
        'total',
      ]).concat(param === 'name' ? ['table'] : []);
    if (param === 'id') return [...new Set([...(pool.id ?? []), ids.prediction, ids.model])];
    return [...new Set([...(pool[param] ?? []), ...(pool.id ?? [])])];
  }

  function addresses(path: string, project: string, most = 60): string[] {
    let found = [path.replace(':project', encodeURIComponent(project))];
    for (const [part, name = '*'] of path.replace(':project', '').matchAll(/:(\w+)|\*/g))
      found = found.flatMap((url) =>
        candidates(name).map((value) => url.replace(part, name === '*' ? value : encodeURIComponent(value))),
      );
    return [...new Set(found)].slice(0, most);
  }

  /** One value for every field that names a thing; an endpoint takes those that it knows. */
  const fields = () => ({
    project: 'beta',
    of: `rondo:model-version:beta/${MARK}-model/1`,
    experiment_id: pool.experiment?.[0] ?? '',
    experiment_ids: [pool.experiment?.[0] ?? ''],
    experiment_name: `${MARK}-experiment`,
    run_id: ids.run,
    run_uuid: ids.run,
    run_ids: [ids.run],
    metric_key: 'loss',
    path: `${MARK}.txt`,
    artifact_file_path: 'MLmodel',
    name: `${MARK}-model`,
    version: '1',
    alias: `${MARK}-alias`,
    before: '1',
    after: '1',
    view: `${MARK}-view`,
    key: 't',
    value: 'changed',
    timestamp: 1,
    new_name: 'changed',
    description: 'changed',
    status: 'FAILED',
    stage: 'Archived',
    source: `runs:/${ids.run}/model`,
    tags: [{ key: 't', value: 'changed' }],
    metrics: [{ key: 'loss', value: 9, timestamp: 1, step: 1 }],
    params: [{ key: 'q', value: 'changed' }],
    feedback: [{ prediction_id: ids.prediction, label: 1 }],
    yes: true,
    comment: '',
    digest: pool.digest?.[0] ?? '',
    data: {},
  });

  function queryOf(endpoint: Endpoint): string {
    const known = new Set(
      Object.keys({ ...endpoint.query?.shape, ...(endpoint.body as { shape?: object })?.shape }),
    );
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(fields())) {
      if (!known.has(name)) continue;
      for (const each of Array.isArray(value) ? value : [value])
        if (typeof each !== 'object') query.append(name, String(each));
    }
    return query.size > 0 ? `?${query}` : '';
  }

  async function ask(method: string, url: string, endpoint: Endpoint, token: string, workspace?: string) {
    const stop = new AbortController();
    const withBody = method !== 'GET';
    const upload = endpoint.kind === 'upload';
    const response = await fetch(server.url + url + (withBody && !upload ? '' : queryOf(endpoint)), {
      method,
      signal: stop.signal,
      headers: {
        authorization: `Bearer ${token}`,
        ...(workspace === undefined ? {} : { 'x-mlflow-workspace': workspace }),
        ...(withBody ? { 'content-type': upload ? 'application/octet-stream' : 'application/json' } : {}),
      },
      ...(withBody ? { body: upload ? 'changed' : JSON.stringify(fields()) } : {}),
    });
    if (endpoint.kind === 'events' && response.status === 200) {
      const reader = response.body?.getReader();
      const first = new TextDecoder().decode((await reader?.read())?.value);
      stop.abort();
      return { status: response.status, text: first };
    }
    return { status: response.status, text: await response.text() };
  }

  const reads = (endpoint: Endpoint) => endpoint.method === 'GET' || endpoint.needs === 'view';
  const workspacesOf = (endpoint: Endpoint) =>
    endpoint.dialect === 'mlflow' ? ['alpha', 'beta', undefined] : [undefined, 'alpha', 'beta'];

  it('is really furnished: an admin reads the things by these very requests', async () => {
    const seen: string[] = [];
    const unseen: string[] = [];
    for (const { name, endpoint } of server.domains.bound) {
      if (!reads(endpoint) || endpoint.kind === 'events') continue;
      let found = false;
      for (const url of addresses(pathsOf(endpoint)[0] ?? '', 'beta')) {
        const { status, text } = await ask(endpoint.method, url, endpoint, server.token, 'beta');
        found ||= status === 200 && text.includes(MARK);
        if (found) break;
      }
      (found ? seen : unseen).push(name);
    }
    expect(seen.length, `not seen: ${unseen.join(' ')}`).toBeGreaterThanOrEqual(50);
  }, 120_000);

  it('are neither read nor changed, by whatever address', async () => {
    const before = await everything();
    let asked = 0;
    const leaks = new Map<string, string>();
    for (const { name, endpoint } of server.domains.bound) {
      for (const [at, path] of pathsOf(endpoint).entries()) {
        for (const project of path.includes(':project') ? ['alpha', 'beta'] : ['']) {
          // The twin prefix has the same handler, and the gate looks at the project before anything else of an address.
          const most = at > 0 || project === 'beta' ? 3 : 60;
          for (const url of addresses(path, project, most)) {
            for (const workspace of path.includes(':project') ? [undefined] : workspacesOf(endpoint)) {
              for (const method of methodsOf(endpoint)) {
                // What she does to herself is not about projects.
                if (endpoint.needs === 'self' || endpoint.path === '/api/v1/sign-in') continue;
                const { status, text } = await ask(method, url, endpoint, secret, workspace);
                const where = `${method} ${url} in ${workspace}: ${status} ${text.slice(0, most)}`;
                asked++;
                // An answer may repeat what was asked for, but nothing else.
                const sound = (status < 500 || status === 501) && status !== 401 && hides(text, url);
                const shut = project !== 'beta' || endpoint.needs === 'public' || status === 403;
                if (!(sound && shut)) leaks.set(name, where);
              }
            }
          }
        }
      }
    }
    expect([...leaks]).toEqual([]);
    expect(asked).toBeGreaterThan(1000);
    const after = await everything();
    for (const [table, rows] of before) {
      const now = new Set(after.get(table));
      expect(
        rows.filter((row) => !now.has(row)),
        table,
      ).toEqual([]);
    }
    for (const { name, columns } of await tables()) {
      if (!columns.includes('project') || BOOKS.includes(name)) continue;
      expect(after.get(name), name).toEqual(before.get(name));
    }
  }, 300_000);

  /** True when the text has no mark but in words that the request itself said. */
  function hides(text: string, url: string): boolean {
    const said = `${decodeURIComponent(url)} ${JSON.stringify(fields())}`;
    const words = text.match(new RegExp(`[\\w.-]*${MARK}[\\w.-]*`, 'g')) ?? [];
    return words.every((word) => said.includes(word.replace(/^[.]+|[.]+$/g, '')));
  }
});
