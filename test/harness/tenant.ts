import type { Rondo } from '../../src/sdk/index.ts';
import type { TestServer } from './server.ts';
import { linearModel } from './onnx.ts';
import { workshop } from '../pipelines/harness.ts';

/** Whatever of a project is read by somebody, this word is in it. */
export const MARK = 'zebra';

const FLOW = `
import { pipeline, step, value, file, z } from 'rondo';
const ${MARK} = step('${MARK}-step', {
  in: { rows: z.number().int() },
  out: { table: file(), total: value(z.number()) },
  run: async ({ inputs, log }) => {
    log('${MARK} log line');
    return { table: { bytes: new TextEncoder().encode('${MARK} bytes'), name: '${MARK}.csv' }, total: inputs.rows };
  },
});
export default pipeline('${MARK}-flow', { params: z.object({ rows: z.number().int().default(10) }) }, (p) => {
  ${MARK}({ rows: p.params.rows });
});
`;

/** Real things of every room in the client's project, each with the mark in its name. Returns a run, model and prediction by id. */
export async function furnish(server: TestServer, rondo: Rondo, project: string) {
  const { rondo: _, ...shop } = workshop(server);
  await rondo.projects.applyProject({
    body: {
      project,
      title: `${MARK} project`,
      environments: [{ name: 'dev' }, { name: 'prod', protected: true, after: 'dev', endpoint: '{model}' }],
      protected_aliases: { champion: 'prod' },
    } as never,
  });
  const name = (kind: string) => `${MARK}-${kind}`;

  const { digest } = await rondo.uploadBlob(
    new Blob([`moment,a,b,${MARK}\n2001-01-01T00:00:00Z,1,2,0\n2001-01-02T00:00:00Z,3,4,1\n`]),
  );
  const { job } = await rondo.datasets.importVersion({
    params: { name: name('rows') },
    body: { files: [{ digest, format: 'csv', name: name('rows.csv') }], note: name('note') } as never,
  });
  await until(
    async () => (await rondo.datasets.getImport({ params: { name: name('rows'), job } })).state === 'done',
  );
  await rondo.datasets.saveSuite({
    params: { name: name('rows') },
    body: { suite: { checks: [{ expect: 'not_null', column: MARK }] } } as never,
  });
  await rondo.datasets.validateVersion({ params: { name: name('rows'), version: 1 }, body: {} as never });
  await rondo.features.applyFeatures({
    body: {
      entities: [],
      services: [],
      views: [
        {
          name: name('view'),
          source: name('rows'),
          sql: 'select moment as event_time, a from source',
          features: [{ name: 'a' }],
        },
      ],
    } as never,
  });

  const run = await rondo.startRun({
    experiment: name('experiment'),
    name: name('run'),
    params: { p: MARK },
    tags: { t: MARK },
    background: false,
  });
  await run.logMetric('loss', 0.5);
  const { model_id } = await run.logModel({
    name: name('logged'),
    flavor: 'onnx',
    bytes: linearModel([1], 0),
    signature: { inputs: [{ name: 'x', type: 'float' }], outputs: [{ name: MARK, type: 'float' }] },
  });
  const workspace = {
    headers: { 'x-mlflow-workspace': project, 'content-type': 'application/octet-stream' },
  };
  const upload = `/api/2.0/mlflow/upload-artifact?run_uuid=${run.id}&path=${MARK}.txt`;
  await expectOk(server.call('POST', upload, `${MARK} artifact`, workspace));
  await run.end();
  await rondo.registerModel(name('model'), { model_id, run_id: run.id });
  const alias = { name: name('model'), alias: name('alias'), version: '1' };
  const json = { headers: { 'x-mlflow-workspace': project } };
  await expectOk(server.call('POST', '/api/2.0/mlflow/registered-models/alias', alias, json));

  await rondo.serving.deploy({
    params: { endpoint: name('dev') },
    body: { environment: 'dev', model: name('model'), version: 1 } as never,
  });
  const { gateway } = await rondo.server.getStatus({});
  const scored = await fetch(`${gateway}/endpoints/${name('dev')}/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_split: { columns: ['x'], data: [[1]] } }),
  });
  const prediction = scored.headers.get('x-rondo-prediction-id') ?? '';
  if (prediction === '') throw new Error(`Not scored: ${scored.status} ${await scored.text()}`);
  await rondo.serving.getPrediction({ params: { id: prediction } });
  // The road into a protected environment opens an approval and a promotion.
  await rondo.serving.deploy({
    params: { endpoint: name('live') },
    body: { environment: 'prod', model: name('model'), version: 1 } as never,
  });
  await until(async () => (await rondo.releases.listPromotions({ query: {} })).promotions.length > 0);
  await rondo.monitoring.applyMonitor({
    params: { monitor: name('monitor') },
    body: { kind: 'service', name: name('monitor'), endpoint: name('dev') } as never,
  });
  await rondo.automation.applyRule({
    params: { rule: name('rule') },
    body: {
      name: name('rule'),
      when: { call: true },
      do: [{ action: 'run_pipeline', pipeline: name('flow') }],
    } as never,
  });
  await shop.apply(FLOW, rondo);
  const { id } = await rondo.pipelines.runPipeline({
    params: { name: name('flow') },
    body: { params: {} } as never,
  });
  await shop.settled(id, undefined, rondo);
  await rondo.automation.callRule({ params: { rule: name('rule') }, body: { data: {} } as never });
  await rondo.maturity.reportCi({
    body: { commit: 'c0ffee'.padEnd(40, '0'), suite: name('suite'), passed: 3, failed: 0 } as never,
  });
  // So that no tick finds something to settle afterwards.
  await rondo.serving.settle({ params: { endpoint: name('dev') }, body: {} as never });
  await until(async () => (await rondo.server.getWork({})).quiet);
  shop.end();
  return { run: run.id, model: model_id, prediction, blob: digest };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${condition.toString().slice(0, 120)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function expectOk(answer: Promise<{ status: number; body: unknown }>): Promise<void> {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
}
