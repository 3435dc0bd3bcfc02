import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linearModel } from '../../test/harness/onnx.ts';
import { testServer, type TestServer } from '../../test/harness/server.ts';
import { stepOf, workshop } from '../../test/pipelines/harness.ts';
import { Rondo } from '../sdk/index.ts';

const P = 'guarded';
const bin = fileURLToPath(new URL('../../bin/rondo.js', import.meta.url));

/** A step that tries every road with the credentials of its own attempt, and says what it was told. */
const INTRUDER = `
import { pipeline, step, value, z } from 'rondo';
const intrude = step('intrude', { out: { told: value(z.record(z.string(), z.string())) }, async run({ rondo }) {
  const mlflow = (path, body) => rondo
    .request('POST', '/api/2.0/mlflow/' + path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    .then(() => 'changed', (error) => error.status + ' ' + error.code + ' ' + error.message);
  const deployed = await rondo.serving.deploy({ params: { endpoint: 'late' }, body: { environment: 'prod', model: 'late', version: 5 } });
  const promoted = await rondo.releases.promote({ body: { model: 'late', version: 8, to: 'prod' } });
  return { told: {
    deploy: deployed.status,
    alias: await mlflow('registered-models/alias', { name: 'late', alias: 'champion', version: '6' }),
    stage: await mlflow('model-versions/transition-stage', { name: 'late', version: '7', stage: 'Production', archive_existing_versions: false }),
    promote: promoted.state,
  } };
} });
export default pipeline('intruder', {}, () => { intrude(); });
`;

/** Every road into a protected environment but the promotion itself ends in a promotion request. */
describe('a protected environment', () => {
  let server: TestServer;
  let rondo: Rondo;
  const workspace = { headers: { 'x-mlflow-workspace': P } };

  beforeAll(async () => {
    server = await testServer();
    rondo = new Rondo({ url: server.url, token: server.token, project: P });
    await rondo.projects.applyProject({
      body: {
        project: P,
        environments: [{ name: 'dev' }, { name: 'prod', protected: true, after: 'dev', endpoint: '{model}' }],
        protected_aliases: { champion: 'prod' },
      },
    });
    for (let version = 1; version <= 8; version++) {
      const run = await rondo.startRun({ experiment: 'e', name: `r${version}` });
      const { model_id } = await run.logModel({
        name: 'model',
        flavor: 'onnx',
        bytes: linearModel([version], 0),
        signature: { inputs: [{ name: 'x', type: 'float' }], outputs: [{ name: 'y', type: 'float' }] },
      });
      await run.end();
      await rondo.registerModel('late', { model_id, run_id: run.id });
    }
  });
  afterAll(() => server.end());

  const promotions = async (version: number) =>
    (await rondo.releases.listPromotions({ query: { model: 'late', version } })).promotions;
  const settled = async (version: number) => {
    for (;;) {
      const [promotion] = await promotions(version);
      if (promotion && promotion.state !== 'checking') return promotion;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const untouched = async () => {
    const { endpoints } = await rondo.serving.listEndpoints({});
    expect(
      endpoints.filter((endpoint) => endpoint.environment === 'prod' && endpoint.arms.length > 0),
    ).toEqual([]);
  };

  it('is not opened by the native API', async () => {
    const outcome = await rondo.serving.deploy({
      params: { endpoint: 'late' },
      body: { environment: 'prod', model: 'late', version: 1 },
    });
    expect(outcome).toMatchObject({
      status: 'requested',
      message: expect.stringContaining('promotion request') as string,
    });
    expect(
      await rondo.serving.deploy({
        params: { endpoint: 'late' },
        body: { environment: 'prod', model: 'late', version: 1 },
      }),
    ).toMatchObject({ status: 'requested' });
    expect(await settled(1)).toMatchObject({
      environment: 'prod',
      state: 'refused',
      sentence: expect.stringContaining('Gate "order" failed') as string,
    });
    await untouched();
  });

  it('is not opened by the command line', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      bin,
      '--url',
      server.url,
      '--token',
      server.token,
      '--project',
      P,
      'endpoints',
      'deploy',
      'late',
      '--model',
      'models:/late/2',
      '--env',
      'prod',
    ]);
    expect(stdout).toContain('promotion request');
    expect(await settled(2)).toMatchObject({ environment: 'prod', state: 'refused' });
    await untouched();
  });

  it('is not opened by an MLflow alias', async () => {
    const answer = await server.call(
      'POST',
      '/api/2.0/mlflow/registered-models/alias',
      { name: 'late', alias: 'champion', version: '3' },
      workspace,
    );
    expect(answer).toMatchObject({
      status: 403,
      body: {
        error_code: 'PERMISSION_DENIED',
        message: expect.stringMatching(
          /alias 'champion' is protected; promotion request \d+ was opened/,
        ) as string,
      },
    });
    expect(await settled(3)).toMatchObject({ environment: 'prod', state: 'refused' });
    const alias = await server.call(
      'GET',
      '/api/2.0/mlflow/registered-models/alias?name=late&alias=champion',
      undefined,
      workspace,
    );
    expect(alias.status).toBeGreaterThanOrEqual(400);
    await untouched();
  });

  it('is not opened by an MLflow stage', async () => {
    const answer = await server.call(
      'POST',
      '/api/2.0/mlflow/model-versions/transition-stage',
      { name: 'late', version: '4', stage: 'Production', archive_existing_versions: false },
      workspace,
    );
    expect(answer).toMatchObject({
      status: 403,
      body: {
        error_code: 'PERMISSION_DENIED',
        message: expect.stringContaining('promotion request') as string,
      },
    });
    expect(await settled(4)).toMatchObject({ environment: 'prod', state: 'refused' });
    await untouched();
  });

  it('is not opened by a step of a pipeline', async () => {
    const shop = workshop(server);
    try {
      await shop.apply(INTRUDER, rondo);
      const { id } = await rondo.pipelines.runPipeline({ params: { name: 'intruder' }, body: {} });
      const run = await shop.settled(id, undefined, rondo);
      expect(run).toMatchObject({ state: 'done', error: null });
      const { outputs } = await rondo.pipelines.getStepRun({
        params: { step_run: stepOf(run, 'intrude').id },
      });
      const refused = expect.stringMatching(
        /^403 PERMISSION_DENIED .*promotion request \d+ was opened/,
      ) as string;
      expect(outputs?.told).toEqual({
        deploy: 'requested',
        alias: refused,
        stage: refused,
        promote: 'checking',
      });
    } finally {
      shop.end();
    }
    for (const version of [5, 6, 7]) {
      expect(await settled(version)).toMatchObject({
        environment: 'prod',
        state: 'refused',
        requested_by: 'step intruder/intrude',
        sentence: expect.stringContaining('Gate "order" failed') as string,
      });
    }
    const aliased = '/api/2.0/mlflow/registered-models/alias?name=late&alias=champion';
    expect((await server.call('GET', aliased, undefined, workspace)).status).toBeGreaterThanOrEqual(400);
    const staged = '/api/2.0/mlflow/model-versions/get?name=late&version=7';
    expect((await server.call('GET', staged, undefined, workspace)).body.model_version).toMatchObject({
      current_stage: 'None',
    });
    // The proper request walks the environments in order: it may reach dev, and is judged before prod.
    for (;;) {
      const asked = (await promotions(8)).find((each) => each.environment === 'prod');
      if (asked && asked.state !== 'checking') {
        expect(asked).toMatchObject({ state: 'refused', requested_by: 'step intruder/intrude' });
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await untouched();
  });

  it('lets a rule ask, and refuses what no gate lets through', async () => {
    await rondo.automation.applyRule({
      params: { rule: 'eager' },
      body: {
        name: 'eager',
        when: { event: 'project.changed' },
        do: [{ action: 'request_promotion', model: 'late', version: 4, to: 'prod' }],
      },
    });
    const before = (await promotions(4)).length;
    await rondo.projects.applyProject({
      body: {
        project: P,
        title: 'changed',
        environments: [{ name: 'dev' }, { name: 'prod', protected: true, after: 'dev', endpoint: '{model}' }],
        protected_aliases: { champion: 'prod' },
      },
    });
    for (;;) {
      const all = await promotions(4);
      if (all.length > before && all[0]?.environment === 'prod' && all[0].state !== 'checking') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await promotions(4))[0]).toMatchObject({
      environment: 'prod',
      state: 'refused',
      requested_by: 'rule eager',
    });
    await untouched();
  });
});
