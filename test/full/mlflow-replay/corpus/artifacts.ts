import type { Scenario } from '../step.ts';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';
const binary = { type: 'application/octet-stream' };
export const artifacts: Scenario = {
  name: 'artifacts',
  steps: [
    ['experiment', 'POST experiments/create', { name: 'artifacts' }, { save: { exp: 'experiment_id' } }],
    [
      'run',
      'POST runs/create',
      { experiment_id: '{{exp}}', run_name: 'm', start_time: 1 },
      { save: { run: 'run.info.run_id' } },
    ],
    ['list empty', 'GET artifacts/list', { run_id: '{{run}}' }],
    ['put', `PUT ${PROXY}/{{exp}}/{{run}}/artifacts/a.txt`, 'hello', binary],
    ['put over', `PUT ${PROXY}/{{exp}}/{{run}}/artifacts/a.txt`, 'hello!', binary],
    ['put deep', `PUT ${PROXY}/{{exp}}/{{run}}/artifacts/dir/sub/b.json`, '{}', binary],
    ['put page', `PUT ${PROXY}/{{exp}}/{{run}}/artifacts/page.html`, '<b>x</b>', binary],
    ['put picture', `PUT ${PROXY}/{{exp}}/{{run}}/artifacts/x.png`, 'png', binary],
    ['put no ending', `PUT ${PROXY}/{{exp}}/{{run}}/artifacts/blob`, 'blob', binary],
    ['put spaced', `PUT ${PROXY}/{{exp}}/{{run}}/artifacts/a%20b.txt`, 'x', binary],
    ['put letters', `PUT ${PROXY}/{{exp}}/{{run}}/artifacts/gr%C3%B6%C3%9Fe%20%281%29.txt`, 'x', binary],
    ['put signs', `PUT ${PROXY}/{{exp}}/{{run}}/artifacts/%E6%97%A5%E6%9C%AC`, 'x', binary],
    ['put up', `PUT ${PROXY}/{{exp}}/%2e%2e/%2e%2e/etc`, 'x', binary],
    ['put absolute', `PUT ${PROXY}//etc/passwd`, 'x', binary],
    ['list', 'GET artifacts/list', { run_id: '{{run}}' }],
    ['list uuid', 'GET artifacts/list', { run_uuid: '{{run}}' }],
    ['list folder', 'GET artifacts/list', { run_id: '{{run}}', path: 'dir' }],
    ['list folder slash', 'GET artifacts/list', { run_id: '{{run}}', path: 'dir/' }],
    ['list file', 'GET artifacts/list', { run_id: '{{run}}', path: 'a.txt' }],
    ['list missing folder', 'GET artifacts/list', { run_id: '{{run}}', path: 'none' }],
    ['list up', 'GET artifacts/list', { run_id: '{{run}}', path: '../' }],
    ['list encoded up', 'GET artifacts/list', { run_id: '{{run}}', path: '%2e%2e/x' }],
    ['list absolute', 'GET artifacts/list', { run_id: '{{run}}', path: '/etc' }],
    ['list missing run', 'GET artifacts/list', { run_id: '0'.repeat(32) }],
    ['list without run', 'GET artifacts/list'],
    ['get proxy', `GET ${PROXY}/{{exp}}/{{run}}/artifacts/a.txt`],
    ['get proxy json', `GET ${PROXY}/{{exp}}/{{run}}/artifacts/dir/sub/b.json`],
    ['get proxy page', `GET ${PROXY}/{{exp}}/{{run}}/artifacts/page.html`],
    ['get proxy missing', `GET ${PROXY}/{{exp}}/{{run}}/artifacts/none.txt`],
    ['get proxy folder', `GET ${PROXY}/{{exp}}/{{run}}/artifacts/dir`],
    ['get proxy ajax', 'GET /ajax-api/2.0/mlflow-artifacts/artifacts/{{exp}}/{{run}}/artifacts/a.txt'],
    ['list proxy', `GET ${PROXY}`, { path: '{{exp}}/{{run}}/artifacts' }],
    ['list proxy folder', `GET ${PROXY}`, { path: '{{exp}}/{{run}}/artifacts/dir' }],
    ['list proxy file', `GET ${PROXY}`, { path: '{{exp}}/{{run}}/artifacts/a.txt' }],
    ['list proxy missing', `GET ${PROXY}`, { path: '{{exp}}/{{run}}/artifacts/none' }],
    ['list proxy up', `GET ${PROXY}`, { path: '../..' }],
    ['get', 'GET /get-artifact', { run_id: '{{run}}', path: 'a.txt' }],
    ['get uuid', 'GET /get-artifact', { run_uuid: '{{run}}', path: 'a.txt' }],
    ['get page', 'GET /get-artifact', { run_id: '{{run}}', path: 'page.html' }],
    ['get picture', 'GET /get-artifact', { run_id: '{{run}}', path: 'x.png' }],
    ['get json', 'GET /get-artifact', { run_id: '{{run}}', path: 'dir/sub/b.json' }],
    ['get no ending', 'GET /get-artifact', { run_id: '{{run}}', path: 'blob' }],
    ['get spaced', 'GET /get-artifact', { run_id: '{{run}}', path: 'a b.txt' }],
    ['get letters', 'GET /get-artifact', { run_id: '{{run}}', path: 'größe (1).txt' }],
    ['get signs', 'GET /get-artifact', { run_id: '{{run}}', path: '日本' }],
    ['get proxy letters', `GET ${PROXY}/{{exp}}/{{run}}/artifacts/gr%C3%B6%C3%9Fe%20%281%29.txt`],
    ['get missing', 'GET /get-artifact', { run_id: '{{run}}', path: 'none' }],
    ['get up', 'GET /get-artifact', { run_id: '{{run}}', path: '../x' }],
    ['get without path', 'GET /get-artifact', { run_id: '{{run}}' }],
    ['get without run', 'GET /get-artifact', { path: 'a.txt' }],
    ['get missing run', 'GET /get-artifact', { run_id: '0'.repeat(32), path: 'a.txt' }],
    [
      'upload',
      'POST /ajax-api/2.0/mlflow/upload-artifact',
      'up',
      { ...binary, query: { run_uuid: '{{run}}', path: 'up.txt' } },
    ],
    [
      'upload without run',
      'POST /ajax-api/2.0/mlflow/upload-artifact',
      'up',
      { ...binary, query: { path: 'up.txt' } },
    ],
    [
      'upload without path',
      'POST /ajax-api/2.0/mlflow/upload-artifact',
      'up',
      { ...binary, query: { run_uuid: '{{run}}' } },
    ],
    [
      'upload up',
      'POST /ajax-api/2.0/mlflow/upload-artifact',
      'up',
      { ...binary, query: { run_uuid: '{{run}}', path: '../up.txt' } },
    ],
    [
      'upload missing run',
      'POST /ajax-api/2.0/mlflow/upload-artifact',
      'up',
      { ...binary, query: { run_uuid: '0'.repeat(32), path: 'up.txt' } },
    ],
    ['list uploaded', 'GET artifacts/list', { run_id: '{{run}}' }],
    ['delete', `DELETE ${PROXY}/{{exp}}/{{run}}/artifacts/a.txt`],
    ['delete again', `DELETE ${PROXY}/{{exp}}/{{run}}/artifacts/a.txt`],
    ['delete folder', `DELETE ${PROXY}/{{exp}}/{{run}}/artifacts/dir`],
    ['list after', 'GET artifacts/list', { run_id: '{{run}}' }],
    [
      'mpu create',
      'POST /api/2.0/mlflow-artifacts/mpu/create/{{exp}}/{{run}}/artifacts/big',
      { path: 'big', num_parts: 2 },
    ],
    [
      'mpu complete',
      'POST /api/2.0/mlflow-artifacts/mpu/complete/{{exp}}/{{run}}/artifacts/big',
      { path: 'big', upload_id: 'x', parts: [] },
    ],
    [
      'mpu abort',
      'POST /api/2.0/mlflow-artifacts/mpu/abort/{{exp}}/{{run}}/artifacts/big',
      { path: 'big', upload_id: 'x' },
    ],
    ['presigned', 'GET /api/2.0/mlflow-artifacts/presigned/{{exp}}/{{run}}/artifacts/page.html'],
    ['presigned upload', 'POST artifacts/presigned-upload-url', { run_id: '{{run}}', path: 'a.txt' }],
    ['presigned download', 'POST artifacts/presigned-download-url', { run_id: '{{run}}', path: 'page.html' }],
  ],
};

export const server: Scenario = {
  name: 'server',
  steps: [
    ['health', 'GET /health'],
    ['info', 'GET /api/3.0/mlflow/server-info'],
    ['info ajax', 'GET /ajax-api/3.0/mlflow/server-info'],
    ['unknown', 'GET /api/2.0/mlflow/nothing/here'],
    ['unknown post', 'POST /api/2.0/mlflow/nothing/here', {}],
    ['unknown version', 'GET /api/9.0/mlflow/experiments/get', { experiment_id: '0' }],
    ['scorers', 'GET /api/3.0/mlflow/scorers/list', { experiment_id: '0' }],
    ['wrong method', 'DELETE experiments/create'],
    ['wrong method get', 'GET runs/create'],
  ],
};

const query = (text: string, variables: Record<string, unknown> = {}) => ({ query: text, variables });
export const graphql: Scenario = {
  name: 'graphql',
  steps: [
    ['experiment', 'POST experiments/create', { name: 'graph' }, { save: { exp: 'experiment_id' } }],
    [
      'run',
      'POST runs/create',
      { experiment_id: '{{exp}}', run_name: 'm', start_time: 1 },
      { save: { run: 'run.info.run_id' } },
    ],
    [
      'fill',
      'POST runs/log-batch',
      {
        run_id: '{{run}}',
        metrics: [0, 1, 2].map((i) => ({ key: 'loss', value: i, timestamp: i, step: i })),
        params: [{ key: 'p', value: '1' }],
        tags: [{ key: 't', value: 'x' }],
      },
    ],
    [
      'get experiment',
      'POST /graphql',
      query(
        'query E($i: MlflowGetExperimentInput) { mlflowGetExperiment(input: $i) { experiment { experimentId name lifecycleStage artifactLocation tags { key value } } apiError { code message } } }',
        { i: { experimentId: '{{exp}}' } },
      ),
    ],
    [
      'get missing experiment',
      'POST /graphql',
      query(
        'query E($i: MlflowGetExperimentInput) { mlflowGetExperiment(input: $i) { experiment { name } apiError { code message } } }',
        { i: { experimentId: '99999' } },
      ),
    ],
    [
      'get run',
      'POST /graphql',
      query(
        'query R($i: MlflowGetRunInput!) { mlflowGetRun(input: $i) { apiError { code message } run { info { runId runUuid experimentId runName status startTime endTime artifactUri lifecycleStage } data { metrics { key value step timestamp } params { key value } tags { key value } } experiment { name } modelVersions { name } inputs { datasetInputs { dataset { name } } } } } }',
        { i: { runId: '{{run}}' } },
      ),
    ],
    ['typename', 'POST /graphql', query('{ __typename }')],
    ['syntax', 'POST /graphql', query('{ mlflowGetRun(')],
    ['unknown field', 'POST /graphql', query('{ colour }')],
    [
      'bulk interval',
      'POST /graphql',
      query(
        'query M($i: MlflowGetMetricHistoryBulkIntervalInput) { mlflowGetMetricHistoryBulkInterval(input: $i) { metrics { key value step timestamp runId } apiError { code message } } }',
        { i: { runIds: ['{{run}}'], metricKey: 'loss', maxResults: 2 } },
      ),
    ],
    [
      'list artifacts',
      'POST /graphql',
      query(
        'query A($i: MlflowListArtifactsInput) { mlflowListArtifacts(input: $i) { rootUri files { path isDir fileSize } apiError { code message } } }',
        { i: { runId: '{{run}}' } },
      ),
    ],
    [
      'versions',
      'POST /graphql',
      query(
        'query V($i: MlflowSearchModelVersionsInput) { mlflowSearchModelVersions(input: $i) { modelVersions { name version source runId } apiError { code message } } }',
        { i: { filter: "name = 'no such model'" } },
      ),
    ],
    [
      'search runs',
      'POST /graphql',
      query(
        'mutation S($i: MlflowSearchRunsInput) { mlflowSearchRuns(input: $i) { runs { info { runId runName } } apiError { code message } } }',
        { i: { experimentIds: ['{{exp}}'] } },
      ),
    ],
    [
      'search datasets',
      'POST /graphql',
      query(
        'mutation S($i: MlflowSearchDatasetsInput) { mlflowSearchDatasets(input: $i) { datasetSummaries { name digest context } apiError { code message } } }',
        { i: { experimentIds: ['{{exp}}'] } },
      ),
    ],
  ],
};
