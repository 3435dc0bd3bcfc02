import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linearModel } from '../../test/harness/onnx.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { Rondo } from '../sdk/index.ts';
import { urn, urnIn } from '../lib/urn.ts';

const PROJECT = 'delays';
const COMMIT = 'c0ffee'.padEnd(40, '0');
const MODEL = 'late';
const INPUTS = [
  { name: 'a', type: 'double' as const },
  { name: 'b', type: 'double' as const },
];

/** What a small project leaves behind: one dataset, three runs, two versions, two endpoints. */
describe('evidence of a running server', () => {
  let server: TestServer;
  let rondo: Rondo;
  let gateway: string;
  let dataset: { version: number; digest: string };
  const runs: string[] = [];

  beforeAll(async () => {
    server = await testServer();
    rondo = new Rondo({ url: server.url, token: server.token, project: PROJECT });
    await rondo.projects.applyProject({
      body: {
        project: PROJECT,
        environments: [
          { name: 'dev', endpoint: '{model}-dev' },
          { name: 'prod', protected: true, after: 'dev', endpoint: '{model}' },
        ],
      } as never,
    });
    dataset = await importRows();
    for (const [index, bias] of [0.5, 0.25].entries()) await train(`first-${index}`, bias, true);
    await train('without provenance', 0.1, false);
    for (let ready = false; !ready; ) {
      const { gateway: url } = await rondo.server.getStatus({});
      ready = url !== null;
      gateway = url ?? '';
      if (!ready) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  afterAll(() => server.end());

  async function importRows(): Promise<{ version: number; digest: string }> {
    const { digest } = await rondo.uploadBlob(new Blob(['a,b,late\n1,2,0\n3,4,1\n5,6,1\n']));
    const { job } = await rondo.datasets.importVersion({
      params: { name: 'rows' },
      body: { files: [{ digest, format: 'csv', name: 'rows.csv' }] } as never,
    });
    for (;;) {
      const state = await rondo.datasets.getImport({ params: { name: 'rows', job } });
      if (state.error) throw new Error(state.error);
      if (state.state === 'done') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { versions } = await rondo.datasets.listDatasetVersions({ params: { name: 'rows' }, query: {} });
    return versions[0] as { version: number; digest: string };
  }

  async function logRun(name: string, loss: number, tags: Record<string, string>) {
    const run = await rondo.startRun({ experiment: 'late', name, params: { seed: 1 }, tags });
    const source = urnIn(PROJECT, 'dataset-version', 'rows', dataset.version);
    await run.logDataset({ name: 'rows', digest: dataset.digest, source }, 'training');
    await run.logMetric('loss', loss);
    return run;
  }

  async function train(name: string, bias: number, whole: boolean): Promise<void> {
    const run = whole
      ? await logRun(name, 0.5, { 'mlflow.source.git.commit': COMMIT })
      : await rondo.startRun({ experiment: 'late', name });
    runs.push(run.id);
    const { model_id } = await run.logModel({
      name: 'model',
      flavor: 'onnx',
      bytes: linearModel([0.25, 0.5], bias),
      signature: { inputs: INPUTS, outputs: [{ name: 'y', type: 'double' }] },
    });
    await run.end();
    await rondo.registerModel(MODEL, { model_id, run_id: run.id });
  }

  /** The criterion as it is found now. */
  async function finding(id: string) {
    await rondo.maturity.reportCi({ body: { commit: COMMIT, suite: 'unit', passed: 3, failed: 0 } as never });
    const { criteria } = await rondo.maturity.getMaturity({});
    return criteria.find((criterion) => criterion.id === id);
  }

  it('counts runs, versions and CI results as they are', async () => {
    expect(await finding('runs-carry-commit')).toMatchObject({ found: 2, total: 3, state: 'partial' });
    expect(await finding('ci-on-commit')).toMatchObject({ found: 1, proofs: [urn('commit', COMMIT)] });
    // No pipeline ran these and no file pins their environment, so none can be made again.
    expect(await finding('versions-complete')).toMatchObject({ found: 0, total: 3 });
    expect(await finding('trainings-by-rule')).toMatchObject({ found: 0, state: 'fail' });
    expect(await finding('freshness-objective')).toMatchObject({ found: 0, total: 0, state: 'fail' });
    expect(await finding('availability')).toMatchObject({ found: null, state: 'fail' });
  });

  it('takes a run as repeated when data and metrics are the same, and not when they differ', async () => {
    const [first = '', second = ''] = runs;
    const off = await logRun('off', 0.51, { 'rondo.reproduces': first });
    await off.end();
    expect(await finding('run-reproduced')).toMatchObject({ found: 0, state: 'fail' });
    const near = await logRun('near', 0.50001, { 'rondo.reproduces': second });
    expect(await finding('run-reproduced')).toMatchObject({ found: 0 });
    await near.end();
    expect(await finding('run-reproduced')).toMatchObject({ found: 1, proofs: [urn('run', second)] });
  });

  it('walks from an answer to the file that its data came from', async () => {
    const deploy = (version: number) =>
      rondo.serving.deploy({
        params: { endpoint: `${MODEL}-dev` },
        body: { environment: 'dev', model: MODEL, version } as never,
      });
    await deploy(1);
    const response = await fetch(`${gateway}/endpoints/${MODEL}-dev/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dataframe_records: [{ a: 1, b: 2 }] }),
    });
    expect(response.status).toBe(200);
    const id = response.headers.get('x-rondo-prediction-id') as string;
    const graph = await rondo.lineage.walkLineage({ query: { of: id, direction: 'up' } } as never);
    expect(graph.gaps).toEqual([]);
    const kinds = graph.nodes.map((node) => node.urn.split(':')[1]);
    for (const kind of [
      'prediction',
      'deployment',
      'endpoint',
      'model-version',
      'run',
      'commit',
      'dataset-version',
      'blob',
    ])
      expect(kinds).toContain(kind);
    expect(graph.nodes.find((node) => node.urn.startsWith('rondo:blob:'))?.title).toBe('rows.csv');

    const ghost = await rondo.lineage.walkLineage({
      query: { of: `${MODEL}-dev.1.9.9`, direction: 'up' },
    } as never);
    expect(ghost.gaps.map((gap) => gap.urn)).toEqual([urn('prediction', `${MODEL}-dev.1.9.9`)]);

    await deploy(2);
    await rondo.serving.rollBack({ params: { endpoint: `${MODEL}-dev` }, body: {} });
    expect(await finding('rollback-exercised')).toMatchObject({ found: 1, state: 'pass' });
    expect(await finding('deployed-by-token')).toMatchObject({ found: 3, total: 3, state: 'pass' });
    expect(await finding('promoted-through-gates')).toMatchObject({ found: 0, total: 0, state: 'fail' });
  });

  it('knows how fresh the views are that state an objective', async () => {
    const view = (name: string) => ({
      name,
      source: 'rows',
      sql: 'select now()::timestamp as event_time, a as x from source',
      freshness_ms: 3_600_000,
      features: [{ name: 'x' }],
    });
    const push = (name: string, ages: number[]) =>
      rondo.features.pushRows({
        params: { name },
        body: { rows: ages.map((age) => ({ event_time: Date.now() - age, values: { x: 1 } })) },
      });
    await rondo.features.applyFeatures({ body: { views: [view('fresh')] } as never });
    expect(await finding('freshness-objective')).toMatchObject({ found: 0, total: 1, state: 'fail' });
    // No moment of the week before may see an older value.
    await push(
      'fresh',
      Array.from({ length: 7 * 25 }, (_, hours) => hours * 3_500_000),
    );
    expect(await finding('freshness-objective')).toMatchObject({
      found: 1,
      total: 1,
      state: 'pass',
      proofs: [urnIn(PROJECT, 'feature-view', 'fresh', 1)],
    });
    await rondo.features.applyFeatures({ body: { views: [view('stale')] } as never });
    await push('stale', [2 * 3_600_000]);
    expect(await finding('freshness-objective')).toMatchObject({ found: 1, total: 2, state: 'partial' });
  });

  it('knows the share of false alarms from records, and from what a person says', async () => {
    expect(await finding('recovery-shown')).toMatchObject({ found: 0 });
    const endpoint = `${MODEL}-dev`;
    await rondo.monitoring.applyMonitor({
      params: { monitor: 'slow' },
      body: {
        kind: 'service',
        name: 'slow',
        endpoint,
        window_ms: 60_000,
        min_rows: 1,
        max_p99_ms: 0.000_001,
      } as never,
    });
    const through = Math.ceil(Date.now() / 60_000) * 60_000 + 60_000;
    await rondo.serving.settle({ params: { endpoint }, body: { through } });
    let alert = (await rondo.monitoring.listAlerts({})).alerts[0];
    for (let i = 0; i < 400 && !alert; i++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      [alert] = (await rondo.monitoring.listAlerts({})).alerts;
    }
    expect(alert).toMatchObject({ monitor: 'slow', outcome: { alarm: 'true', by: 'records' } });
    const params = { id: alert?.id ?? 0 };
    expect(await finding('recovery-shown')).toMatchObject({ found: 1, proofs: [urn('alert', params.id)] });
    const cli = (...words: string[]) =>
      promisify(execFile)(process.execPath, [
        'bin/rondo.js',
        '--url',
        server.url,
        '--token',
        server.token,
        '--project',
        PROJECT,
        'monitors',
        ...words,
      ]);
    await expect(cli('mark', String(params.id))).rejects.toMatchObject({ code: 2 });
    await cli('mark', String(params.id), '--false');
    expect((await cli('alerts')).stdout).toMatch(/slow +firing +false, says start token/);
    expect((await rondo.monitoring.listAlerts({})).alerts[0]).toMatchObject({
      outcome: { alarm: 'false', by: 'start token' },
    });
    expect(await finding('recovery-shown')).toMatchObject({ found: 1 });
    expect(await rondo.monitoring.markAlert({ params, body: { alarm: null } })).toMatchObject({
      outcome: { alarm: 'true', by: 'records' },
    });
    const elsewhere = { params: { ...params, project: 'default' } };
    await expect(rondo.monitoring.acknowledgeAlert(elsewhere)).rejects.toThrow('has no alert');
    await rondo.monitoring.acknowledgeAlert({ params });
    expect((await rondo.monitoring.listAlerts({})).alerts[0]).toMatchObject({ state: 'acknowledged' });
    await expect(
      rondo.monitoring.markAlert({ params: { id: params.id + 1 }, body: { alarm: 'true' } }),
    ).rejects.toThrow('has no alert');
  });

  it('sees a promotion that its gates refused as no release', async () => {
    const { id } = await rondo.releases.promote({ body: { model: MODEL, version: 1, to: 'prod' } as never });
    let state = 'checking';
    for (let i = 0; i < 400 && state !== 'refused'; i++) {
      const { promotions } = await rondo.releases.listPromotions({ query: { model: MODEL } });
      state = promotions.find((each) => each.environment === 'prod')?.state ?? state;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(state).toBe('refused');
    const graph = await rondo.lineage.walkLineage({
      query: { of: urn('promotion', id), direction: 'up' },
    } as never);
    expect(graph.gaps).toEqual([]);
    expect(await finding('lineage-complete')).toMatchObject({ found: 0, total: 0 });
    expect(await finding('environment-order')).toMatchObject({ found: 0, total: 0 });
  });
});
