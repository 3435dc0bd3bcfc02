import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../test/harness/database.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';

const RUNS = 1200;

/** The same answers whether a search runs in a reader thread (SQLite, many runs), on the pool, or in this thread. */
describe.each(ENGINES)('long reads on %s', (engine) => {
  let server: TestServer;
  const post = (path: string, body: unknown) => server.call('POST', `/api/2.0/mlflow/${path}`, body);
  const ids: string[] = [];
  let experiment: string;

  beforeAll(async () => {
    server = await testServer(engine);
    experiment = (await post('experiments/create', { name: 'many' })).body.experiment_id;
    const one = async (i: number) => {
      const created = await post('runs/create', { experiment_id: experiment, start_time: i });
      const run_id = created.body.run.info.run_id as string;
      ids[i] = run_id;
      const metrics = Array.from({ length: 5 }, (_, m) => ({
        key: `m${m}`,
        value: i * m,
        timestamp: i,
        step: 0,
      }));
      const params = [{ key: 'half', value: i % 2 === 0 ? 'even' : 'odd' }];
      const logged = await post('runs/log-batch', { run_id, metrics, params });
      if (logged.status !== 200) throw new Error(JSON.stringify(logged.body));
    };
    for (let start = 0; start < RUNS; start += 100)
      await Promise.all(Array.from({ length: 100 }, (_, i) => one(start + i)));
  }, 120_000);
  afterAll(() => server.end());

  it('answers pages in order, with everything of each run', async () => {
    const seen: string[] = [];
    let page_token: string | undefined;
    do {
      const { body } = await post('runs/search', {
        experiment_ids: [experiment],
        max_results: 500,
        page_token,
      });
      for (const run of body.runs) {
        const i = ids.indexOf(run.info.run_id as string);
        expect(run.data.metrics).toHaveLength(5);
        expect(run.data.metrics[4]).toMatchObject({ key: 'm4', value: i * 4 });
        expect(run.data.params).toEqual([{ key: 'half', value: i % 2 === 0 ? 'even' : 'odd' }]);
        seen.push(run.info.run_id as string);
      }
      page_token = body.next_page_token;
    } while (page_token);
    expect(seen).toEqual([...ids].reverse());
  });

  it('sees what was committed a moment ago', async () => {
    for (let i = 0; i < 20; i++) {
      await post('runs/set-tag', { run_id: ids[i], key: 'mark', value: `v${i}` });
      const { body } = await post('runs/search', {
        experiment_ids: [experiment],
        filter: `tags.mark = 'v${i}'`,
      });
      expect(body.runs).toMatchObject([{ info: { run_id: ids[i] } }]);
    }
  });

  it('refuses as it does in this thread', async () => {
    const wrong = await post('runs/search', { experiment_ids: [experiment], filter: 'metrics.m1 >> 3' });
    expect(wrong).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
    const none = await post('runs/search', { experiment_ids: [experiment], filter: "params.half = 'none'" });
    expect(none).toMatchObject({ status: 200, body: {} });
    expect(none.body.runs).toBeUndefined();
  });

  it('answers the histories of several runs', async () => {
    const query = ids.slice(0, 50).map((id) => `run_id=${id}`);
    const { body } = await server.call(
      'GET',
      `/ajax-api/2.0/mlflow/metrics/get-history-bulk?${query.join('&')}&metric_key=m2`,
    );
    expect(body.metrics).toHaveLength(50);
    expect(body.metrics.map((point: { run_id: string }) => point.run_id)).toEqual(ids.slice(0, 50).sort());
  });

  it.runIf(engine === 'sqlite')(
    'uses threads of its own, two at most, and none for a small experiment',
    async () => {
      const other = await testServer();
      const started: unknown[] = [];
      const count = (worker: unknown) => started.push(worker);
      process.on('worker', count);
      try {
        const ask = (to: TestServer, experiment_ids: string[]) =>
          to.call('POST', '/api/2.0/mlflow/runs/search', { experiment_ids, max_results: 1000 });
        await other.call('POST', '/api/2.0/mlflow/runs/create', { experiment_id: '0' });
        expect((await ask(other, ['0'])).body.runs).toHaveLength(1);
        expect(started).toHaveLength(0);
        const pages = await Promise.all(Array.from({ length: 8 }, () => ask(server, [experiment])));
        for (const { body } of pages) expect(body.runs).toHaveLength(1000);
        expect(started.length).toBeLessThanOrEqual(2);
      } finally {
        process.off('worker', count);
        await other.end();
      }
    },
  );
});
