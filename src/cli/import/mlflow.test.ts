import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { type Engine, ENGINES, freshPostgres } from '../../../test/harness/database.ts';
import { filesAt } from './files.ts';
import { ImportJournal } from './journal.ts';
import { mlflowDatabase } from './mlflow/database.ts';
import { mlflowFolder } from './mlflow/folder.ts';
import { spansOfFile } from './mlflow/spans.ts';
import { SeriesBuffer } from './series.ts';
import type { Source, SourceRun } from './source.ts';

const home = mkdtempSync(join(tmpdir(), 'rondo-mlflow-source-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const RUN = 'a'.repeat(32);

function put(path: string, text: string): void {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

async function runsOf(source: Source): Promise<(SourceRun & { points: Record<string, unknown> })[]> {
  const found = [];
  for (const experiment of await all(source.experiments()))
    for (const run of await all(source.runs(experiment))) {
      const series = await all(run.series());
      const points = series.map(({ key, points: of }) => [key, of.piece(0, of.length)]);
      found.push({ ...run, points: Object.fromEntries(points) });
    }
  return found;
}

describe('a folder of MLflow', () => {
  it('is read as the first versions wrote it, and where it was moved to', async () => {
    put(
      'old/0/meta.yaml',
      "experiment_id: '0'\nname: Default\nlifecycle_stage: active\nartifact_location: /gone/0\n",
    );
    put(
      `old/0/${RUN}/meta.yaml`,
      `run_uuid: ${RUN}\nname: ''\nstatus: 3\nstart_time: 1\nend_time: 2\nuser_id: bob\nlifecycle_stage: active\nartifact_uri: /gone/0/${RUN}/artifacts\n`,
    );
    put(`old/0/${RUN}/metrics/a/b`, '1000 0.5\n2000 nan 1\n3000 inf 2\nbroken\n4000 1e-05 3 data digest\n');
    put(`old/0/${RUN}/params/lines`, 'one\ntwo');
    put(`old/0/${RUN}/tags/mlflow.runName`, 'named');
    put(`old/0/${RUN}/artifacts/x/y.txt`, 'hello');
    put('old/.trash/7/meta.yaml', "experiment_id: '7'\nname: gone\nlifecycle_stage: deleted\n");
    const source = mlflowFolder(join(home, 'old'), { base: home });
    const experiments = await all(source.experiments());
    expect(experiments.map(({ name, lifecycle }) => [name, lifecycle])).toEqual([
      ['Default', 'active'],
      ['gone', 'deleted'],
    ]);
    const [run] = await runsOf(source);
    expect(run).toMatchObject({
      run_id: RUN,
      name: 'named',
      status: 'FINISHED',
      user_id: 'bob',
      params: [{ key: 'lines', value: 'one\ntwo' }],
      points: {
        'a/b': {
          steps: [0, 1, 2, 3],
          times: [1000, 2000, 3000, 4000],
          values: [0.5, 'NaN', 'Infinity', 1e-5],
        },
      },
      lost: [{ kind: 'points', id: RUN, key: 'a/b', count: 1 }],
    });
    const files = await all(run?.files?.list() ?? filesAt('', { base: '' }, '').list());
    expect(files.map(({ path, size }) => [path, size])).toEqual([['x/y.txt', 5]]);
  });
});

describe('a database of MLflow', () => {
  it.each(ENGINES)('of version 2.0 on %s is read by the tables that it has', async (engine) => {
    const url = await fill(
      engine,
      `
      create table experiments (experiment_id integer primary key, name text, artifact_location text, lifecycle_stage text);
      create table experiment_tags (key text, value text, experiment_id integer);
      create table runs (run_uuid text primary key, name text, source_type text, user_id text, status text, start_time bigint,
        end_time bigint, lifecycle_stage text, artifact_uri text, experiment_id integer);
      create table tags (key text, value text, run_uuid text);
      create table params (key text, value text, run_uuid text);
      create table metrics (key text, value float, timestamp bigint, run_uuid text, step bigint, is_nan boolean);
      create table registered_models (name text primary key, creation_time bigint, last_updated_time bigint, description text);
      create table model_versions (name text, version integer, creation_time bigint, last_updated_time bigint, description text,
        user_id text, current_stage text, source text, run_id text, status text, status_message text, run_link text);
      insert into experiments values (1, 'first', './mlruns/1', 'active');
      insert into runs values ('${RUN}', '', 'LOCAL', 'bob', 'FAILED', 1, 2, 'deleted', './mlruns/1/${RUN}/artifacts', 1);
      insert into tags values ('mlflow.runName', 'named', '${RUN}');
      insert into metrics values ('b', 0, 10, '${RUN}', 0, true), ('a', 1.7976931348623157e308, 20, '${RUN}', 1, false), ('a', 2, 10, '${RUN}', 0, false);
      insert into registered_models values ('wine', 1, null, null);
      insert into model_versions values ('wine', 1, 1, null, null, null, 'Production', './mlruns/1/${RUN}/artifacts/model', '${RUN}', 'READY', null, null),
        ('wine', 2, 1, null, null, null, 'Deleted_Internal', '', '', 'READY', null, null);`,
    );
    const source = await mlflowDatabase(url, 'default', { base: home });
    const [run] = await runsOf(source);
    expect(run).toMatchObject({
      name: 'named',
      status: 'FAILED',
      lifecycle: 'deleted',
      points: {
        a: { steps: [0, 1], times: [10, 20], values: [2, Number.MAX_VALUE] },
        b: { steps: [0], values: ['NaN'] },
      },
    });
    const [experiment] = await all(source.experiments());
    if (!experiment) throw new Error('There is no experiment.');
    expect(await all(source.models?.(experiment) ?? runsNone())).toEqual([]);
    expect(await all(source.traces?.(experiment) ?? runsNone())).toEqual([]);
    expect(await all(source.registered?.() ?? runsNone())).toMatchObject([
      { name: 'wine', last_version: 2, versions: [{ version: 1, stage: 'Production', run_id: RUN }] },
    ]);
    await source.close?.();
  });

  it('of another make is refused with a way to go', async () => {
    await expect(mlflowDatabase('mysql://host/db', 'default', { base: home })).rejects.toMatchObject({
      hint: expect.stringContaining('mlflow server'),
    });
  });
});

/** The URL of a new database that the statements have made, as MLflow writes it. */
async function fill(engine: Engine, statements: string): Promise<string> {
  if (engine === 'sqlite') {
    const database = new Sqlite(join(home, 'old.db'));
    database.exec(statements);
    database.close();
    return `sqlite:///${join(home, 'old.db')}`;
  }
  const url = await freshPostgres();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statements);
  await client.end();
  return url.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:');
}

async function* runsNone(): AsyncGenerator<never> {}

describe('files', () => {
  it('of a run are those in its own folder, and plain', async () => {
    put(`store/1/${RUN}/artifacts/a#b.txt`, 'x');
    put('secret', 'y');
    symlinkSync(join(home, 'secret'), join(home, `store/1/${RUN}/artifacts/link`));
    const at = (location: string, owner = RUN) => all(filesAt(location, { base: home }, owner).list());
    const found = await at(`store/1/${RUN}/artifacts`);
    expect(found.map(({ path }) => path).sort()).toEqual(['a#b.txt', 'link']);
    await expect(found.find(({ path }) => path === 'link')?.open()).rejects.toThrow('no plain file');
    expect(await at(`file://${home}/store/1/${RUN}/artifacts`)).toHaveLength(2);
    expect(await at(`store/2/${RUN}/artifacts`)).toEqual([]);
    await expect(at(home)).rejects.toThrow('no folder of its own');
    await expect(at(`dbfs:/x/${RUN}`)).rejects.toThrow('cannot be read');
    await expect(at(`mlflow-artifacts:/1/${RUN}/artifacts`)).rejects.toThrow('--artifacts-destination');
    const destination = join(home, 'store');
    const kept = filesAt(`mlflow-artifacts:/1/${RUN}/artifacts`, { base: home, destination }, RUN);
    expect(await all(kept.list())).toHaveLength(2);
  });
});

describe('spans', () => {
  it('are read in the forms of both versions, with every digit of their times', () => {
    const three = spansOfFile(
      `{"spans":[{"trace_id":"esHiJxxFCRadoAzyMAAb/A==","span_id":"5YcdM3uy7RY=","parent_span_id":null,"name":"a",
      "start_time_unix_nano": 1795974711659671589,"end_time_unix_nano": 1795974711660523885,"status":{"code":"STATUS_CODE_OK","message":""},
      "attributes":{"k":"\\"v\\"","f":"1.0"}}]}`,
    );
    expect(three).toMatchObject([
      {
        span_id: 'e5871d337bb2ed16',
        parent_id: null,
        status: 'OK',
        attributes: { k: '"v"', f: '1.0' },
        body: { start: '1795974711659671589', end: '1795974711660523885' },
      },
    ]);
    const two = spansOfFile(
      `{"spans":[{"name":"b","context":{"span_id":"0x00000000000000ab","trace_id":"0x1"},"parent_id":"0x00000000000000cd",
      "start_time": 1795974711659671589,"end_time":null,"status_code":"ERROR","status_message":"no","attributes":{"k":"plain"}}]}`,
    );
    expect(two).toMatchObject([
      {
        span_id: '00000000000000ab',
        parent_id: '00000000000000cd',
        status: 'ERROR',
        attributes: { k: '"plain"' },
        body: { start: '1795974711659671589', end: null, message: 'no' },
      },
    ]);
  });
});

describe('a series', () => {
  it('has one digest for one set of points, whatever their order', () => {
    const points = Array.from({ length: 1000 }, (_, index) => [index % 100, index % 7, index % 5] as const);
    const buffer = (list: readonly (readonly [number, number, number])[]) => {
      const made = new SeriesBuffer();
      for (const point of list) made.add(...point);
      return made.settle();
    };
    const one = buffer(points);
    expect(buffer([...points, ...points].reverse())).toEqual(one);
    expect(one.points).toBe(new Set(points.map(String)).size);
    expect(buffer(points.slice(1, 400)).digest).not.toBe(one.digest);
    expect(buffer([...points, [0, -1, 0], [2 ** 60, 0, 0]])).toEqual({ ...one, dropped: 2 });
    expect(buffer([[0, 0, -0]]).digest).toBe(buffer([[0, 0, 0]]).digest);
    expect(buffer([[0, 0, Infinity]]).digest).toBe(buffer([[0, 0, Number.MAX_VALUE]]).digest);
    expect(buffer([[0, 0, Number.NaN]]).digest).not.toBe(buffer([[0, 0, 0]]).digest);
  });
});

describe('the journal', () => {
  it('remembers whole lines only, one import apart from another', () => {
    const environment = { XDG_STATE_HOME: join(home, 'state') };
    const of = { url: 'http://x', project: 'p', source: 's' };
    const done = { run_id: RUN, mark: 'm', digest: 'd', params: 'p', tags: 't', points: 3 };
    const journal = new ImportJournal(of, environment);
    journal.add(done);
    appendFileSync(join(journal.folder, 'runs.ndjson'), '{"run_id":"cut');
    const again = new ImportJournal(of, environment);
    expect(again.find(RUN)).toEqual(done);
    expect(new ImportJournal({ ...of, project: 'other' }, environment).find(RUN)).toBeUndefined();
    again.add({ ...done, run_id: 'b' });
    expect(new ImportJournal(of, environment).find('b')).toBeDefined();
    again.forget();
    expect(new ImportJournal(of, environment).find(RUN)).toBeUndefined();
  });
});
