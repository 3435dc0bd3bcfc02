import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshPostgres } from './harness/database.ts';
import { linearModel } from './harness/onnx.ts';
import { endGateway, type ServerProcess, serverProcess } from './harness/process.ts';
import { Rondo } from '../src/sdk/index.ts';
import { stepOf, workshop } from './pipelines/harness.ts';

/** One step, which waits for a file. */
const WAITING = `
import { pipeline, step, value, z } from 'rondo';
import { existsSync } from 'node:fs';
const long = step('long', {
  cache: false,
  in: { folder: z.string() },
  out: { n: value(z.number()) },
  run: async ({ inputs, attempt }) => {
    while (!existsSync(inputs.folder + '/go')) await new Promise((resolve) => setTimeout(resolve, 20));
    return { n: attempt.number };
  },
});
export default pipeline('long', { params: z.object({ folder: z.string() }) }, (p) => { long({ folder: p.params.folder }); });
`;

/** Two servers on one PostgreSQL and one folder of artifacts; each has a data folder and a gateway of its own. */
describe('two replicas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-replicas-'));
  let one: ServerProcess;
  let two: ServerProcess;
  let databaseUrl: string;

  beforeAll(async () => {
    databaseUrl = await freshPostgres();
    // Both at once: they also migrate at once.
    [one, two] = await Promise.all([start('one'), start('two')]);
  });
  afterAll(async () => {
    await Promise.all(started.map((server) => server.stop()));
    for (const { data } of started) await endGateway(data);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const started: ServerProcess[] = [];
  const start = async (name: string) => {
    const places = { databaseUrl, artifactsUrl: pathToFileURL(join(folder, 'shared')).href };
    const server = await serverProcess(join(folder, name), places);
    started.push(server);
    return server;
  };
  const query = async <T>(text: string): Promise<T[]> => {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows as T[];
  };
  const until = async (test: () => Promise<boolean> | boolean) => {
    while (!(await test())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const importRows = async (rondo: Rondo, name: string, rows: string) => {
    const { digest } = await rondo.datasets.uploadBlob({}, { stream: new Blob([rows]) });
    const files = [{ digest, format: 'csv' as const, name: `${name}.csv` }];
    return rondo.datasets.importVersion({ params: { name }, body: { files } });
  };
  /** y = 2 · input + 1, behind an endpoint of its name. */
  const serveLine = async (rondo: Rondo, name: string, input: string, featureService?: string) => {
    const run = await rondo.startRun({ experiment: 'models', name });
    const signature = {
      inputs: [{ name: input, type: 'float' as const }],
      outputs: [{ name: 'y', type: 'float' as const }],
    };
    const { model_id } = await run.logModel({
      name: 'model',
      flavor: 'onnx',
      bytes: linearModel([2], 1),
      signature,
      ...(featureService ? { featureService } : {}),
    });
    await run.end();
    await rondo.registerModel(name, { model_id, run_id: run.id });
    await rondo.serving.deploy({
      params: { endpoint: name },
      body: { environment: 'dev', model: name, version: 1 },
    });
  };
  const ask = async (server: ServerProcess, endpoint: string, record: object) => {
    const answer = await fetch(`${await server.gateway()}/endpoints/${endpoint}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dataframe_records: [record] }),
    });
    const id = answer.headers.get('x-rondo-prediction-id');
    return { status: answer.status, id, body: (await answer.json()) as { predictions?: number[] } };
  };
  const settled = async (server: ServerProcess) => {
    while (!(await server.rondo.server.getWork({})).quiet)
      await new Promise((resolve) => setTimeout(resolve, 50));
  };

  it('read at once what the other wrote', async () => {
    for (let i = 0; i < 5; i++) {
      const [writer, reader] = i % 2 === 0 ? [one, two] : [two, one];
      const run = await writer.rondo.startRun({ experiment: `e${i}`, name: `r${i}`, background: false });
      await run.logMetric('m', i);
      await run.logArtifact('note.txt', `hello ${i}`);
      const got = await fetch(`${reader.url}/api/2.0/mlflow/runs/get?run_id=${run.id}`);
      expect(await got.json()).toMatchObject({ run: { data: { metrics: [{ key: 'm', value: i }] } } });
      const file = await fetch(`${reader.url}/get-artifact?run_id=${run.id}&path=note.txt`);
      expect(await file.text()).toBe(`hello ${i}`);
    }
  });

  it('tell each other what happens, facts and live signals', async () => {
    const stop = new AbortController();
    const answer = await fetch(`${two.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${two.token}` },
      signal: stop.signal,
    });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    const until = async (part: string) => {
      while (!text.includes(part)) text += new TextDecoder().decode((await reader.read()).value);
    };
    await until('hello');
    const run = await one.rondo.startRun({ experiment: 'told', name: 'told' });
    await run.logMetric('m', 1);
    await until('run.started');
    await until(`"topic":"run:${run.id}"`);
    stop.abort();
    await reader.cancel().catch(() => {});
  });

  it('run each job once, and hear each event once', async () => {
    const rows = (i: number) => `n\n${Array.from({ length: 20 }, (_, row) => row * i).join('\n')}\n`;
    const imports = Array.from({ length: 8 }, async (_, i) => {
      await importRows((i % 2 === 0 ? one : two).rondo, `d${i}`, rows(i + 1));
    });
    await Promise.all(imports);
    await settled(one);
    await settled(two);
    const jobs = await query<{ attempts: string; state: string }>(
      "select attempts, state from jobs where kind = 'datasets.import' or kind like 'dataset%import%'",
    );
    expect(jobs).toHaveLength(8);
    for (const job of jobs) expect(job).toMatchObject({ attempts: '1', state: 'done' });
    const { datasets } = await two.rondo.datasets.listDatasets({});
    expect(datasets.map((dataset) => dataset.latest?.version)).toEqual(Array.from({ length: 8 }, () => 1));
    // One cursor per subscriber, and one owner of it.
    const cursors = await query<{ subscriber: string }>('select subscriber from event_cursors');
    expect(new Set(cursors.map((row) => row.subscriber)).size).toBe(cursors.length);
    expect(await query('select 1 from event_failures')).toEqual([]);
  });

  it('serve what either deployed, with ids that never meet; one settles the logs of all', async () => {
    await serveLine(one.rondo, 'line', 'x');
    await until(async () => (await ask(two, 'line', { x: 1 })).status === 200);
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) {
      for (const server of [one, two]) {
        const { status, id } = await ask(server, 'line', { x: 1 });
        expect(status).toBe(200);
        ids.push(String(id));
      }
    }
    expect(new Set(ids).size).toBe(20);
    // The last answer lies in the open segment of the other's gateway.
    const asked = await one.rondo.serving.getPrediction({ params: { id: ids.at(-1) as string } });
    expect(asked.prediction).toMatchObject({ prediction_id: ids.at(-1) });
    for (const server of [one, two]) ids.push(String((await ask(server, 'line', { x: 1 })).id));
    const settled = await one.rondo.serving.settle({ params: { endpoint: 'line' }, body: {} });
    expect(settled).toMatchObject({ through: expect.any(Number), away: [] });
    const { predictions } = await two.rondo.serving.listPredictions({ params: { endpoint: 'line' } });
    const logged = predictions.map((row) => String(row.prediction_id));
    expect(new Set(logged).size).toBe(logged.length);
    expect(ids.filter((id) => !logged.includes(id))).toEqual([]);
    const revisions = await query<{ n: number }>('select count(*)::int as n from route_revisions');
    expect(revisions).toEqual([{ n: 1 }]);
  });

  it('move the clock of an endpoint in steps that meet, whoever settles', async () => {
    await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        (i % 2 === 0 ? one : two).rondo.serving.settle({
          params: { endpoint: 'line' },
          body: { through: Date.now() + i },
        }),
      ),
    );
    const steps = await query<{ data: string }>(
      "select data from events where type = 'predictions.settled' order by id",
    );
    const spans = steps.map(({ data }) => JSON.parse(data) as { from: number | null; through: number });
    expect(spans.length).toBeGreaterThan(1);
    expect(spans.slice(1).map(({ from }) => from)).toEqual(spans.slice(0, -1).map(({ through }) => through));
  });

  it('bring the values of feature views to the gateways of all, by project, also to one that was emptied', async () => {
    const other = new Rondo({ url: one.url, token: one.token, project: 'other' });
    await other.projects.applyProject({
      body: { project: 'other', title: 'Other', environments: [{ name: 'dev' }] } as never,
    });
    const at = Date.now() - 3_600_000;
    const define = async (rondo: Rondo, feature: string) =>
      rondo.features.applyFeatures({
        body: {
          entities: [{ name: 'city', join_key: 'city' }],
          views: [
            {
              name: 'weather',
              entity: 'city',
              source: 'weather',
              sql: `select city as key, ${at}::bigint as event_time, level as ${feature} from source`,
              features: [{ name: feature }],
            },
          ],
          services: [
            {
              name: 'now',
              request: [{ name: 'city', type: 'string' }],
              joins: [{ view: 'weather', key: { column: 'city' }, features: [feature] }],
            },
          ],
        } as never,
      });
    const push = (rondo: Rondo, key: string, values: Record<string, number>) =>
      rondo.features.pushRows({
        params: { name: 'weather' },
        body: { rows: [{ key, event_time: at + 1000, values }] },
      });
    await importRows(one.rondo, 'weather', 'city,level\nUlm,3\n');
    await settled(one);
    await define(one.rondo, 'rain');
    await define(other, 'snow');
    const { job } = await one.rondo.features.materialiseView({ params: { name: 'weather' }, body: {} });
    await until(
      async () => (await two.rondo.features.getMaterialisation({ params: { job } })).state === 'done',
    );
    await push(two.rondo, 'Bonn', { rain: 5 });
    await serveLine(one.rondo, 'rain', 'rain', 'now@1');
    await serveLine(other, 'snow', 'snow', 'now@1');
    await push(other, 'Ulm', { snow: 7 });
    const answers = async (server: ServerProcess, endpoint: string, city: string, y: number) =>
      until(async () => (await ask(server, endpoint, { city })).body.predictions?.[0] === y);
    const both = async (endpoint: string, city: string, y: number) => {
      for (const server of [one, two]) await answers(server, endpoint, city, y);
    };
    await both('rain', 'Ulm', 7);
    await both('rain', 'Bonn', 11);
    await both('snow', 'Ulm', 15);
    await push(one.rondo, 'Rome', { rain: 1 });
    await push(two.rondo, 'Oslo', { rain: 2 });
    await both('rain', 'Rome', 3);
    await both('rain', 'Oslo', 5);

    await two.stop();
    rmSync(join(two.data, 'gateway', 'features'), { recursive: true });
    await push(one.rondo, 'Bern', { rain: 4 });
    two = await start('two');
    for (const [city, y] of Object.entries({ Ulm: 7, Bonn: 11, Rome: 3, Oslo: 5, Bern: 9 }))
      await answers(two, 'rain', city, y);
    await answers(two, 'snow', 'Ulm', 15);
  });

  it('fire a schedule once for each of its times', async () => {
    const rule = {
      name: 'often',
      when: { schedule: '* * * * * *' },
      do: [{ action: 'notify', text: 'now' }],
    };
    await one.rondo.automation.applyRule({ params: { rule: 'often' }, body: rule as never });
    const due = () =>
      query<{ data: string }>("select data from events where type = 'schedule.due' order by id");
    const fired = () => query<{ event_id: string }>("select event_id from firings where rule = 'often'");
    await until(async () => (await fired()).length >= 4);
    await two.rondo.automation.removeRule({ params: { rule: 'often' } });
    await settled(one);
    const times = (await due()).map(({ data }) => (JSON.parse(data) as { due_at: number }).due_at);
    expect(new Set(times).size).toBe(times.length);
    const heard = (await fired()).map(({ event_id }) => event_id);
    expect(new Set(heard).size).toBe(heard.length);
    // A time that came due while the rule was removed may be heard when the rule is gone.
    expect(times.length - heard.length).toBeLessThanOrEqual(1);
    expect(times.length).toBeGreaterThanOrEqual(heard.length);
  });

  it('leave the steps of others on their machine alone when they start', async () => {
    const shop = workshop({ url: one.url, token: one.token });
    await shop.apply(WAITING);
    const run = await shop.start('long', { folder: shop.folder });
    let pid = 0;
    await until(async () => {
      const [row] = await query<{ handle: string | null }>(
        `select handle from step_attempts a join step_runs s on s.id = a.step_run where s.run = '${run}'`,
      );
      pid = row?.handle ? (JSON.parse(row.handle) as { pid: number }).pid : 0;
      return pid > 0;
    });
    // It sends no heart-beat while it is stopped, so that nobody but who took it up moves its lease.
    process.kill(pid, 'SIGSTOP');
    const lease = Date.now() + 3_600_000;
    await query(`update step_runs set lease_until = ${lease} where run = '${run}'`);
    const three = await start('three');
    const held = await query(`select lease_until from step_runs where run = '${run}'`);
    expect(held).toEqual([{ lease_until: String(lease) }]);
    await three.stop();
    process.kill(pid, 'SIGCONT');
    writeFileSync(join(shop.folder, 'go'), '');
    expect(stepOf(await shop.settled(run), 'long')).toMatchObject({ state: 'done', attempt: 1 });
    shop.end();
  });

  it('take over what one was doing when it is killed: events, jobs and a step, each with one result', async () => {
    // Whoever holds the subscribers is the one to die.
    const holders = await query<{ subscriber: string; owner: string }>(
      'select subscriber, owner from event_cursors where owner is not null',
    );
    const owner = holders[0]?.owner ?? '';
    const isOwner = (server: ServerProcess) => owner.startsWith(`${hostname()}:${server.pid}:`);
    const [dying, living] = isOwner(one) ? [one, two] : [two, one];
    expect(isOwner(dying)).toBe(true);

    const shop = workshop({ url: dying.url, token: dying.token });
    await shop.apply(WAITING);
    const runs = async () => readdirSync(join(dying.data, 'steps')).length;
    let run = '';
    for (let before = 0; run === ''; ) {
      before = existsSync(join(dying.data, 'steps')) ? await runs() : 0;
      const id = await shop.start('long', { folder: shop.folder });
      await shop.settled(id, (item) => stepOf(item, 'long').state === 'running');
      await until(async () => (await query('select 1 from step_attempts where handle is null')).length === 0);
      if ((await runs()) > before) run = id;
      else await shop.rondo.pipelines.cancelPipelineRun({ params: { run: id } });
    }

    // Imports that wait for a lock of the database: two of the dying one's, as many as it runs at a time, and two of the other's.
    const { default: pg } = await import('pg');
    const lock = new pg.Client({ connectionString: databaseUrl });
    await lock.connect();
    await lock.query('begin');
    await lock.query('lock table dataset_versions in share row exclusive mode');
    for (let i = 0; i < 4; i++) await importRows((i % 2 === 0 ? one : two).rondo, `held${i}`, `n\n${i}\n`);
    const imports = () =>
      query<{ id: string; state: string; owner: string; attempts: string }>(
        "select id, state, owner, attempts from jobs where kind = 'datasets.import' and payload like '%held%'",
      );
    await until(async () => (await imports()).filter(({ state }) => state === 'running').length === 4);
    const taken = (await imports()).filter((job) => job.owner.startsWith(`${hostname()}:${dying.pid}:`));
    expect(taken).toHaveLength(2);

    await dying.kill();
    // As if the time of the leases had gone by.
    const past = Date.now() - 1;
    const ids = taken.map(({ id }) => `'${id}'`).join(', ');
    await query(`update jobs set lease_until = ${past} where id in (${ids})`);
    await query(`update event_cursors set lease_until = ${past} where owner = '${owner}'`);
    await query(`update step_runs set lease_until = ${past} where state = 'running'`);
    await lock.query('rollback');
    await lock.end();

    const after = await living.rondo.startRun({ experiment: 'after', name: 'after' });
    await after.end();
    await shop.settled(run, (item) => stepOf(item, 'long').attempt === 2, living.rondo);
    writeFileSync(join(shop.folder, 'go'), '');
    const ended = await shop.settled(run, undefined, living.rondo);
    expect(ended.state).toBe('done');
    await settled(living);

    const owners = await query<{ owner: string }>('select distinct owner from event_cursors');
    expect(owners).toEqual([{ owner: expect.stringContaining(`${hostname()}:${living.pid}:`) }]);
    expect(await query('select 1 from event_failures')).toEqual([]);
    for (const job of await imports())
      expect(job).toMatchObject({
        state: 'done',
        attempts: taken.some(({ id }) => id === job.id) ? '2' : '1',
      });
    const versions = await query<{ dataset: string; n: number }>(
      "select dataset, count(*)::int as n from dataset_versions where dataset like 'held%' group by dataset order by dataset",
    );
    expect(versions).toEqual([0, 1, 2, 3].map((i) => ({ dataset: `held${i}`, n: 1 })));
    const attempts = await query<{ state: string }>(
      `select a.state from step_attempts a join step_runs s on s.id = a.step_run where s.run = '${run}' order by a.attempt`,
    );
    expect(attempts.map(({ state }) => state)).toEqual(['lost', 'done']);
    expect(
      await query(`select 1 from events where type = 'pipeline.run.ended' and data like '%${run}%'`),
    ).toHaveLength(1);

    // The gateway of the dead one still answers; what it holds is named.
    const { status, id } = await ask(dying, 'line', { x: 1 });
    expect(status).toBe(200);
    await query(`update gateways set alive_until = ${past} where place like '%${dying.data}%'`);
    const { away } = await living.rondo.serving.settle({ params: { endpoint: 'line' }, body: {} });
    expect(away).toEqual([
      expect.objectContaining({ place: `${hostname()}:${join(dying.data, 'gateway')}` }),
    ]);
    const lost = living.rondo.serving.getPrediction({ params: { id: String(id) } });
    await expect(lost).rejects.toMatchObject({ code: 'PREDICTION_UNKNOWN', message: /is away/ });

    // Back again, it imports what its gateway answered meanwhile.
    const back = await start(dying === one ? 'one' : 'two');
    if (dying === one) one = back;
    else two = back;
    const found = await living.rondo.serving.getPrediction({ params: { id: String(id) } });
    expect(found.prediction).toMatchObject({ prediction_id: id });
    const again = await living.rondo.serving.settle({ params: { endpoint: 'line' }, body: {} });
    expect(again.away).toEqual([]);
    shop.end();
  }, 60_000);

  it('leave nothing behind when one ends for good', async () => {
    const { id } = await ask(two, 'line', { x: 1 });
    await two.stop();
    const { prediction } = await one.rondo.serving.getPrediction({ params: { id: String(id) } });
    expect(prediction).toMatchObject({ prediction_id: id });
    const { away } = await one.rondo.serving.settle({ params: { endpoint: 'line' }, body: {} });
    expect(away).toEqual([]);
  });

  it('end when a newer Rondo has changed the database, and leave their gateways serving', async () => {
    await query("insert into rondo_migrations (number, name, applied_at) values (999999, 'later', 0)");
    const { code, said } = await one.ended;
    expect(code).toBe(1);
    expect(said).toMatch(/migration 999999 \(later\).*This server has ended; its gateway goes on serving/);
    expect((await ask(one, 'line', { x: 1 })).status).toBe(200);
    await expect(start('one')).rejects.toThrow(/written by a newer Rondo/);
    expect((await ask(one, 'line', { x: 1 })).status).toBe(200);
  });
});
