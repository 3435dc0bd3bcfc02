import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../harness/server.ts';
import { stepOf, type Workshop, workshop } from './harness.ts';

const FLOW = `
import { pipeline, step, model, value, z } from 'rondo';
const signature = { inputs: [{ name: 'hour', type: 'long' }, { name: 'distance', type: 'double' }], outputs: [{ name: 'score', type: 'float' }] };
const train = step('train', {
  out: { model: model(), run: value(z.string()), id: value(z.string()) },
  run: async ({ rondo }) => {
    const run = await rondo.startRun({ experiment: 'tried/late', name: 'first', params: { depth: 3, kind: 'trees' } });
    await run.logMetrics({ loss: 0.5, gain: 0.01 }, { step: 1 });
    await run.logMetric('loss', Number.NaN, { step: 2 });
    await run.setTags({ team: 'delay' });
    await run.logArtifact('notes/why me.txt', 'because');
    const { model_id } = await run.logModel({ name: 'model', flavor: 'onnx', bytes: new Uint8Array([8, 1]), signature, featureService: 'svc' });
    await run.end();
    const version = await rondo.registerModel('late', { model_id, run_id: run.id });
    const again = await rondo.registerModel('late', { model_id, run_id: run.id });
    if (again.version !== '2') throw new Error('expected version 2');
    return { model: { name: version.name, version: version.version }, run: run.id, id: model_id };
  },
});
export default pipeline('tracked', {}, () => { train(); });
`;

describe('tracking from a step', () => {
  let server: TestServer;
  let shop: Workshop;
  beforeAll(async () => {
    server = await testServer();
    shop = workshop(server);
  });
  afterAll(async () => {
    shop.end();
    await server.end();
  });

  it('logs a run and a model that MLflow clients find, tied to the step in lineage', async () => {
    await shop.apply(FLOW);
    const pipelineRun = await shop.run('tracked');
    expect(pipelineRun).toMatchObject({ state: 'done', error: null });
    const step = await shop.rondo.pipelines.getStepRun({
      params: { step_run: stepOf(pipelineRun, 'train').id },
    });
    const { run: runId, id, model } = step.outputs as { run: string; id: string; model: object };
    expect(model).toEqual({ name: 'late', version: '1' });
    const { run } = await shop.rondo.tracking.getRun({ query: { run_id: runId } });
    const pairs = (list: { key: string; value: unknown }[] = []) =>
      Object.fromEntries(list.map((pair) => [pair.key, pair.value]));
    expect(run.info).toMatchObject({ status: 'FINISHED', run_name: 'first' });
    expect(pairs(run.data.params)).toEqual({ depth: '3', kind: 'trees' });
    expect(pairs(run.data.tags)).toMatchObject({
      team: 'delay',
      'rondo.step_run': step.id,
      'rondo.pipeline': 'tracked',
    });
    expect(run.data.metrics?.map((metric) => metric.key).sort()).toEqual(['gain', 'loss']);
    const folder = `models/${id}/artifacts/MLmodel`;
    const path = `/api/2.0/mlflow-artifacts/artifacts/${run.info.experiment_id}/${folder}`;
    const text = await (await shop.rondo.request('GET', path)).text();
    expect(text).toContain('loader_module: mlflow.onnx');
    const { nodes } = await shop.rondo.lineage.walkLineage({
      query: { of: 'rondo:model-version:late/1', direction: 'up' },
    });
    expect(nodes.map((node) => node.urn)).toEqual(
      expect.arrayContaining([
        `rondo:run:${runId}`,
        `rondo:step-run:${step.id}`,
        `rondo:pipeline-run:${pipelineRun.id}`,
      ]),
    );
  });
});
