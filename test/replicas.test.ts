import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshPostgres } from './harness/database.ts';
import { linearModel } from './harness/onnx.ts';
import { endGateway, type ServerProcess, serverProcess } from './harness/process.ts';

/** Two servers on one PostgreSQL and one folder of artifacts; each has a data folder and a gateway of its own. */
describe('two replicas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-replicas-'));
  let one: ServerProcess;
  let two: ServerProcess;
  let databaseUrl: string;

  beforeAll(async () => {
    databaseUrl = await freshPostgres();
    const places = { databaseUrl, artifactsUrl: pathToFileURL(join(folder, 'shared')).href };
    // Both at once: they also migrate at once.
    [one, two] = await Promise.all(
      ['one', 'two'].map((name) => serverProcess(join(folder, name), places)) as [
        Promise<ServerProcess>,
        Promise<ServerProcess>,
      ],
    );
  });
  afterAll(async () => {
    await Promise.all([one.stop(), two.stop()]);
    await endGateway(one.data);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const query = async <T>(text: string): Promise<T[]> => {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows as T[];
  };
  const settled = async (server: ServerProcess) => {
    while (!(await server.rondo.server.getWork({})).quiet)
      await new Promise((resolve) => setTimeout(resolve, 50));
  };

  it('read at once what the other wrote', async () => {
    for (let i = 0; i < 5; i++) {
      const [writer, reader] = i % 2 === 0 ? [one, two] : [two, one];
      const run = await writer.rondo.startRun({ experiment: `e${i}`, name: `r${i}` });
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
      const { rondo } = i % 2 === 0 ? one : two;
      const stream = new Blob([rows(i + 1)]);
      const { digest } = await rondo.datasets.uploadBlob({}, { stream });
      const files = [{ digest, format: 'csv' as const, name: `d${i}.csv` }];
      await rondo.datasets.importVersion({ params: { name: `d${i}` }, body: { files } });
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

  it('serve what either deployed, with ids that never meet, and import each log once', async () => {
    const run = await one.rondo.startRun({ experiment: 'models', name: 'line' });
    const signature = {
      inputs: [{ name: 'x', type: 'float' as const }],
      outputs: [{ name: 'y', type: 'float' as const }],
    };
    const model = { name: 'model', flavor: 'onnx' as const, bytes: linearModel([2], 1), signature };
    const { model_id } = await run.logModel(model);
    await run.end();
    await two.rondo.registerModel('line', { model_id, run_id: run.id });
    await one.rondo.serving.deploy({
      params: { endpoint: 'line' },
      body: { environment: 'dev', model: 'line', version: 1 },
    });
    const ask = async (server: ServerProcess) =>
      fetch(`${await server.gateway()}/endpoints/line/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ dataframe_records: [{ x: 1 }] }),
      });
    while ((await ask(two)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) {
      for (const server of [one, two]) {
        const answer = await ask(server);
        expect(answer.status).toBe(200);
        ids.push(answer.headers.get('x-rondo-prediction-id') as string);
      }
    }
    expect(new Set(ids).size).toBe(20);
    for (const server of [one, two, one])
      await server.rondo.serving.settle({ params: { endpoint: 'line' }, body: {} });
    const { predictions } = await two.rondo.serving.listPredictions({ params: { endpoint: 'line' } });
    const logged = predictions.map((row) => String(row.prediction_id));
    expect(new Set(logged).size).toBe(logged.length);
    expect(ids.filter((id) => !logged.includes(id))).toEqual([]);
  });

  it('go on when one is killed: its subscriptions are taken over within the lease', async () => {
    const held = await query<{ owner: string }>(
      'select distinct owner from event_cursors where owner is not null',
    );
    expect(held.length).toBeGreaterThan(0);
    await one.kill();
    const began = Date.now();
    const run = await two.rondo.startRun({ experiment: 'after', name: 'after' });
    await run.end();
    await settled(two);
    expect(Date.now() - began).toBeLessThan(17_000);
    const owners = await query<{ owner: string }>(
      'select distinct owner from event_cursors where owner is not null',
    );
    expect(owners).toHaveLength(1);
  });
});
