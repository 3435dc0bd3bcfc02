import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../../../test/harness/server.ts';

let server: TestServer;
let run: string;

beforeAll(async () => {
  server = await testServer();
  const call = (path: string, body: unknown) =>
    server.call('POST', `/api/2.0/mlflow${path}`, body, { anonymous: true });
  run = (await call('/runs/create', { experiment_id: '0', start_time: 7, run_name: 'first' })).body.run.info
    .run_id as string;
  const points = [0.5, 'NaN', 0.25].map((value, step) => ({ key: 'loss', value, timestamp: step, step }));
  await call('/runs/log-batch', { run_id: run, metrics: points, params: [{ key: 'lr', value: '1' }] });
  await call('/runs/log-metric', { run_id: run, key: 'bad', value: 'NaN', timestamp: 1, step: 0 });
  await call('/registered-models/create', { name: 'graph' });
});
afterAll(() => server.end());

const ask = async (query: string, variables?: unknown) =>
  (await server.call('POST', '/graphql', { query, variables }, { anonymous: true })).body;

describe('GraphQL', () => {
  it('answers a run with its experiment and versions, int64 as text and NaN as null', async () => {
    const query = `query GetRun($data: MlflowGetRunInput!) @component(name: "x") {
      mlflowGetRun(input: $data) { apiError { code } run {
        info { runName status startTime experimentId }
        experiment { experimentId name tags { key } }
        data { metrics { key value step } params { key value } }
        inputs { datasetInputs { dataset { name } } } modelVersions { name } } } }`;
    expect(await ask(query, { data: { runId: run } })).toEqual({
      data: {
        mlflowGetRun: {
          apiError: null,
          run: {
            info: { runName: 'first', status: 'RUNNING', startTime: '7', experimentId: '0' },
            experiment: { experimentId: '0', name: 'Default', tags: null },
            data: {
              metrics: [
                { key: 'loss', value: 0.25, step: '2' },
                { key: 'bad', value: null, step: '0' },
              ],
              params: [{ key: 'lr', value: '1' }],
            },
            inputs: { datasetInputs: null },
            modelVersions: [],
          },
        },
      },
      errors: null,
    });
  });

  it('searches, samples and lists', async () => {
    const query = `mutation { mlflowSearchRuns(input: { experimentIds: ["0"], filter: "metrics.loss < 0.3" }) { runs { info { runId } } } }`;
    expect((await ask(query)).data.mlflowSearchRuns.runs).toEqual([{ info: { runId: run } }]);
    const sample = `{ mlflowGetMetricHistoryBulkInterval(input: { runIds: ["${run}"], metricKey: "loss", maxResults: 2 }) { metrics { value step runId } } }`;
    expect((await ask(sample)).data.mlflowGetMetricHistoryBulkInterval.metrics).toEqual([
      { value: 0.5, step: '0', runId: run },
      { value: 0.25, step: '2', runId: run },
    ]);
    const list = `{ mlflowListArtifacts(input: { runId: "${run}" }) { rootUri files { path } } mlflowSearchModelVersions(input: {}) { modelVersions { name } } }`;
    expect(await ask(list)).toMatchObject({
      data: {
        mlflowListArtifacts: { rootUri: `mlflow-artifacts:/0/${run}/artifacts`, files: [] },
        mlflowSearchModelVersions: { modelVersions: [] },
      },
      errors: null,
    });
  });

  it('says what is wrong with a query, and refuses what would cost too much', async () => {
    const error = async (query: string) => (await ask(query)).errors?.[0] as string;
    expect(await error('{ nothing }')).toContain('Cannot query field "nothing"');
    expect(await error('{')).toContain('Syntax Error');
    expect(
      await error(`{ mlflowGetRun(input: { runId: "${'0'.repeat(32)}" }) { run { info { runId } } } }`),
    ).toContain('not found');
    const times = (count: number, name: (at: number) => string) =>
      `{ ${Array.from({ length: count }, (_, at) => `${name(at)}mlflowGetRun(input: {runId: "x"}) { apiError { code } }`).join(' ')} }`;
    expect(await error(times(11, (at) => `a${at}: `))).toBe(
      'GraphQL queries should have at most 10 aliases, got 11 aliases.',
    );
    expect(await error(times(11, () => ''))).toBe(
      'GraphQL queries should have at most 10 root fields, got 11 root fields.',
    );
    expect(await error(`query { ...a } fragment a on Query { ...a }`)).toBeDefined();
    expect(await error(`{ ${'a { '.repeat(12)} b ${'}'.repeat(12)} }`)).toBe(
      'Query exceeds maximum depth of 10',
    );
  });
});
