import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testServer, type TestServer } from '../../../test/harness/server.ts';

describe.each(ENGINES)('graphql on %s', (engine) => {
  let server: TestServer;
  let run_id = '';
  const API = '/api/2.0/mlflow';
  const ask = async (query: string, variables: object = {}) =>
    (await server.call('POST', '/graphql', { query, variables })).body;

  beforeAll(async () => {
    server = await testServer(engine);
    const made = await server.call('POST', `${API}/runs/create`, { run_name: 'first', start_time: 5 });
    run_id = made.body.run.info.run_id;
    const metrics = [1, 2].map((step) => ({ key: 'loss', value: step, timestamp: step, step }));
    const nan = { key: 'nan', value: 'NaN', timestamp: 1, step: 0 };
    await server.call('POST', `${API}/runs/log-batch`, { run_id, metrics: [...metrics, nan] });
  });
  afterAll(() => server.end());

  it('answers a run with its experiment, versions and numbers as MLflow writes them', async () => {
    const query = `query R($input: MlflowGetRunInput!) @component(name: "Page") { mlflowGetRun(input: $input) {
      run { info { runName startTime } data { metrics { key value step } params { key } }
        experiment { experimentId name } modelVersions { name } } } }`;
    expect(await ask(query, { input: { runId: run_id } })).toEqual({
      data: {
        mlflowGetRun: {
          run: {
            info: { runName: 'first', startTime: '5' },
            data: {
              metrics: [
                { key: 'loss', value: 2, step: '2' },
                { key: 'nan', value: null, step: '0' },
              ],
              params: [],
            },
            experiment: { experimentId: '0', name: 'Default' },
            modelVersions: [],
          },
        },
      },
      errors: null,
    });
  });

  it('searches runs, and reads a history', async () => {
    const search = '{ mlflowSearchRuns(input: { experimentIds: ["0"] }) { runs { info { runId } } } }';
    expect((await ask(search)).data.mlflowSearchRuns.runs).toEqual([{ info: { runId: run_id } }]);
    const history = `query H($input: MlflowGetMetricHistoryBulkIntervalInput) {
      mlflowGetMetricHistoryBulkInterval(input: $input) { metrics { value runId } } }`;
    const { data } = await ask(history, { input: { runIds: [run_id], metricKey: 'loss', maxResults: 5 } });
    expect(data.mlflowGetMetricHistoryBulkInterval.metrics).toEqual([
      { value: 1, runId: run_id },
      { value: 2, runId: run_id },
    ]);
  });

  it('says in words what it cannot answer', async () => {
    const missing = '{ mlflowGetExperiment(input: { experimentId: "99" }) { experiment { name } } }';
    expect(await ask(missing)).toEqual({
      data: { mlflowGetExperiment: null },
      errors: ['No Experiment with id=99 exists'],
    });
    expect((await ask('{ mlflowGetRun(')).errors[0]).toContain('Syntax Error');
    expect((await ask('{ colour }')).errors[0]).toContain('Cannot query field');
  });

  it('limits depth, aliases, root fields and tokens, also through fragments that name each other', async () => {
    const aliases = Array.from({ length: 11 }, (_, i) => `a${i}: name`).join(' ');
    const experiment = (fields: string) => `{ mlflowGetExperiment(input: {}) { experiment { ${fields} } } }`;
    expect((await ask(experiment(aliases))).errors[0]).toContain('at most 10 aliases, got 11');
    const roots = Array.from({ length: 11 }, () => '__typename').join(' ');
    expect((await ask(`{ ${roots} }`)).errors[0]).toContain('at most 10 root fields, got 11');
    const deep = `${'{ a '.repeat(11)}${'}'.repeat(11)}`;
    expect((await ask(deep)).errors[0]).toBe('Query exceeds maximum depth of 10');
    const cyclic = '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }';
    expect((await ask(cyclic)).errors[0]).toContain('Cannot spread fragment');
    expect((await ask(`{ ${'x '.repeat(6000)} }`)).errors[0]).toContain('5000 tokens');
  });
});
